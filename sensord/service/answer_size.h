// How large the answer to one call may become. Clients refuse more than 4 MiB
// unless they are told otherwise (gRPC's default), and counts of records say
// little about bytes.

#ifndef TAPLINE_SENSORD_SERVICE_ANSWER_SIZE_H_
#define TAPLINE_SENSORD_SERVICE_ANSWER_SIZE_H_

#include <google/protobuf/message.h>

#include <cstddef>

#include "absl/types/span.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

inline constexpr size_t kMaxAnswerBytes = 7 << 19;
// Of the records of a page; the rest is for what else the answer has.
inline constexpr size_t kMaxPageBytes = 3 << 20;

// How many of the records, from the first on, fit behind `used` bytes; at least
// one where nothing is used yet.
size_t RecordsThatFit(absl::Span<const v1::Record> records, size_t used = 0);

// Takes from the end of the answer's longest list what does not fit, and sets
// the answer's field `truncated`. An answer without that field stays as it is:
// it is small, or paged by RecordsThatFit.
void CutToSize(google::protobuf::Message& answer);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_ANSWER_SIZE_H_
