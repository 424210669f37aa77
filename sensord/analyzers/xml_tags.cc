#include "sensord/analyzers/xml_tags.h"

#include "absl/strings/match.h"

namespace tapline {
namespace {

constexpr char kBlanks[] = " \t\r\n";

}  // namespace

bool XmlTags::Take(char c) {
  if (!inside_) {
    inside_ = c == '<';
    tag_.clear();
    return false;
  }
  if (quote_ != 0) {
    if (c == quote_) quote_ = 0;
  } else if (c == '"' || c == '\'') {
    quote_ = c;
  } else if (c == '>') {
    inside_ = false;
    return true;
  }
  if (tag_.size() < kMaxTag) tag_ += c;
  return false;
}

absl::string_view TagName(absl::string_view tag) {
  const size_t end = tag.find_first_of(kBlanks);
  absl::string_view name = tag.substr(0, end);
  if (name.size() > 1 && absl::EndsWith(name, "/")) name.remove_suffix(1);
  return name;
}

absl::string_view TagAttribute(absl::string_view tag, absl::string_view name) {
  tag.remove_prefix(TagName(tag).size());
  while (true) {
    const size_t begin = tag.find_first_not_of(kBlanks);
    if (begin == absl::string_view::npos) return {};
    tag.remove_prefix(begin);
    const size_t equals = tag.find('=');
    if (equals == absl::string_view::npos || equals + 1 >= tag.size()) {
      return {};
    }
    const absl::string_view key = tag.substr(0, equals);
    const char quote = tag[equals + 1];
    tag.remove_prefix(equals + 2);
    if (quote != '"' && quote != '\'') return {};
    const size_t end = tag.find(quote);
    if (key == name) return tag.substr(0, end);
    if (end == absl::string_view::npos) return {};
    tag.remove_prefix(end + 1);
  }
}

}  // namespace tapline
