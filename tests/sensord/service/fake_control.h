// A sensor to control, without capture: moved by the test.

#ifndef TAPLINE_TESTS_SENSORD_SERVICE_FAKE_CONTROL_H_
#define TAPLINE_TESTS_SENSORD_SERVICE_FAKE_CONTROL_H_

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "common/sync/mutex.h"
#include "sensord/control/control.h"

namespace tapline::testing {

class FakeControl final : public Control {
 public:
  v1::CaptureStatus Capture() const override {
    MutexLock lock(mutex_);
    return capture_;
  }
  void SetCapture(const v1::CaptureStatus& capture) {
    MutexLock lock(mutex_);
    capture_ = capture;
  }
  absl::StatusOr<v1::CaptureStatus> StartCapture(
      const v1::StartCaptureRequest& request) override {
    MutexLock lock(mutex_);
    if (request.bpf() == "not a filter") {
      return absl::InvalidArgumentError("syntax error in filter expression");
    }
    if (request.interface() == "none0") {
      return absl::NotFoundError("no interface none0; there are lo");
    }
    capture_.set_state(v1::CAPTURE_STATE_RUNNING);
    if (request.has_interface()) capture_.set_interface(request.interface());
    if (request.has_bpf()) capture_.set_bpf(request.bpf());
    return capture_;
  }
  absl::StatusOr<v1::CaptureStatus> StopCapture() override {
    MutexLock lock(mutex_);
    if (capture_.state() != v1::CAPTURE_STATE_RUNNING) {
      return absl::FailedPreconditionError("capture is not running");
    }
    capture_.set_state(v1::CAPTURE_STATE_IDLE);
    return capture_;
  }
  absl::StatusOr<std::vector<v1::Interface>> Interfaces() const override {
    v1::Interface loopback;
    loopback.set_name("lo");
    return std::vector<v1::Interface>{loopback};
  }
  v1::GetLossResponse Loss() const override { return {}; }

  absl::StatusOr<std::string> StartReplay(
      const v1::StartReplayRequest& request,
      std::function<void(const v1::Replay&)> on_progress) override {
    if (request.source_id() == "taken") {
      return absl::AlreadyExistsError("source_id taken is in use");
    }
    v1::Replay replay;
    replay.set_source_id(request.source_id());
    replay.set_state(v1::REPLAY_STATE_RUNNING);
    on_progress(replay);
    replay.set_state(v1::REPLAY_STATE_DONE);
    on_progress(replay);
    return request.source_id();
  }
  absl::StatusOr<v1::Replay> StopReplay(absl::string_view) override {
    return absl::NotFoundError("no such replay");
  }
  std::vector<v1::Replay> Replays() const override { return {}; }
  v1::Stats LatestStats(absl::Duration window) const override {
    v1::Stats stats;
    stats.mutable_window()->set_seconds(absl::ToInt64Seconds(window));
    return stats;
  }
  std::vector<v1::TopTalker> TopTalkers(size_t limit) const override {
    return std::vector<v1::TopTalker>(std::min<size_t>(limit, 3));
  }
  OpenFlowList OpenFlows(const OpenFlowQuery& query) override {
    MutexLock lock(mutex_);
    OpenFlowList list;
    list.complete = complete_;
    for (const v1::Record& record : open_flows_) {
      if (!absl::StartsWith(record.flow().id(), query.id_prefix)) continue;
      if (list.flows.size() == query.limit) {
        list.complete = false;
        break;
      }
      list.flows.push_back(record);
    }
    return list;
  }
  // Without it there is one, of nobody. Not `complete`: as if a busy capture
  // had told only of these in time.
  void SetOpenFlows(std::vector<v1::Record> flows, bool complete = true) {
    MutexLock lock(mutex_);
    open_flows_ = std::move(flows);
    complete_ = complete;
  }
  std::shared_ptr<const PacketRing> Packets() const override {
    MutexLock lock(mutex_);
    return packets_;
  }
  void SetPackets(std::shared_ptr<const PacketRing> packets) {
    MutexLock lock(mutex_);
    packets_ = std::move(packets);
  }

 private:
  static std::vector<v1::Record> OneOpenFlow() {
    v1::Record record;
    record.mutable_flow()->set_id("00000000000000aa");
    record.mutable_flow()->set_end_reason(v1::END_REASON_ACTIVE);
    record.set_source_id("live");
    return {record};
  }

  mutable Mutex mutex_;
  std::vector<v1::Record> open_flows_ ABSL_GUARDED_BY(mutex_) = OneOpenFlow();
  bool complete_ ABSL_GUARDED_BY(mutex_) = true;
  v1::CaptureStatus capture_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const PacketRing> packets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_SERVICE_FAKE_CONTROL_H_
