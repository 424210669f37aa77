#include "sensord/service/watch_stream.h"

#include <utility>

#include "common/status/macros.h"
#include "sensord/service/errors.h"

namespace tapline {
namespace {

// After a stream was told to end, the time a blocked write may still take.
constexpr auto kEndGrace = std::chrono::milliseconds(1000);

}  // namespace

WatchStream::WatchStream(WatchDesk& desk, std::unique_ptr<WatchFeed> feed,
                         v1::RecordKind kind, int64_t caller,
                         absl::Duration stall_timeout)
    : desk_(desk),
      feed_(std::move(feed)),
      job_(desk.turns, caller),
      kind_(kind),
      caller_(caller),
      stall_timeout_(stall_timeout) {}

void WatchStream::Begin() {
  std::weak_ptr<WatchStream> weak = weak_from_this();
  subscription_ = desk_.journal.Subscribe(kind_, [weak] {
    if (std::shared_ptr<WatchStream> self = weak.lock()) self->Schedule();
  });
  desk_.streams.Add(shared_from_this());
  Schedule();
}

void WatchStream::Schedule() {
  {
    MutexLock lock(mutex_);
    woken_ = true;
    if (stepping_ || writing_ || ending_ || finished_) return;
    stepping_ = true;
  }
  Step();
}

void WatchStream::Step() {
  bool blocks = feed_->MayBlock(std::chrono::steady_clock::now());
  std::shared_ptr<WatchStream> self = shared_from_this();
  WorkerPool& pool = blocks ? desk_.pool : desk_.live_pool;
  const bool accepted = pool.Submit(caller_, [self, blocks] {
    {
      MutexLock lock(self->mutex_);
      self->woken_ = false;
    }
    self->TakeStep(blocks
                       ? self->LongStep()
                       : self->feed_->Next(std::chrono::steady_clock::now()));
  });
  if (accepted) return;
  TakeStep(Refuse(Reason::kSERVER_BUSY, "too much work waits"));
}

absl::StatusOr<WatchStep> WatchStream::LongStep() {
  const WorkScope scope(job_);
  // A step that has its turn already ends before the turn does.
  RETURN_IF_ERROR(job_.GoesOn());
  absl::StatusOr<WatchStep> step =
      feed_->Next(std::chrono::steady_clock::now());
  job_.Pause();
  return step;
}

void WatchStream::TakeStep(absl::StatusOr<WatchStep> step) {
  bool again = false;
  {
    MutexLock lock(mutex_);
    stepping_ = false;
    Monotonic now = std::chrono::steady_clock::now();
    if (!step.ok()) {
      BeginEnd(step.status(), /*drain=*/false, now);
    } else {
      then_ = step->then;
      for (WatchItem& item : step->items) items_.push_back(std::move(item));
    }
    again = GoOn();
  }
  if (again) Step();
}

bool WatchStream::GoOn() {
  if (writing_ || stepping_ || finished_) return false;
  if (ending_) {
    GoOnEnding();
  } else if (!items_.empty()) {
    WriteNext();
  } else if (then_ == WatchStep::Then::kEnd) {
    BeginEnd(absl::OkStatus(), /*drain=*/false, write_began_);
    GoOnEnding();
  } else if (then_ == WatchStep::Then::kMore || woken_) {
    stepping_ = true;
    return true;
  }
  return false;
}

void WatchStream::WriteNext() {
  WatchItem item = std::move(items_.front());
  items_.pop_front();
  writing_ = true;
  write_began_ = std::chrono::steady_clock::now();
  Write(item);
}

void WatchStream::Written(bool ok) {
  bool again = false;
  {
    MutexLock lock(mutex_);
    writing_ = false;
    if (!ok) GiveUp();
    // A pause in writing is when the ring is looked at again.
    woken_ = true;
    again = GoOn();
  }
  if (again) Step();
}

void WatchStream::GiveUp() {
  items_.clear();
  owes_checkpoint_ = false;
  if (ending_) return;
  ending_ = true;
  end_status_ = absl::CancelledError("the client went away");
  job_.Stop(end_status_);
}

void WatchStream::BeginEnd(const absl::Status& status, bool drain,
                           Monotonic now) {
  if (ending_) return;
  ending_ = true;
  end_status_ = status;
  job_.Stop(status);
  end_began_ = now;
  owes_checkpoint_ = drain;
  if (!drain) items_.clear();
}

void WatchStream::GoOnEnding() {
  if (items_.empty() && owes_checkpoint_) {
    owes_checkpoint_ = false;
    absl::optional<v1::Checkpoint> last = feed_->MakeCheckpoint();
    if (last.has_value()) items_.push_back(*std::move(last));
  }
  if (!items_.empty()) return WriteNext();
  finished_ = true;
  FinishCall(end_status_);
}

void WatchStream::Cancelled() {
  MutexLock lock(mutex_);
  GiveUp();
  GoOn();
}

void WatchStream::End(const absl::Status& status) {
  MutexLock lock(mutex_);
  BeginEnd(status, /*drain=*/true, std::chrono::steady_clock::now());
  GoOn();
}

void WatchStream::CheckStall(Monotonic now) {
  if (!writing_ || cancelled_) return;
  if (ending_) {
    // The status could only follow the message that nobody takes.
    if (now - end_began_ >= kEndGrace) {
      cancelled_ = true;
      CancelCall();
    }
    return;
  }
  if (now - write_began_ < absl::ToChronoNanoseconds(stall_timeout_)) return;
  BeginEnd(Refuse(Reason::kSTALLED,
                  "nothing was read for listen.stall_timeout; resume from the "
                  "last cursor"),
           /*drain=*/false, now);
}

void WatchStream::Tick(Monotonic now) {
  {
    MutexLock lock(mutex_);
    CheckStall(now);
  }
  Schedule();
}

void WatchStream::Done() {
  desk_.journal.Unsubscribe(subscription_);
  desk_.streams.Leave(caller_);
  desk_.streams.Remove(this);
}

}  // namespace tapline
