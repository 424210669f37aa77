// Protobuf-JSON as the command line contract has it.
//
// Names as in the schema, every field without presence printed, oneof arms and
// messages only when set, 64-bit integers as strings, enums by full name,
// Timestamp in RFC 3339, no NaN. Fields stand in the order of the schema, so a
// Record begins with its arm: {"alert":...

#ifndef TAPLINE_COMMON_OUTPUT_JSON_H_
#define TAPLINE_COMMON_OUTPUT_JSON_H_

#include <string>

#include "common/redact/redacted.h"
#include "google/protobuf/message.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

namespace internal {
void AppendJson(const google::protobuf::Message& message, std::string& out);
void AppendYaml(const google::protobuf::Message& message, std::string& out);
}  // namespace internal

// One compact object without a line end.
template <typename T>
std::string MessageJson(const Redacted<T>& message) {
  std::string out;
  internal::AppendJson(message.get(), out);
  return out;
}

// One record with its LF; `out` is appended to.
void AppendJsonLine(const Redacted<v1::Record>& record, std::string& out);
std::string JsonLine(const Redacted<v1::Record>& record);

// A YAML document of the same content: "---", then block style.
template <typename T>
std::string MessageYaml(const Redacted<T>& message) {
  std::string out;
  internal::AppendYaml(message.get(), out);
  return out;
}

}  // namespace tapline

#endif  // TAPLINE_COMMON_OUTPUT_JSON_H_
