// Traffic statistics in windows of 1, 10 and 60 seconds of packet time.

#ifndef TAPLINE_SENSORD_STATS_STATS_STAGE_H_
#define TAPLINE_SENSORD_STATS_STATS_STAGE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "sensord/event/signal.h"
#include "tapline/v1/stats.pb.h"

namespace tapline {

// Thread safety: Process and Finish from one thread; Latest and TopTalkers from
// any.
class StatsStage {
 public:
  StatsStage();
  ~StatsStage();

  // Takes kTraffic signals (others are ignored). Appends one Stats for every
  // window that ended; with nothing on the wire a window still ends.
  void Process(const SignalBatch& batch, std::vector<v1::Stats>& out);
  void AdvanceClock(UnixNanos clock, std::vector<v1::Stats>& out);
  void Finish(std::vector<v1::Stats>& out);
  // Packets lost so far; the difference goes into the next window.
  void SetDropped(uint64_t packets);

  // The newest ended window of 1, 10 or 60 s; empty before the first.
  v1::Stats Latest(absl::Duration window) const;
  // Of the last 60 s, by bytes, at most `limit`.
  std::vector<v1::TopTalker> TopTalkers(size_t limit) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STATS_STATS_STAGE_H_
