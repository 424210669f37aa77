// Between packet time, absl time and protobuf's Timestamp and Duration.

#ifndef TAPLINE_COMMON_SCHEMA_PROTO_TIME_H_
#define TAPLINE_COMMON_SCHEMA_PROTO_TIME_H_

#include <cstdint>

#include "absl/time/time.h"
#include "common/time/clock.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace tapline {

// nanos is 0..999999999 also before 1970, as Timestamp wants it.
inline void FillTime(UnixNanos nanos, google::protobuf::Timestamp& out) {
  int64_t seconds = nanos / kSecondNanos;
  int64_t rest = nanos % kSecondNanos;
  if (rest < 0) {
    rest += kSecondNanos;
    --seconds;
  }
  out.set_seconds(seconds);
  out.set_nanos(static_cast<int32_t>(rest));
}

inline void FillTime(absl::Time time, google::protobuf::Timestamp& out) {
  FillTime(absl::ToUnixNanos(time), out);
}

inline UnixNanos NanosOf(const google::protobuf::Timestamp& time) {
  return time.seconds() * kSecondNanos + time.nanos();
}

inline absl::Duration DurationOf(const google::protobuf::Duration& d) {
  return absl::Seconds(d.seconds()) + absl::Nanoseconds(d.nanos());
}

}  // namespace tapline

#endif  // TAPLINE_COMMON_SCHEMA_PROTO_TIME_H_
