#include "sensord/control/sensor_control.h"

#include <utility>

#include "common/status/macros.h"

namespace tapline {
namespace {

// Of a kind, the newest.
constexpr size_t kMaxGapsTold = 20;
// How long a question waits for the writer.
constexpr absl::Duration kSettling = absl::Milliseconds(500);

// What retention removed was kept as long as it should be: no loss.
void AddGaps(const Store& store, v1::GetLossResponse& loss) {
  for (v1::RecordKind kind : {v1::RECORD_KIND_ALERT, v1::RECORD_KIND_FLOW,
                              v1::RECORD_KIND_EVENT, v1::RECORD_KIND_STATS}) {
    GapQuery query;
    query.kind = kind;
    query.retention = false;
    query.newest_first = true;
    query.limit = kMaxGapsTold;
    absl::StatusOr<GapPage> page = store.Gaps(query);
    if (!page.ok()) continue;
    for (v1::Gap& gap : page->gaps) *loss.add_gaps() = std::move(gap);
  }
}

}  // namespace

absl::StatusOr<v1::CaptureStatus> SensorControl::StartCapture(
    const v1::StartCaptureRequest& request) {
  const bool switched = capture_.started();
  const PolicyPtr policy = policy_.Get();
  ASSIGN_OR_RETURN(v1::CaptureStatus status, capture_.Start(request, policy));
  policy_.CaptureStarted(*policy, switched);
  return status;
}

absl::StatusOr<v1::CaptureStatus> SensorControl::StopCapture() {
  ASSIGN_OR_RETURN(v1::CaptureStatus status, capture_.Stop());
  policy_.CaptureStopped();
  return status;
}

absl::StatusOr<std::vector<v1::Interface>> SensorControl::Interfaces() const {
  absl::StatusOr<std::vector<v1::Interface>> interfaces = sources_.interfaces();
  if (!interfaces.ok()) return interfaces;
  const v1::CaptureStatus capture = capture_.Status();
  for (v1::Interface& interface : *interfaces) {
    interface.set_capturing(capture.state() == v1::CAPTURE_STATE_RUNNING &&
                            capture.interface() == interface.name());
  }
  return interfaces;
}

v1::GetLossResponse SensorControl::Loss() const {
  v1::GetLossResponse loss;
  capture_.FillLoss(loss);
  for (v1::StageLoss& stage : journal_.Loss()) {
    *loss.add_stages() = std::move(stage);
  }
  for (v1::StageLoss& stage : store_.Loss()) {
    *loss.add_stages() = std::move(stage);
  }
  AddGaps(store_, loss);
  return loss;
}

OpenFlowList SensorControl::OpenFlows(const OpenFlowQuery& query) {
  OpenFlowList list = capture_.OpenFlows(query);
  if (query.settled && !journal_.AwaitStored(kSettling)) list.complete = false;
  return list;
}

}  // namespace tapline
