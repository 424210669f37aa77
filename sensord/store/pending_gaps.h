// Ranges the journal lost that no file knows yet.

#ifndef TAPLINE_SENSORD_STORE_PENDING_GAPS_H_
#define TAPLINE_SENSORD_STORE_PENDING_GAPS_H_

#include <cstddef>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/sync/mutex.h"
#include "sensord/journal/journal.h"

namespace tapline {

// Bounded: past kMaxRanges the newest of a kind grows, its count exact.
// Thread safety: thread-safe; one thread takes those of a file.
class PendingGaps {
 public:
  static constexpr size_t kMaxRanges = 1024;

  // Those of one file, for writing; Peek shows them until Written or PutBack.
  // Asks the journal for more first; may be null.
  std::vector<LostRange> Take(bool alerts, Journal* journal);
  void Written(bool alerts);
  void PutBack(bool alerts);
  // Who reads the file after this misses none; one just written may be in both.
  std::vector<LostRange> Peek(v1::RecordKind kind, Journal* journal);

 private:
  void Poll(Journal* journal) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Add(LostRange range) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  std::vector<LostRange> ranges_ ABSL_GUARDED_BY(mutex_);
  // By whether they are alerts.
  std::vector<LostRange> taken_[2] ABSL_GUARDED_BY(mutex_);
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STORE_PENDING_GAPS_H_
