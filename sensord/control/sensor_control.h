// Control over the real pipelines.

#ifndef TAPLINE_SENSORD_CONTROL_SENSOR_CONTROL_H_
#define TAPLINE_SENSORD_CONTROL_SENSOR_CONTROL_H_

#include <memory>
#include <string>
#include <vector>

#include "sensord/control/capture_control.h"
#include "sensord/control/control.h"
#include "sensord/control/replay_control.h"
#include "sensord/control/sources.h"
#include "sensord/journal/journal.h"
#include "sensord/policy/policy_store.h"
#include "sensord/store/store.h"

namespace tapline {

// Thread safety: thread-safe.
class SensorControl final : public Control {
 public:
  // Everything must outlive the control, and the policy's listener be set to
  // call OnPolicy.
  SensorControl(Sources sources, PipelineDefaults defaults, Journal& journal,
                const Store& store, PolicyStore& policy, const Clock& clock)
      : sources_(std::move(sources)),
        journal_(journal),
        store_(store),
        policy_(policy),
        capture_(sources_, defaults, journal, clock),
        replays_(sources_, defaults, journal, clock) {}

  // New thresholds for the running capture.
  void OnPolicy(PolicyPtr policy) { capture_.SetPolicy(std::move(policy)); }

  v1::CaptureStatus Capture() const override {
    v1::CaptureStatus status = capture_.Status();
    status.set_max_flows(policy_.Get()->config.flow().max_flows());
    return status;
  }
  absl::StatusOr<v1::CaptureStatus> StartCapture(
      const v1::StartCaptureRequest& request) override;
  absl::StatusOr<v1::CaptureStatus> StopCapture() override;
  absl::StatusOr<std::vector<v1::Interface>> Interfaces() const override;
  v1::GetLossResponse Loss() const override;
  absl::StatusOr<std::string> StartReplay(
      const v1::StartReplayRequest& request,
      std::function<void(const v1::Replay&)> on_progress) override {
    return replays_.Start(request, policy_.Get(), std::move(on_progress));
  }
  absl::StatusOr<v1::Replay> StopReplay(absl::string_view source_id) override {
    return replays_.Stop(source_id);
  }
  std::vector<v1::Replay> Replays() const override { return replays_.List(); }
  v1::Stats LatestStats(absl::Duration window) const override {
    return capture_.LatestStats(window);
  }
  std::vector<v1::TopTalker> TopTalkers(size_t limit) const override {
    return capture_.TopTalkers(limit);
  }
  OpenFlowList OpenFlows(const OpenFlowQuery& query) override;
  std::shared_ptr<const PacketRing> Packets() const override {
    return capture_.Packets();
  }

 private:
  const Sources sources_;
  Journal& journal_;
  const Store& store_;
  PolicyStore& policy_;
  CaptureControl capture_;
  ReplayControl replays_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CONTROL_SENSOR_CONTROL_H_
