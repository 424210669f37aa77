// Carries one feed to one client: pulls a step when the previous one is
// written, so a slow client holds at most one step in memory.

#ifndef TAPLINE_SENSORD_SERVICE_WATCH_STREAM_H_
#define TAPLINE_SENSORD_SERVICE_WATCH_STREAM_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/sync/mutex.h"
#include "sensord/service/fair_turns.h"
#include "sensord/service/stream_registry.h"
#include "sensord/service/watch_feed.h"
#include "sensord/service/worker_pool.h"

namespace tapline {

// What all watches share; must outlive them.
struct WatchDesk {
  Journal& journal;
  StreamRegistry& streams;
  // For steps from the ring: never waits.
  WorkerPool& live_pool;
  // For steps that read the store, or whose filter costs much.
  WorkerPool& pool;
  // Of the latter.
  FairTurns& turns;
};

// The part of a watch that does not depend on its message type. Lives until
// the call is done and no step is under way.
class WatchStream : public OpenStream,
                    public std::enable_shared_from_this<WatchStream> {
 public:
  WatchStream(WatchDesk& desk, std::unique_ptr<WatchFeed> feed,
              v1::RecordKind kind, int64_t caller,
              absl::Duration stall_timeout);

  // Registers and begins; the object then keeps itself until Done.
  void Begin();
  void Tick(Monotonic now) override;
  void End(const absl::Status& status) override;

 protected:
  // From the reactor.
  void Written(bool ok);
  void Done();
  void Cancelled();

  // To the reactor. Write is followed by one Written; FinishCall is called once
  // and never before Written. CancelCall may come after FinishCall.
  virtual void Write(const WatchItem& item) = 0;
  virtual void FinishCall(const absl::Status& status) = 0;
  virtual void CancelCall() = 0;

 private:
  // Makes sure a step will be taken soon, unless one is under way.
  void Schedule();
  void Step();
  // One that may wait for its turn.
  absl::StatusOr<WatchStep> LongStep();
  void TakeStep(absl::StatusOr<WatchStep> step);
  // Whatever is next; true when the caller must take a step.
  bool GoOn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The client is gone.
  void GiveUp() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends at once, or with `drain` after what is in hand and a checkpoint.
  void BeginEnd(const absl::Status& status, bool drain, Monotonic now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // With nothing under way: what an ending stream still owes, then its status.
  void GoOnEnding() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CheckStall(Monotonic now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  WatchDesk& desk_;
  // Used by the step under way only.
  const std::unique_ptr<WatchFeed> feed_;
  // Of steps on desk_.pool.
  FairTurns::Job job_;
  const v1::RecordKind kind_;
  const int64_t caller_;
  const absl::Duration stall_timeout_;
  uint64_t subscription_ = 0;

  Mutex mutex_;
  std::deque<WatchItem> items_ ABSL_GUARDED_BY(mutex_);
  WatchStep::Then then_ ABSL_GUARDED_BY(mutex_) = WatchStep::Then::kMore;
  bool stepping_ ABSL_GUARDED_BY(mutex_) = false;
  // Something new since the step under way began.
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  Monotonic write_began_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  // A checkpoint is still to be written.
  bool owes_checkpoint_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_status_ ABSL_GUARDED_BY(mutex_);
  Monotonic end_began_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_WATCH_STREAM_H_
