// The newest records of one kind.

#ifndef TAPLINE_SENSORD_JOURNAL_RING_H_
#define TAPLINE_SENSORD_JOURNAL_RING_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/sync/mutex.h"
#include "sensord/journal/journal.h"

namespace tapline {

struct RingOptions {
  v1::RecordKind kind = v1::RECORD_KIND_UNSPECIFIED;
  size_t max_entries = 0;
  // Of estimated memory; the newest entry is kept even when it alone is larger.
  size_t max_bytes = 0;
  // Entries go to the store; without, appended is as good as stored.
  bool stored = true;
  // Readers see an entry only when the store is done with it.
  bool visible_when_stored = false;
};

// An entry before it has its sequence.
struct NewEntry {
  std::shared_ptr<JournalEntry> entry;
  size_t bytes = 0;
};

// Thread safety: thread-safe.
//
// Invariants: in = out + sum(dropped) + in flight, in flight being the entries
// neither stored nor lost, in the ring or in the writer's hands;
// visible_end <= next_sequence.
class Ring {
 public:
  explicit Ring(const RingOptions& options) : options_(options) {}

  // Appends in order and empties the span's pointers. What had to leave goes to
  // `evicted`, to be destroyed outside the lock. received_at is read from
  // `clock` under it: what is appended after a Take was received after it.
  void Append(absl::Span<NewEntry> entries, uint64_t epoch, const Clock& clock,
              std::vector<JournalEntryPtr>& evicted);
  JournalRead Read(uint64_t sequence, size_t limit) const;
  // Up to `limit` untaken entries, appended to `out`.
  void Take(size_t limit, std::vector<JournalEntryPtr>& out);
  // `entries` are all of this kind. A null reason means stored.
  void Mark(absl::Span<const JournalEntryPtr> entries, const char* reason);
  void Publish(absl::Span<const JournalEntryPtr> entries);

  size_t untaken() const;
  // What waits for the writer takes less than half of the bounds.
  bool HasRoom() const;
  uint64_t next_sequence() const;
  uint64_t visible_end() const;
  // One past what the writer is done with, in the order it takes.
  uint64_t settled_end() const;
  void TakeLost(std::vector<LostRange>& out);
  v1::StageLoss Loss() const;
  const RingOptions& options() const { return options_; }

 private:
  struct Slot {
    JournalEntryPtr entry;
    size_t bytes;
    // By the writer: taken and not yet marked.
    bool held;
  };

  void EvictFront(std::vector<JournalEntryPtr>& evicted)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CountLost(const JournalEntry& entry, const char* reason)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Show(const JournalEntry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The writer holds them no longer.
  void Release(absl::Span<const JournalEntryPtr> entries)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Reads what is out of the ring and not yet in the store; false when there is
  // nothing of it from read.next_sequence on, below `end`.
  bool ReadHeldOut(uint64_t end, size_t limit, JournalRead& read) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<JournalEntryPtr>::const_iterator HeldOutFrom(
      uint64_t sequence) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What was lost in the ring shows once the writer holds nothing older.
  void ShowLost() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint64_t VisibleEnd() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return options_.visible_when_stored ? shown_end_ : next_;
  }

  const RingOptions options_;

  mutable Mutex mutex_;
  std::deque<Slot> slots_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // What had to leave the ring while the writer held it, in order: in no store
  // yet, so readers find it here. Bounded by what the writer takes.
  std::vector<JournalEntryPtr> held_out_ ABSL_GUARDED_BY(mutex_);
  // Sequence of slots_.front(), and one past slots_.back().
  uint64_t first_ ABSL_GUARDED_BY(mutex_) = 1;
  uint64_t next_ ABSL_GUARDED_BY(mutex_) = 1;
  // One past the newest the writer took, it marked, was lost in the ring, and
  // is shown.
  uint64_t taken_end_ ABSL_GUARDED_BY(mutex_) = 1;
  uint64_t marked_end_ ABSL_GUARDED_BY(mutex_) = 1;
  uint64_t lost_end_ ABSL_GUARDED_BY(mutex_) = 1;
  uint64_t shown_end_ ABSL_GUARDED_BY(mutex_) = 1;
  // Taken and not yet marked.
  uint64_t held_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t in_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t out_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, uint64_t> dropped_ ABSL_GUARDED_BY(mutex_);
  std::vector<LostRange> lost_ ABSL_GUARDED_BY(mutex_);
};

// "alerts", "flows", ...
const char* KindName(v1::RecordKind kind);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_JOURNAL_RING_H_
