// What a record is selected by: the fixed columns beside its blob.

#ifndef TAPLINE_SENSORD_STORE_COLUMNS_H_
#define TAPLINE_SENSORD_STORE_COLUMNS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/net/ip_address.h"
#include "common/schema/proto_time.h"
#include "tapline/v1/record.pb.h"
#include "tapline/v1/selector.pb.h"

namespace tapline {

// One side: parsed address when it is one, and port.
struct Side {
  bool present = false;
  bool has_address = false;
  IpAddress address;
  uint32_t port = 0;
};

struct Columns {
  int64_t received_at = 0;  // ns since the Unix epoch
  int64_t observed_at = 0;
  // Empty for "live".
  std::string source_id;
  // OrderedId of the record's own id; 0 without one.
  int64_t id = 0;
  v1::Transport transport = v1::TRANSPORT_UNSPECIFIED;
  // Application protocol of a flow, or of an event's arm; empty for none.
  std::string protocol;
  // Originator or source, responder or target.
  Side a;
  Side b;
  // Alerts only.
  v1::Severity severity = v1::SEVERITY_UNSPECIFIED;
  std::string rule;
};

Columns ColumnsOf(const v1::Record& record);

// The protocol that an event with this arm is about; empty for an arm that is
// none (anomalies, gaps).
absl::string_view ProtocolOfArm(absl::string_view arm);

// A source id as stored ("" for "live"), and back.
absl::string_view StoredSource(absl::string_view source_id);
absl::string_view SourceIdOf(absl::string_view stored);

// 4 or 16 bytes in network order, as stored.
absl::string_view AddressBytes(const IpAddress& address);

// A record's place: epoch above, sequence below, so that row order is the order
// of receipt and the pair needs no index. Both are checked against the limits
// by whoever writes.
inline constexpr int kSequenceBits = 42;
inline constexpr uint64_t kMaxSequence = (uint64_t{1} << kSequenceBits) - 1;
inline constexpr uint64_t kMaxEpoch = (uint64_t{1} << 21) - 1;
inline int64_t RowKey(uint64_t epoch, uint64_t sequence) {
  return static_cast<int64_t>(epoch << kSequenceBits | sequence);
}
inline uint64_t EpochOfRow(int64_t row) {
  return static_cast<uint64_t>(row) >> kSequenceBits;
}
inline uint64_t SequenceOfRow(int64_t row) {
  return static_cast<uint64_t>(row) & kMaxSequence;
}

// 16 hex digits as a number whose signed order is the order of the text.
int64_t OrderedId(absl::string_view hex);
// The ids that begin with 4 to 16 hex digits, both ends included.
// InvalidArgument: not hex, too short or too long.
struct IdRange {
  int64_t first;
  int64_t last;
};
absl::StatusOr<IdRange> IdsWithPrefix(absl::string_view prefix);
std::string IdText(int64_t ordered);

// Unix nanoseconds; an end that is not given is as far as can be.
struct TimeSpan {
  explicit TimeSpan(const v1::TimeRange& range);
  int64_t since;
  int64_t until;  // exclusive
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STORE_COLUMNS_H_
