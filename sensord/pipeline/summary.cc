#include "sensord/pipeline/summary.h"

#include <utility>

#include "common/schema/proto_time.h"

namespace tapline {
namespace {

constexpr size_t kMaxProtocols = 32;

}  // namespace

v1::Summary SummaryOf(const Pipeline& pipeline, absl::Duration wall) {
  const PipelineTotals totals = pipeline.totals();
  v1::Summary summary;
  summary.set_packets(totals.packets);
  summary.set_bytes(totals.bytes);
  summary.set_flows(totals.flows);
  summary.set_events(totals.events);
  summary.set_alerts(totals.alerts);
  summary.set_suppressed_alerts(totals.suppressed_alerts);
  summary.set_seconds(absl::ToDoubleSeconds(wall));
  *summary.mutable_loss() = pipeline.Loss();
  if (totals.packets > 0) {
    FillTime(totals.first_clock, *summary.mutable_start());
    FillTime(totals.last_clock, *summary.mutable_end());
  }
  for (v1::AnomalyCount& anomaly : pipeline.Anomalies()) {
    *summary.add_anomalies() = std::move(anomaly);
  }
  for (v1::ProtocolUse& use : pipeline.Protocols(kMaxProtocols)) {
    *summary.add_protocols() = std::move(use);
  }
  summary.set_aggregated_flows(totals.aggregated_flows);
  summary.set_peak_open_flows(totals.peak_open_flows);
  return summary;
}

}  // namespace tapline
