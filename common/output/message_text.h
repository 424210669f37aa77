// Any message of the schema on one line for people.

#ifndef TAPLINE_COMMON_OUTPUT_MESSAGE_TEXT_H_
#define TAPLINE_COMMON_OUTPUT_MESSAGE_TEXT_H_

#include <string>

#include "google/protobuf/message.h"

namespace tapline {

// The fields that are set, in the schema's order:
// `name=example.com type=1 answered answers=[{type=1 data=192.0.2.1}]`. True is
// the name alone, a text that would read wrongly is a JSON string, enums are
// short and in lower case. At most 8 elements of a list ("...+3" after them)
// and about 1,000 bytes ("..." at the end) are shown.
//
// The caller redacts, and makes controls visible where the text is printed.
std::string MessageText(const google::protobuf::Message& message);

// One field, without its name; element `index` of a repeated one.
std::string FieldText(const google::protobuf::Message& message,
                      const google::protobuf::FieldDescriptor& field,
                      int index = 0);

}  // namespace tapline

#endif  // TAPLINE_COMMON_OUTPUT_MESSAGE_TEXT_H_
