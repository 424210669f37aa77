// Shares the processor between jobs that look through much, so that neither
// one caller's many jobs nor one job of many hours keeps others waiting.
//
// At most `places` jobs work at once. A job that has worked for a slice while
// others wait goes behind them. The next is of the caller that has had the
// least, and of that caller's jobs the one that has had the least (start-time
// fair queueing, Goyal, Vin and Cheng 1996): who comes late or was idle is
// neither owed what others had meanwhile nor made to wait for it.

#ifndef TAPLINE_SENSORD_SERVICE_FAIR_TURNS_H_
#define TAPLINE_SENSORD_SERVICE_FAIR_TURNS_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/status.h"
#include "common/sync/mutex.h"
#include "common/sync/work.h"

namespace tapline {

// Thread safety: thread-safe.
class FairTurns {
 public:
  class Job;

  static constexpr auto kSlice = std::chrono::milliseconds(10);

  explicit FairTurns(size_t places) : places_(places) {}

 private:
  // Time that was used, and how far the others are.
  struct Share {
    int64_t used = 0;
    int64_t level = 0;
    size_t jobs = 0;
  };

  void Dispatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t places_;
  Mutex mutex_;
  size_t working_ ABSL_GUARDED_BY(mutex_) = 0;
  // Time used by the caller whose turn it was last.
  int64_t level_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<int64_t, Share> callers_ ABSL_GUARDED_BY(mutex_);
  std::vector<Job*> waiting_ ABSL_GUARDED_BY(mutex_);
};

// One job. Until it asks for the first time it takes no place.
class FairTurns::Job final : public Work {
 public:
  // Its first `head_start` of processor time takes no place either: what is
  // done quickly never waits. Only for a job of one thread.
  Job(FairTurns& turns, int64_t caller,
      std::chrono::nanoseconds head_start = std::chrono::nanoseconds(0));
  // After Pause, and with no thread inside.
  ~Job() override;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // By the one thread that does the job. Waits for a turn.
  absl::Status GoesOn() override;
  // By the same thread: gives the place back until it asks again.
  void Pause();
  // From any thread: GoesOn says `why` from now on, also to who waits. The
  // first one stays.
  void Stop(const absl::Status& why);

 private:
  friend class FairTurns;

  // Adds the time since the turn began to what was used.
  void Charge(std::chrono::steady_clock::time_point now);
  absl::Status AwaitTurn();

  FairTurns& turns_;
  const int64_t caller_;
  std::atomic<bool> stopped_{false};
  // Of the thread that does the job.
  bool InHeadStart();
  std::chrono::nanoseconds head_start_;
  // What the thread had used when it asked for the first time; 0: not yet.
  int64_t thread_began_ = 0;
  bool works_ = false;
  std::chrono::steady_clock::time_point began_;

  // Guarded by turns_.mutex_, which the analysis cannot know.
  int64_t used_ = 0;
  bool has_turn_ = false;
  absl::Status why_;
  CondVar changed_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_FAIR_TURNS_H_
