// A frame taken apart, for people.

#ifndef TAPLINE_COMMON_OUTPUT_LAYER_TEXT_H_
#define TAPLINE_COMMON_OUTPUT_LAYER_TEXT_H_

#include <string>

#include "common/redact/redacted.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "tapline/v1/layer.pb.h"

namespace tapline {

// A line for each layer, and indented one for each field:
//
//   Internet Protocol Version 4 (ip), bytes 14-33
//     ip.ttl: 64                                            [22]
//     ip.opt.type: 131 (loose source route)                 [34-40]
//       warn: the sender chooses the route
std::string DissectionText(const Redacted<v1::Dissection>& dissection);

// "0000  45 00 00 28 ...  E..(": nothing of a message without bytes.
std::string HexText(
    const google::protobuf::RepeatedPtrField<v1::HexLine>& lines);

// "note", "warn", "error".
std::string FindingSeverityText(v1::FindingSeverity severity);

}  // namespace tapline

#endif  // TAPLINE_COMMON_OUTPUT_LAYER_TEXT_H_
