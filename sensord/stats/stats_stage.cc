#include "sensord/stats/stats_stage.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <utility>

#include "common/sync/mutex.h"
#include "sensord/stats/space_saving.h"
#include "sensord/stats/traffic_window.h"

namespace tapline {
namespace {

constexpr std::array<int, 3> kWindowSeconds = {1, 10, 60};
constexpr size_t kTalkers = 1024;
constexpr size_t kListedTalkers = 10;
// A longer silence of the clock is a gap in the recording, not idle seconds.
constexpr int64_t kMaxIdleSeconds = 60;

v1::TopTalker ToProto(const Talker& talker) {
  v1::TopTalker proto;
  proto.set_address(talker.address.ToString());
  proto.set_packets(talker.packets);
  proto.set_bytes(talker.bytes);
  proto.set_error_bytes(talker.error_bytes);
  return proto;
}

// The second that ends at or after `clock`, by its end.
int64_t SecondOf(UnixNanos clock) {
  const int64_t second = clock / kSecondNanos;
  return clock % kSecondNanos > 0 ? second + 1 : second;
}

}  // namespace

class StatsStage::Impl {
 public:
  void Process(const SignalBatch& batch, std::vector<v1::Stats>& out) {
    for (const Signal& signal : batch.signals) {
      if (signal.kind != SignalKind::kTraffic) continue;
      AdvanceClock(signal.clock, out);
      const TrafficData& data = batch.PartOf(signal).traffic[signal.detail];
      // A shard without news sends nothing: its last number holds.
      open_flows_[signal.index % open_flows_.size()] = data.open_flows;
      Add(data, SecondOf(signal.clock));
    }
  }

  // A second's parts all bear its end as their clock: it is whole when the
  // clock moves beyond.
  void AdvanceClock(UnixNanos clock, std::vector<v1::Stats>& out) {
    if (!started_) return;
    // Seconds that ended before `clock`.
    const int64_t last = SecondOf(clock) - 1;
    if (last - second_ > kMaxIdleSeconds) {
      EndSecond(out);
      EndWindows(out);
      second_ = last;
      return;
    }
    while (second_ <= last) {
      EndSecond(out);
      ++second_;
    }
  }

  void Finish(std::vector<v1::Stats>& out) {
    if (!started_ || !touched_) return;
    EndSecond(out);
    EndWindows(out);
    ++second_;
  }

  void SetDropped(uint64_t packets) { dropped_ = packets; }

  v1::Stats Latest(absl::Duration window) const {
    MutexLock lock(mutex_);
    for (size_t i = 0; i < kWindowSeconds.size(); ++i) {
      if (window == absl::Seconds(kWindowSeconds[i])) return latest_[i];
    }
    return v1::Stats();
  }

  std::vector<v1::TopTalker> TopTalkers(size_t limit) const {
    std::vector<SpaceSaving> ring;
    {
      MutexLock lock(mutex_);
      ring = ring_;
    }
    std::vector<v1::TopTalker> top;
    for (const Talker& talker : Sum(ring).Top(limit)) {
      top.push_back(ToProto(talker));
    }
    return top;
  }

 private:
  static constexpr size_t kRing = 6;  // sketches of 10 s

  static SpaceSaving Sum(const std::vector<SpaceSaving>& ring) {
    SpaceSaving all = ring.front();
    for (size_t i = 1; i < ring.size(); ++i) all.Merge(ring[i]);
    return all;
  }

  void Add(const TrafficData& data, int64_t second) {
    if (!started_) {
      started_ = true;
      second_ = second;
    }
    touched_ = true;
    current_.Add(data);
    for (const FlowDelta& d : data.deltas) {
      if (d.originator_packets > 0) {
        second_talkers_.Add(
            {d.originator, d.originator_bytes, 0, d.originator_packets});
      }
      if (d.responder_packets > 0) {
        second_talkers_.Add(
            {d.responder, d.responder_bytes, 0, d.responder_packets});
      }
    }
  }

  void EndSecond(std::vector<v1::Stats>& out) {
    current_.EndSecond(
        std::accumulate(open_flows_.begin(), open_flows_.end(), uint64_t{0}));
    for (TrafficWindow& window : windows_) window.Append(current_);
    const bool ten = second_ % kWindowSeconds[1] == 0;
    const bool sixty = second_ % kWindowSeconds[2] == 0;
    MutexLock lock(mutex_);
    ring_[0].Merge(second_talkers_);
    Emit(0, second_talkers_.Top(kListedTalkers), out);
    if (ten) Emit(1, ring_[0].Top(kListedTalkers), out);
    if (sixty) Emit(2, Sum(ring_).Top(kListedTalkers), out);
    if (ten) {
      std::rotate(ring_.begin(), ring_.end() - 1, ring_.end());
      ring_[0].Clear();
    }
    current_ = TrafficWindow();
    second_talkers_.Clear();
    touched_ = windows_[1].seconds() > 0 || windows_[2].seconds() > 0;
  }

  // Those of 10 and 60 s that have begun, short as they are.
  void EndWindows(std::vector<v1::Stats>& out) {
    MutexLock lock(mutex_);
    if (windows_[1].seconds() > 0) {
      Emit(1, ring_[0].Top(kListedTalkers), out);
    }
    if (windows_[2].seconds() > 0) {
      Emit(2, Sum(ring_).Top(kListedTalkers), out);
    }
    for (SpaceSaving& sketch : ring_) sketch.Clear();
    touched_ = false;
  }

  void Emit(size_t i, const std::vector<Talker>& talkers,
            std::vector<v1::Stats>& out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    v1::Stats stats;
    windows_[i].Describe(stats);
    stats.mutable_time()->set_seconds(second_);
    stats.mutable_window()->set_seconds(kWindowSeconds[i]);
    for (const Talker& talker : talkers) {
      *stats.add_top_talkers() = ToProto(talker);
    }
    stats.set_dropped_packets(dropped_ - dropped_before_[i]);
    dropped_before_[i] = dropped_;
    windows_[i] = TrafficWindow();
    out.push_back(stats);
    latest_[i] = std::move(stats);
  }

  bool started_ = false;
  // Something to report in case of Finish.
  bool touched_ = false;
  // The second being summed up, by its end since the epoch.
  int64_t second_ = 0;
  // By shard, the signal's index.
  std::array<uint64_t, 16> open_flows_{};
  uint64_t dropped_ = 0;
  std::array<uint64_t, 3> dropped_before_{};
  TrafficWindow current_;
  std::array<TrafficWindow, 3> windows_;
  SpaceSaving second_talkers_{kTalkers};

  mutable Mutex mutex_;
  // Newest first; [0] is being filled. Summed up for who asks, not each second.
  std::vector<SpaceSaving> ring_ ABSL_GUARDED_BY(mutex_) =
      std::vector<SpaceSaving>(kRing, SpaceSaving(kTalkers));
  std::array<v1::Stats, 3> latest_ ABSL_GUARDED_BY(mutex_);
};

StatsStage::StatsStage() : impl_(std::make_unique<Impl>()) {}
StatsStage::~StatsStage() = default;

void StatsStage::Process(const SignalBatch& batch,
                         std::vector<v1::Stats>& out) {
  impl_->Process(batch, out);
}
void StatsStage::AdvanceClock(UnixNanos clock, std::vector<v1::Stats>& out) {
  impl_->AdvanceClock(clock, out);
}
void StatsStage::Finish(std::vector<v1::Stats>& out) { impl_->Finish(out); }
void StatsStage::SetDropped(uint64_t packets) { impl_->SetDropped(packets); }
v1::Stats StatsStage::Latest(absl::Duration window) const {
  return impl_->Latest(window);
}
std::vector<v1::TopTalker> StatsStage::TopTalkers(size_t limit) const {
  return impl_->TopTalkers(limit);
}

}  // namespace tapline
