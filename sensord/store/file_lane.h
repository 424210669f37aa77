// The writing side of one database file: a thread that moves entries from the
// journal to disk, survives the disk's failures, and keeps the file in bounds.

#ifndef TAPLINE_SENSORD_STORE_FILE_LANE_H_
#define TAPLINE_SENSORD_STORE_FILE_LANE_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/sync/mutex.h"
#include "common/time/clock.h"
#include "sensord/journal/journal.h"
#include "sensord/store/pending_gaps.h"
#include "sensord/store/store_file.h"
#include "sensord/store/store_reader.h"
#include "tapline/v1/config.pb.h"

namespace tapline {

// Thread safety: thread-safe.
class FileLane {
 public:
  FileLane(StoreFileOptions options, bool alerts, const Clock& clock,
           PendingGaps& gaps, StoreReader& reader);
  ~FileLane();

  absl::Status Open();
  void SetConfig(const v1::StoreConfig& config);
  void Start(Journal& journal);
  // Writes what the journal has, then ends the thread.
  void Stop();

  // Runs `use` on the file between transactions of the thread. Unavailable
  // while the file cannot be opened.
  absl::Status WithFile(const std::function<absl::Status(StoreFile&)>& use);

  bool writable() const;
  // What is wrong, or was repaired at opening; empty when nothing.
  std::string error() const;
  void AddLoss(std::vector<v1::StageLoss>& out) const;

 private:
  struct Totals {
    uint64_t in = 0;
    uint64_t out = 0;
    std::map<std::string, uint64_t> dropped;
  };

  void Run(Journal& journal);
  std::vector<JournalEntryPtr> TakeEntries(Journal& journal, bool stopping);
  // Tries to write `held`; what was written or given up leaves it.
  void Flush(Journal& journal, std::vector<JournalEntryPtr>& held);
  void GiveUp(Journal& journal, std::vector<JournalEntryPtr> entries,
              const char* reason);
  void DrainAsLost(Journal& journal, std::vector<JournalEntryPtr>& held);
  absl::Status WriteAll(Journal& journal, std::vector<JournalEntryPtr>& held)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_);
  absl::Status EnsureOpen() ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_);
  // Notes in the file that this run writes (run_marks.h).
  absl::Status BeginRunOnce() ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_);
  // Makes gaps of what runs that were killed left unwritten.
  absl::Status RememberHowRunsEnded()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_);
  // One bounded step of retention; true when there is more to do.
  bool Maintain(Journal& journal);
  absl::StatusOr<bool> TrimStep(const v1::StoreConfig& config)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_);
  absl::StatusOr<v1::RecordKind> OldestKind()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_);
  void Fail(const absl::Status& status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_);
  void Recover();
  // For the log: which file.
  LogField FileField() const {
    return {"file", alerts_ ? LogLiteral("alerts.db") : LogLiteral("flows.db")};
  }
  void TellLost(const std::vector<LostRange>& lost);
  void TellRemoved(int64_t rows);
  bool RetryIsDue() const;
  // Entries the journal hands over at a time.
  size_t MostTaken() const;
  v1::StoreConfig config() const;
  void Count(const std::vector<JournalEntryPtr>& entries,
             const std::function<void(Totals&)>& add);

  // Constant after construction.
  const StoreFileOptions options_;
  const bool alerts_;
  const std::vector<v1::RecordKind> kinds_;
  const Clock& clock_;

  // Own synchronization.
  PendingGaps& gaps_;
  StoreReader& reader_;
  std::atomic<bool> stopping_{false};

  // Taken before mutex_.
  Mutex file_mutex_;
  std::unique_ptr<StoreFile> file_ ABSL_GUARDED_BY(file_mutex_);
  bool damaged_ ABSL_GUARDED_BY(file_mutex_) = false;
  absl::Time opened_at_ ABSL_GUARDED_BY(file_mutex_);
  // 0 before Start.
  uint64_t epoch_ ABSL_GUARDED_BY(file_mutex_) = 0;
  bool begun_ ABSL_GUARDED_BY(file_mutex_) = false;

  mutable Mutex mutex_;
  CondVar woken_;
  v1::StoreConfig config_ ABSL_GUARDED_BY(mutex_);
  std::string failure_ ABSL_GUARDED_BY(mutex_);
  const char* reason_ ABSL_GUARDED_BY(mutex_) = "error";
  std::string note_ ABSL_GUARDED_BY(mutex_);
  absl::Time failing_since_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  absl::Time retry_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::map<v1::RecordKind, Totals> totals_ ABSL_GUARDED_BY(mutex_);

  // The thread's own.
  std::thread thread_;
  absl::Time next_check_ = absl::InfinitePast();
  // What was received before is in `held`, in the file or lost.
  std::optional<RunMark> mark_;
  absl::Time next_mark_ = absl::InfinitePast();
  uint64_t lost_total_ = 0;
  // Since the last line about it.
  int64_t removed_ = 0;
  absl::Time next_removed_ = absl::InfinitePast();
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STORE_FILE_LANE_H_
