#include "sensord/pipeline/snapshots.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tapline {

bool Snapshots::AllDone() const {
  return std::all_of(cursors_.begin(), cursors_.end(),
                     [](const Cursor& c) { return c.done; });
}

bool Snapshots::Over() const {
  if (closed_) return true;
  // One more than asked for tells that there are more.
  if (flows_.size() > question_.limit) return true;
  return AllDone() && judged_batch_ >= answered_batch_;
}

FlowAnswer Snapshots::Ask(const FlowQuestion& question,
                          absl::Duration timeout) {
  MutexLock one_at_a_time(asking_);
  const auto deadline =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout);
  FlowAnswer answer;
  MutexLock lock(mutex_);
  question_ = question;
  flows_.clear();
  answered_batch_ = judged_batch_ = 0;
  std::fill(cursors_.begin(), cursors_.end(), Cursor{});
  asked_.store(true, std::memory_order_release);
  while (!Over()) {
    if (answered_.wait_until(mutex_, deadline) == std::cv_status::timeout) {
      break;
    }
  }
  asked_.store(false, std::memory_order_release);
  answer.complete = Over() && flows_.size() <= question.limit;
  if (flows_.size() > question.limit) flows_.resize(question.limit);
  answer.flows = std::exchange(flows_, {});
  return answer;
}

void Snapshots::AnswerSome(size_t index, FlowEngine& engine, size_t frames,
                           uint64_t batch) {
  const size_t at_once = frames < kIdleFrames ? kFlowsWhenIdle : kFlowsAtOnce;
  uint64_t position;
  size_t wanted;
  absl::optional<FlowIdRange> ids;
  {
    MutexLock lock(mutex_);
    if (cursors_[index].done || flows_.size() > question_.limit) return;
    position = cursors_[index].position;
    wanted = std::min(at_once, question_.limit + 1 - flows_.size());
    ids = question_.ids;
  }
  std::vector<FlowSummary> some;
  if (ids.has_value()) {
    engine.FindFlows(*ids, at_once * kLooksPerFlow, &position, some);
  } else {
    engine.Snapshot(wanted, &position, some);
  }
  MutexLock lock(mutex_);
  cursors_[index] = {position, position == 0};
  for (FlowSummary& flow : some) flows_.push_back(std::move(flow));
  answered_batch_ = std::max(answered_batch_, batch);
  if (Over()) answered_.notify_all();
}

void Snapshots::NoteJudged(uint64_t batch) {
  MutexLock lock(mutex_);
  judged_batch_ = std::max(judged_batch_, batch);
  if (Over()) answered_.notify_all();
}

void Snapshots::Close() {
  MutexLock lock(mutex_);
  closed_ = true;
  answered_.notify_all();
}

}  // namespace tapline
