// Frames from a network interface through libpcap.

#ifndef TAPLINE_SENSORD_CAPTURE_LIVE_SOURCE_H_
#define TAPLINE_SENSORD_CAPTURE_LIVE_SOURCE_H_

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/sync/mutex.h"
#include "common/time/clock.h"
#include "sensord/capture/bpf_filter.h"
#include "sensord/capture/clock_stamper.h"
#include "sensord/capture/frame_source.h"
#include "sensord/capture/link_monitor.h"
#include "sensord/capture/live_handle.h"
#include "sensord/capture/outage_log.h"
#include "sensord/capture/self_tuples.h"

namespace tapline {

// Follows the name of the interface: when it goes down, is deleted, renamed or
// moved to another namespace, the source stays, answers kIdle, and takes up
// again when an interface of that name is up. Each such time is an outage.
// On an idle link the clock follows the wall clock less the block timeout. A
// wall clock set back by more than a minute is followed at once
// (ClockStamper); one set back by less holds the clock for that long.
class LiveSource final : public FrameSource {
 public:
  // `clock` must outlive the source. An interface that is down is an outage,
  // not an error. Errors: OpenLiveHandle, CompileFilter.
  static absl::StatusOr<std::unique_ptr<LiveSource>> Open(
      const LiveOptions& options, const Clock& clock);
  ~LiveSource() override;

  // Errors: PermissionDenied or InvalidArgument if the interface came back and
  // could not be opened again, or the filter does not fit its link type.
  absl::StatusOr<ReadResult> Read(FrameBatch& batch) override;
  CaptureCounters counters() const override;
  std::vector<CaptureOutage> TakeOutages() override { return outages_.Take(); }
  void Stop() override;
  // `reason`: "link_down" or "interface_gone".
  bool Waiting(std::string* reason) const override;

  // Replaces the filter with the next Read; thread-safe.
  // Errors: CompileFilter; the present filter then stays.
  absl::Status SetFilter(absl::string_view text);
  std::string filter() const;
  // LINKTYPE_ of the newest handle.
  uint16_t link_type() const {
    return static_cast<uint16_t>(link_type_.load());
  }

 private:
  using Steady = std::chrono::steady_clock;

  LiveSource(const LiveOptions& options, const Clock& clock)
      : options_(options),
        clock_(clock),
        outages_(options.on_outage),
        self_(options.self) {}

  absl::Status Init();
  // Opens the handle with the present filter.
  absl::Status Attach();
  void Detach();
  absl::Status ApplyFilter();
  // Takes frames from the ring into `batch` without waiting; false when the
  // interface is lost.
  bool Drain(FrameBatch& batch);
  // Waits for frames, link events or Stop.
  void Wait(std::chrono::milliseconds timeout);
  // Link state, drop counters; every kHousekeeping or when `now` is due.
  void Housekeep(Steady::time_point now);
  void OnLink(const LinkState& state);
  // Whether there is an interface to attach to.
  bool Present();
  void ReadDrops();
  absl::StatusOr<ReadResult> WhileGone(FrameBatch& batch);
  ReadResult Idle(FrameBatch& batch, UnixNanos empty_at);
  void Finish(FrameBatch& batch);
  UnixNanos Now() const { return absl::ToUnixNanos(clock_.Now()); }

  const LiveOptions options_;
  const Clock& clock_;
  int stop_fd_ = -1;
  std::atomic<bool> stopped_{false};
  OutageLog outages_;

  // Of the reading thread.
  LiveHandle handle_;
  std::unique_ptr<LinkMonitor> monitor_;  // null for "any"
  ClockStamper stamper_;
  SelfFilter self_;
  bool lost_ = false;
  std::chrono::milliseconds idle_wait_{1};
  Steady::time_point next_housekeeping_;
  Steady::time_point next_refresh_;
  Steady::time_point next_attempt_;
  // pcap_stats of this handle so far, 32 bits as it counts.
  uint32_t seen_drops_ = 0;
  uint32_t seen_interface_drops_ = 0;

  // Written by the reading thread.
  Counter frames_;
  Counter bytes_;
  Counter kernel_drops_;
  Counter interface_drops_;
  Counter self_frames_;
  Counter bad_times_;
  std::atomic<int> link_type_{1};

  mutable Mutex mutex_;
  std::string filter_ ABSL_GUARDED_BY(mutex_);
  bool filter_changed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_LIVE_SOURCE_H_
