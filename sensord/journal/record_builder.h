// From signals and detections to records: the one place where protobuf messages
// of the packet path are made.

#ifndef TAPLINE_SENSORD_JOURNAL_RECORD_BUILDER_H_
#define TAPLINE_SENSORD_JOURNAL_RECORD_BUILDER_H_

#include <cstdint>
#include <limits>
#include <string>

#include "absl/strings/string_view.h"
#include "common/net/ip_address.h"
#include "common/net/mac_address.h"
#include "sensord/decode/context.h"
#include "sensord/decode/packet.h"
#include "sensord/enrich/scope_resolver.h"
#include "sensord/event/signal.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

// Who made the records.
struct Origin {
  std::string sensor_id;
  // "live" or the id of a replay or analysis.
  std::string source_id;
  uint64_t epoch = 0;
  v1::CaptureMode mode = v1::CAPTURE_MODE_METADATA;
  // What is observed from then on is METADATA again.
  UnixNanos mode_until = std::numeric_limits<UnixNanos>::max();
};

// Fills empty records in place, without received_at and sequence, which the
// journal gives. Same signal, same bytes. Flow and Event also take a record
// that they filled before (Event of the same arm), and put every field anew:
// most of what a record costs is the allocation of its parts. Thread safety:
// constant after construction.
class RecordBuilder {
 public:
  RecordBuilder(Origin origin, const ContextTable& contexts,
                ScopeResolver scopes);

  void Flow(const FlowSummary& flow, v1::Record& record) const;
  // What an analyzer told: `bytes` are the message of the event's field `arm`
  // (sensord/event/event_writer.h).
  void Event(const Signal& signal, uint32_t arm, absl::string_view bytes,
             v1::Record& record) const;
  void Anomaly(const Signal& signal, const AnomalyData& anomaly,
               v1::Record& record) const;
  // The sender of `arp` is bound to its MAC now; `previous` is zero when the
  // address was not known before.
  void Neighbour(const Signal& signal, const ArpSignal& arp,
                 const MacAddress& previous, v1::Record& record) const;
  // Frames of the live link could not be seen from `start` to `end`; `frames`
  // is 0 when their number is not known. `number` tells gaps of one moment
  // apart.
  void CaptureGap(const char* reason, const std::string& interface,
                  UnixNanos start, UnixNanos end, uint64_t frames,
                  uint64_t number, v1::Record& record) const;
  // `flow_id` is 0 when not known.
  void Packet(const tapline::Packet& packet, uint64_t flow_id,
              v1::Record& record) const;
  void Alert(UnixNanos clock, v1::Alert alert, v1::Record& record) const;
  void Stats(v1::Stats stats, v1::Record& record) const;

  const Origin& origin() const { return origin_; }

 private:
  void Stamp(UnixNanos clock, v1::Record& record) const;
  void FillEndpoint(const IpAddress& address, uint16_t port,
                    v1::Endpoint& out) const;
  void FillEncapsulation(const FlowSummary& flow, v1::Flow& out) const;
  v1::Event& StartEvent(const Signal& signal, v1::Record& record) const;
  v1::Event& StartFlowEvent(const Signal& signal, v1::Record& record) const;

  Origin origin_;
  const ContextTable& contexts_;
  ScopeResolver scopes_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_JOURNAL_RECORD_BUILDER_H_
