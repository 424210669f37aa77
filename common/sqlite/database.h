// SQLite with absl::Status: the only place that sees SQLiteCpp's exceptions.
//
// BUSY and LOCKED are Unavailable, FULL ResourceExhausted, CORRUPT and NOTADB
// DataLoss, CONSTRAINT AlreadyExists, INTERRUPT Cancelled, the rest Internal.

#ifndef TAPLINE_COMMON_SQLITE_DATABASE_H_
#define TAPLINE_COMMON_SQLITE_DATABASE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tapline {

enum class Synchronous {
  // A commit survives power loss.
  kFull,
  // A commit survives a crash of the program; a power loss takes the newest,
  // the file stays intact.
  kNormal,
};

struct DatabaseOptions {
  bool read_only = false;
  Synchronous synchronous = Synchronous::kFull;
  absl::Duration busy_timeout = absl::Seconds(5);
  int cache_kibibytes = 2048;
  // WAL pages of 4 KiB after which a commit also checkpoints.
  int checkpoint_pages = 1000;
  // Asked about every millisecond of a statement's own work, by its thread;
  // false ends it with Cancelled. May be null.
  bool (*goes_on)() = nullptr;
};

// One prepared statement. Thread safety: of its database.
class Statement {
 public:
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) noexcept;
  ~Statement();

  // Parameters count from 1. Text is copied, a blob borrowed until Reset. What
  // is wrong with a parameter the next Step says.
  void Bind(int index, int64_t value);
  void Bind(int index, absl::string_view text);
  void BindBlob(int index, absl::string_view bytes);
  void BindNull(int index);

  // True when there is a row.
  absl::StatusOr<bool> Step();
  // Steps to the end and resets, also after a failure.
  absl::Status Run();
  void Reset();

  // Of the current row, columns count from 0. Views live until the next Step or
  // Reset.
  int64_t Int(int column) const;
  absl::string_view Text(int column) const;
  absl::string_view Blob(int column) const;
  bool IsNull(int column) const;

 private:
  friend class Database;
  struct Impl;
  explicit Statement(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// One connection, in WAL mode. Thread safety: one thread at a time.
class Database {
 public:
  // Creates the file (mode 0600) unless read_only.
  static absl::StatusOr<Database> Open(const std::string& path,
                                       const DatabaseOptions& options);
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  // Closes; statements must be gone.
  ~Database();

  // One or more statements without parameters.
  absl::Status Execute(const std::string& sql);
  absl::StatusOr<Statement> Prepare(const std::string& sql);
  // First column of the first row; `fallback` when there is none.
  absl::StatusOr<int64_t> QueryInt(const std::string& sql,
                                   int64_t fallback = 0);
  // Rows changed by the latest statement.
  int64_t changes() const;

  // DataLoss: what is wrong. Gives up, and finds nothing, after `budget`.
  absl::Status QuickCheck(absl::Duration budget);
  // Write-ahead log into the file, and the log to length 0.
  absl::Status Checkpoint();

  const std::string& path() const;

 private:
  struct Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Rolls back unless committed.
class Transaction {
 public:
  // IMMEDIATE: the write lock is taken now.
  static absl::StatusOr<Transaction> Begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(other.database_) {
    other.database_ = nullptr;
  }
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  absl::Status Commit();

 private:
  explicit Transaction(Database* database) : database_(database) {}
  // Null once it is over.
  Database* database_;
};

// The primary result code SQLite gave, e.g. 13 (SQLITE_FULL); 0 when the status
// is not from SQLite.
int SqliteCode(const absl::Status& status);

}  // namespace tapline

#endif  // TAPLINE_COMMON_SQLITE_DATABASE_H_
