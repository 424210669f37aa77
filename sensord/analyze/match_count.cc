#include "sensord/analyze/match_count.h"

#include <utility>

namespace tapline {
namespace {

// As in every summary.
constexpr size_t kMaxProtocols = 32;

}  // namespace

void MatchCount::Add(const v1::Record& record) {
  if (record.has_alert()) ++alerts_;
  if (record.has_event()) ++events_;
  if (!record.has_flow()) return;
  ++flows_;
  protocols_.Add(record.flow());
  if (record.flow().end_reason() == v1::END_REASON_AGGREGATED) {
    aggregated_flows_ += record.flow().aggregated_flows();
  }
}

v1::Summary MatchCount::Of(v1::Summary whole) const {
  whole.set_flows(flows_);
  whole.set_events(events_);
  whole.set_alerts(alerts_);
  whole.set_aggregated_flows(aggregated_flows_);
  whole.clear_protocols();
  for (v1::ProtocolUse& use : protocols_.Top(kMaxProtocols)) {
    *whole.add_protocols() = std::move(use);
  }
  return whole;
}

}  // namespace tapline
