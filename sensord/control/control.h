// The door through which the service starts, stops and asks the pipelines.

#ifndef TAPLINE_SENSORD_CONTROL_CONTROL_H_
#define TAPLINE_SENSORD_CONTROL_CONTROL_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "sensord/pipeline/open_flows.h"
#include "sensord/pipeline/packet_ring.h"
#include "tapline/v1/record.pb.h"
#include "tapline/v1/sensor_service.pb.h"
#include "tapline/v1/stats.pb.h"

namespace tapline {

// Thread safety: thread-safe. Calls may take as long as opening an interface.
class Control {
 public:
  virtual ~Control() = default;

  virtual v1::CaptureStatus Capture() const = 0;
  // Starts, or switches the running capture; a failure leaves it running.
  // InvalidArgument: the BPF compiler's text. NotFound: no such interface
  // (lists those there are). PermissionDenied: names the fix.
  virtual absl::StatusOr<v1::CaptureStatus> StartCapture(
      const v1::StartCaptureRequest& request) = 0;
  // FailedPrecondition: not running.
  virtual absl::StatusOr<v1::CaptureStatus> StopCapture() = 0;
  virtual absl::StatusOr<std::vector<v1::Interface>> Interfaces() const = 0;
  virtual v1::GetLossResponse Loss() const = 0;

  // AlreadyExists: source_id in use. NotFound, InvalidArgument: the file.
  // `on_progress` is called about every 200 ms and at the end, from a thread of
  // the replay; at the end the store has everything, unless it fails.
  virtual absl::StatusOr<std::string> StartReplay(
      const v1::StartReplayRequest& request,
      std::function<void(const v1::Replay&)> on_progress) = 0;
  virtual absl::StatusOr<v1::Replay> StopReplay(
      absl::string_view source_id) = 0;
  virtual std::vector<v1::Replay> Replays() const = 0;

  // Of the live source.
  virtual v1::Stats LatestStats(absl::Duration window) const = 0;
  virtual std::vector<v1::TopTalker> TopTalkers(size_t limit) const = 0;
  // Flows open now, as records.
  virtual OpenFlowList OpenFlows(const OpenFlowQuery& query) = 0;
  // The newest frames of the live source, or of the last one when none runs;
  // null when there was none.
  virtual std::shared_ptr<const PacketRing> Packets() const = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CONTROL_CONTROL_H_
