// Times, durations and numbers as text.

#ifndef TAPLINE_COMMON_OUTPUT_VALUE_TEXT_H_
#define TAPLINE_COMMON_OUTPUT_VALUE_TEXT_H_

#include <cstdint>
#include <string>

#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace tapline {

// RFC 3339 in UTC with 0, 3, 6 or 9 fraction digits, as protobuf-JSON has it.
// Values outside the years 1..9999 are taken to the nearer end.
void AppendTimestamp(const google::protobuf::Timestamp& time, std::string& out);
std::string TimestampText(const google::protobuf::Timestamp& time);

// "1.500s", protobuf-JSON's form, with 0, 3, 6 or 9 fraction digits.
void AppendDuration(const google::protobuf::Duration& duration,
                    std::string& out);

// Shortest text that reads back as the same double. Never NaN or infinite: NaN
// is 0, infinities are the largest finite values.
void AppendDouble(double value, std::string& out);

// For people: "950", "12.3 k", "4.56 M"; with binary steps "1.2 KiB".
std::string HumanCount(double value);
std::string HumanBytes(double value);
// "12.3 kbit/s".
std::string HumanBitRate(double bits_per_second);
// "250ms", "12.3s", "4m05s", "2h10m", "3d04h".
std::string HumanSeconds(double seconds);

}  // namespace tapline

#endif  // TAPLINE_COMMON_OUTPUT_VALUE_TEXT_H_
