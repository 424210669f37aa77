#include "common/schema/field_comment.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace tapline {
namespace {

struct Entry {
  absl::string_view full_name;
  absl::string_view comment;
};

// By full name; written by make_field_comments.
constexpr Entry kComments[] = {
#include "field_comments.inc"
};

absl::string_view Find(absl::string_view full_name) {
  const Entry* const found =
      std::lower_bound(std::begin(kComments), std::end(kComments), full_name,
                       [](const Entry& e, absl::string_view name) {
                         return e.full_name < name;
                       });
  const bool there =
      found != std::end(kComments) && found->full_name == full_name;
  return there ? found->comment : absl::string_view();
}

}  // namespace

absl::string_view CommentOf(const google::protobuf::FieldDescriptor& field) {
  return Find(field.full_name());
}

absl::string_view CommentOf(const google::protobuf::Descriptor& message) {
  return Find(message.full_name());
}

std::string MeaningOf(const google::protobuf::FieldDescriptor& field) {
  const absl::string_view own = CommentOf(field);
  if (!own.empty()) return std::string(own);
  const std::string name = absl::StrReplaceAll(field.name(), {{"_", " "}});
  absl::string_view message = CommentOf(*field.containing_type());
  // Its first sentence.
  message = message.substr(0, message.find(". "));
  if (!message.empty() && message.back() == '.') message.remove_suffix(1);
  return message.empty() ? name : absl::StrCat(message, ": ", name);
}

}  // namespace tapline
