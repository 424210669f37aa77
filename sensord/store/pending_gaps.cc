#include "sensord/store/pending_gaps.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sensord/store/schema.h"

namespace tapline {

void PendingGaps::Poll(Journal* journal) {
  if (journal == nullptr) return;
  for (LostRange& range : journal->TakeLost()) Add(std::move(range));
}

void PendingGaps::Add(LostRange range) {
  const auto last = std::find_if(
      ranges_.rbegin(), ranges_.rend(),
      [&](const LostRange& other) { return other.kind == range.kind; });
  if (last == ranges_.rend()) {
    ranges_.push_back(std::move(range));
    return;
  }
  const bool adjacent = last->last_sequence + 1 == range.first_sequence &&
                        last->reason == range.reason;
  if (!adjacent && ranges_.size() < kMaxRanges) {
    ranges_.push_back(std::move(range));
    return;
  }
  last->first_sequence = std::min(last->first_sequence, range.first_sequence);
  last->last_sequence = std::max(last->last_sequence, range.last_sequence);
  last->first_at = std::min(last->first_at, range.first_at);
  last->last_at = std::max(last->last_at, range.last_at);
  last->count += range.count;
}

std::vector<LostRange> PendingGaps::Take(bool alerts, Journal* journal) {
  MutexLock lock(mutex_);
  Poll(journal);
  const auto mine = std::stable_partition(
      ranges_.begin(), ranges_.end(), [alerts](const LostRange& range) {
        return InAlertFile(range.kind) != alerts;
      });
  taken_[alerts].assign(std::make_move_iterator(mine),
                        std::make_move_iterator(ranges_.end()));
  ranges_.erase(mine, ranges_.end());
  return taken_[alerts];
}

void PendingGaps::Written(bool alerts) {
  MutexLock lock(mutex_);
  taken_[alerts].clear();
}

void PendingGaps::PutBack(bool alerts) {
  MutexLock lock(mutex_);
  std::vector<LostRange> newer = std::exchange(ranges_, {});
  ranges_.swap(taken_[alerts]);
  for (LostRange& range : newer) Add(std::move(range));
}

std::vector<LostRange> PendingGaps::Peek(v1::RecordKind kind,
                                         Journal* journal) {
  MutexLock lock(mutex_);
  Poll(journal);
  std::vector<LostRange> found;
  for (const auto* ranges : {&taken_[InAlertFile(kind)], &ranges_}) {
    std::copy_if(ranges->begin(), ranges->end(), std::back_inserter(found),
                 [kind](const LostRange& range) { return range.kind == kind; });
  }
  return found;
}

}  // namespace tapline
