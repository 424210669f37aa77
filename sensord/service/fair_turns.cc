#include "sensord/service/fair_turns.h"

#include <time.h>

#include <algorithm>

namespace tapline {
namespace {

// Processor time of this thread; more than 0.
int64_t ThreadNanos() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec + 1;
}

}  // namespace

void FairTurns::Dispatch() {
  while (working_ < places_ && !waiting_.empty()) {
    // Of equals the one that waits longest.
    const auto next = std::min_element(
        waiting_.begin(), waiting_.end(), [this](const Job* a, const Job* b) {
          mutex_.AssertHeld();
          const int64_t of_a = callers_[a->caller_].used;
          const int64_t of_b = callers_[b->caller_].used;
          return of_a != of_b ? of_a < of_b : a->used_ < b->used_;
        });
    Job& job = **next;
    waiting_.erase(next);
    Share& caller = callers_[job.caller_];
    level_ = std::max(level_, caller.used);
    caller.level = std::max(caller.level, job.used_);
    ++working_;
    job.has_turn_ = true;
    job.changed_.notify_one();
  }
}

FairTurns::Job::Job(FairTurns& turns, int64_t caller,
                    std::chrono::nanoseconds head_start)
    : turns_(turns), caller_(caller), head_start_(head_start) {
  MutexLock lock(turns_.mutex_);
  ++turns_.callers_[caller_].jobs;
}

FairTurns::Job::~Job() {
  MutexLock lock(turns_.mutex_);
  const auto share = turns_.callers_.find(caller_);
  if (--share->second.jobs == 0) turns_.callers_.erase(share);
}

bool FairTurns::Job::InHeadStart() {
  if (head_start_.count() == 0 || stopped_.load()) return false;
  const int64_t used = ThreadNanos();
  if (thread_began_ == 0) thread_began_ = used;
  if (used - thread_began_ < head_start_.count()) return true;
  head_start_ = std::chrono::nanoseconds(0);
  return false;
}

absl::Status FairTurns::Job::GoesOn() {
  if (InHeadStart()) return absl::OkStatus();
  const auto now = std::chrono::steady_clock::now();
  if (works_ && now - began_ < kSlice && !stopped_.load()) {
    return absl::OkStatus();
  }
  if (works_) {
    MutexLock lock(turns_.mutex_);
    if (turns_.waiting_.empty() && why_.ok()) {
      Charge(now);
      return absl::OkStatus();
    }
  }
  Pause();
  return AwaitTurn();
}

void FairTurns::Job::Charge(std::chrono::steady_clock::time_point now) {
  turns_.mutex_.AssertHeld();
  const int64_t nanos = std::chrono::nanoseconds(now - began_).count();
  used_ += nanos;
  turns_.callers_[caller_].used += nanos;
  began_ = now;
}

absl::Status FairTurns::Job::AwaitTurn() {
  MutexLock lock(turns_.mutex_);
  Share& caller = turns_.callers_[caller_];
  caller.used = std::max(caller.used, turns_.level_);
  used_ = std::max(used_, caller.level);
  if (why_.ok()) {
    turns_.waiting_.push_back(this);
    turns_.Dispatch();
  }
  while (!has_turn_ && why_.ok()) changed_.wait(turns_.mutex_);
  works_ = has_turn_;
  if (works_ && why_.ok()) {
    began_ = std::chrono::steady_clock::now();
    return absl::OkStatus();
  }
  if (works_) {
    works_ = has_turn_ = false;
    --turns_.working_;
    turns_.Dispatch();
  }
  return why_;
}

void FairTurns::Job::Pause() {
  if (!works_) return;
  MutexLock lock(turns_.mutex_);
  Charge(std::chrono::steady_clock::now());
  works_ = has_turn_ = false;
  --turns_.working_;
  turns_.Dispatch();
}

void FairTurns::Job::Stop(const absl::Status& why) {
  MutexLock lock(turns_.mutex_);
  if (!why_.ok() || why.ok()) return;
  why_ = why;
  stopped_ = true;
  auto& waiting = turns_.waiting_;
  waiting.erase(std::remove(waiting.begin(), waiting.end(), this),
                waiting.end());
  changed_.notify_one();
}

}  // namespace tapline
