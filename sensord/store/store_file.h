// One database file of the store: opening it whatever state it is in, and
// writing records to it.

#ifndef TAPLINE_SENSORD_STORE_STORE_FILE_H_
#define TAPLINE_SENSORD_STORE_STORE_FILE_H_

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/log/log.h"
#include "common/sqlite/database.h"
#include "common/sqlite/migration.h"
#include "common/time/clock.h"
#include "sensord/journal/journal.h"
#include "sensord/store/run_marks.h"

namespace tapline {

// Tests make operations fail with it: called with "write", "commit", "delete";
// what it returns is taken for the outcome.
using FaultHook = std::function<absl::Status(const char* operation)>;

struct StoreFileOptions {
  std::string path;
  DatabaseOptions database;
  absl::Span<const Migration> migrations;
  // Null in production.
  FaultHook fault;
  // Hears of migrations; may be null.
  Log* log = nullptr;
};

// Thread safety: one thread at a time.
class StoreFile {
 public:
  // Gaps of all kinds together.
  static constexpr int64_t kMaxGapRows = 10000;

  // A damaged file is moved aside to PATH.damaged-<time> with its log, and a
  // new one begun; `note` says so. FailedPrecondition: written by a newer
  // version.
  static absl::StatusOr<std::unique_ptr<StoreFile>> Open(
      const StoreFileOptions& options, const Clock& clock, std::string* note);

  // What Open does with a damaged file; returns its new name.
  static std::string SetAside(const std::string& path, absl::Time now);

  // One transaction. Entries that can never be stored (too large) are left out
  // and returned; on failure nothing was written.
  // With `mark`, also notes how far this run is complete.
  absl::StatusOr<std::vector<JournalEntryPtr>> Write(
      absl::Span<const JournalEntryPtr> entries,
      const std::optional<RunMark>& mark = std::nullopt);
  absl::Status WriteGaps(uint64_t epoch, absl::Span<const LostRange> ranges);

  // Removes up to `limit` of the oldest records of a kind received before
  // `before`, and remembers them as a gap. Returns how many.
  absl::StatusOr<int64_t> Trim(v1::RecordKind kind, absl::Time before,
                               int64_t limit);
  // Pages in use times page size, without the log.
  absl::StatusOr<int64_t> UsedBytes();
  // Gives up to `pages` free pages back to the file system when the file is
  // larger than `max_bytes`.
  absl::Status Shrink(int64_t max_bytes, int64_t pages);

  // False when the path no longer names this file (deleted, replaced).
  bool InPlace() const;

  Database& database() { return *database_; }

 private:
  StoreFile(StoreFileOptions options, Database database);
  absl::Status Fault(const char* operation) const;
  absl::StatusOr<Statement*> Cached(const std::string& sql);
  absl::Status Insert(const JournalEntry& entry);
  // When there are too many: the oldest of a kind and epoch become one.
  absl::Status MergeGaps();
  absl::Status AddToCount(v1::RecordKind kind, int64_t rows);
  absl::Status RememberRemoved(uint64_t epoch, const LostRange& range);
  static void BindRange(Statement& statement, uint64_t epoch,
                        const LostRange& range);

  const StoreFileOptions options_;
  uint64_t inode_ = 0;
  // Declared before the statements, which must go first.
  std::optional<Database> database_;
  std::array<std::optional<Statement>, v1::RecordKind_MAX + 1> inserts_;
  // By their SQL; a pointer is good until the next one is asked for.
  absl::flat_hash_map<std::string, std::optional<Statement>> statements_;
  std::string scratch_;
};

// "disk_full", "read_only", "io_error", ...: reason of a loss; static storage.
const char* FailureReason(const absl::Status& status);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STORE_STORE_FILE_H_
