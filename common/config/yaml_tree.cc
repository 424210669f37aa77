#include "common/config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <sstream>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/net/wire_text.h"

namespace tapline {
namespace {

// Thrown through yaml-cpp and caught below; never leaves this file.
class Refused : public std::exception {
 public:
  Refused(const YAML::Mark& mark, std::string what)
      : line_(mark.line + 1),
        column_(mark.column + 1),
        what_(std::move(what)) {}
  int line() const { return line_; }
  int column() const { return column_; }
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  const int line_;
  const int column_;
  const std::string what_;
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) throw Refused(mark, "more than one document");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Check(mark, "", anchor);
    Place(mark, Node(mark, YamlNode::Kind::kNull));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused(mark, "aliases are not allowed");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor, const std::string& value) override {
    Check(mark, tag, anchor);
    YamlNode node = Node(mark, YamlNode::Kind::kScalar);
    node.scalar = value;
    node.quoted = tag == "!";
    Place(mark, std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Check(mark, tag, anchor);
    Open(mark, YamlNode::Kind::kSequence);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    Check(mark, tag, anchor);
    Open(mark, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

  YamlNode Take() { return std::move(root_); }

 private:
  // A container under construction, and the key that waits for its value.
  struct Open_ {
    YamlNode node;
    bool has_key = false;
    YamlNode::Entry entry;
  };

  static YamlNode Node(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  // yaml-cpp gives plain scalars the tag "?" and quoted ones "!".
  static void Check(const YAML::Mark& mark, const std::string& tag,
                    YAML::anchor_t anchor) {
    if (anchor != 0) throw Refused(mark, "anchors are not allowed");
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw Refused(mark, "tags are not allowed");
    }
  }

  void Open(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (open_.size() >= kMaxYamlDepth) throw Refused(mark, "nested too deep");
    open_.push_back({Node(mark, kind), false, {}});
  }

  void Close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    const YAML::Mark mark = MarkOf(node);
    Place(mark, std::move(node));
  }

  static YAML::Mark MarkOf(const YamlNode& node) {
    YAML::Mark mark;
    mark.line = node.line - 1;
    mark.column = node.column - 1;
    return mark;
  }

  void Place(const YAML::Mark& mark, YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open_& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::kSequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      Key(mark, node, parent);
    } else {
      parent.entry.value = std::move(node);
      parent.node.entries.push_back(std::move(parent.entry));
      parent.has_key = false;
    }
  }

  static void Key(const YAML::Mark& mark, const YamlNode& node, Open_& parent) {
    if (node.kind != YamlNode::Kind::kScalar) {
      throw Refused(mark, "a key must be a name");
    }
    // No section of the schema has more keys; keeps this from being quadratic.
    if (parent.node.entries.size() >= 256) throw Refused(mark, "too many keys");
    for (const YamlNode::Entry& entry : parent.node.entries) {
      if (entry.key == node.scalar) {
        throw Refused(
            mark, absl::StrCat(PrintableText(node.scalar),
                               ": stands twice, first in line ", entry.line));
      }
    }
    parent.has_key = true;
    parent.entry = {node.scalar, node.line, node.column, {}};
  }

  int documents_ = 0;
  YamlNode root_;
  std::vector<Open_> open_;
};

}  // namespace

absl::Status ErrorAt(absl::string_view name, int line, int column,
                     absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(name, ":", line, ":", column, ": ", what));
}

absl::StatusOr<YamlNode> ParseYamlTree(absl::string_view text,
                                       absl::string_view name) {
  if (text.size() > kMaxYamlBytes) {
    return ErrorAt(name, 1, 1, "longer than 1 MiB");
  }
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    TreeBuilder builder;
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.Take();
  } catch (const Refused& e) {
    return ErrorAt(name, e.line(), e.column(), e.what());
  } catch (const YAML::Exception& e) {
    return ErrorAt(name, e.mark.line + 1, e.mark.column + 1, e.msg);
  } catch (const std::exception& e) {
    return ErrorAt(name, 1, 1, absl::StrCat("unreadable: ", e.what()));
  }
}

}  // namespace tapline
