// What the .proto files say about their fields, for people: descriptors that
// are compiled in have lost their comments, so the build keeps them aside.

#ifndef TAPLINE_COMMON_SCHEMA_FIELD_COMMENT_H_
#define TAPLINE_COMMON_SCHEMA_FIELD_COMMENT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace tapline {

// The comment above the field or message, on one line; empty when it has none.
absl::string_view CommentOf(const google::protobuf::FieldDescriptor& field);
absl::string_view CommentOf(const google::protobuf::Descriptor& message);

// One sentence for people: the field's comment, or, where it has none, that of
// its message with the field's name.
std::string MeaningOf(const google::protobuf::FieldDescriptor& field);

}  // namespace tapline

#endif  // TAPLINE_COMMON_SCHEMA_FIELD_COMMENT_H_
