#include "sensord/pipeline/snapshots.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/time/clock.h"

namespace tapline {

bool Snapshots::Complete() const {
  if (closed_ || flows_.size() >= limit_) return true;
  return std::all_of(cursors_.begin(), cursors_.end(),
                     [](const Cursor& c) { return c.done; });
}

std::vector<FlowSummary> Snapshots::Ask(size_t limit, absl::Duration timeout) {
  MutexLock one_at_a_time(asking_);
  const auto deadline =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout);
  MutexLock lock(mutex_);
  if (closed_) return {};
  limit_ = limit;
  flows_.clear();
  std::fill(cursors_.begin(), cursors_.end(), Cursor{});
  asked_.store(true, std::memory_order_release);
  while (!Complete()) {
    if (answered_.wait_until(mutex_, deadline) == std::cv_status::timeout) {
      break;
    }
  }
  asked_.store(false, std::memory_order_release);
  if (flows_.size() > limit) flows_.resize(limit);
  return std::exchange(flows_, {});
}

void Snapshots::AnswerSome(size_t index, FlowEngine& engine) {
  uint64_t position;
  size_t wanted;
  {
    MutexLock lock(mutex_);
    if (cursors_[index].done || flows_.size() >= limit_) return;
    position = cursors_[index].position;
    wanted = std::min(kFlowsAtOnce, limit_ - flows_.size());
  }
  std::vector<FlowSummary> some;
  engine.Snapshot(wanted, &position, some);
  MutexLock lock(mutex_);
  cursors_[index] = {position, position == 0};
  for (FlowSummary& flow : some) flows_.push_back(std::move(flow));
  if (Complete()) answered_.notify_all();
}

void Snapshots::Close() {
  MutexLock lock(mutex_);
  closed_ = true;
  answered_.notify_all();
}

}  // namespace tapline
