// How much of an analysis a filter takes.

#ifndef TAPLINE_SENSORD_ANALYZE_MATCH_COUNT_H_
#define TAPLINE_SENSORD_ANALYZE_MATCH_COUNT_H_

#include <cstdint>

#include "sensord/inspect/conversations.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

// Counts as the pipeline does: records of flows, events, alerts by their last
// revision. Thread safety: one thread at a time.
class MatchCount {
 public:
  void Add(const v1::Record& record);

  // `whole` with the flows, events, alerts, aggregates and protocols that were
  // added in place of all. The rest is not made of records and stays: packets,
  // bytes, loss, anomalies, suppressed alerts, most open flows.
  v1::Summary Of(v1::Summary whole) const;

 private:
  uint64_t flows_ = 0;
  uint64_t events_ = 0;
  uint64_t alerts_ = 0;
  uint64_t aggregated_flows_ = 0;
  ProtocolTable protocols_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZE_MATCH_COUNT_H_
