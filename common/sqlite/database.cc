#include "common/sqlite/database.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/sqlite/status_of.h"
#include "common/status/macros.h"

namespace tapline {
namespace {

// SQLite creates files with the umask; nobody else is to read these.
void CreatePrivately(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0) close(fd);
}

std::string Pragmas(const DatabaseOptions& options) {
  std::string sql = absl::StrCat("PRAGMA cache_size=-", options.cache_kibibytes,
                                 ";PRAGMA temp_store=MEMORY;");
  if (options.read_only) return absl::StrCat(sql, "PRAGMA query_only=1;");
  return absl::StrCat(
      // Takes effect only in a file that is still empty.
      "PRAGMA auto_vacuum=INCREMENTAL;PRAGMA journal_mode=WAL;"
      "PRAGMA secure_delete=FAST;PRAGMA journal_size_limit=67108864;",
      sql, "PRAGMA synchronous=",
      options.synchronous == Synchronous::kFull ? "FULL" : "NORMAL",
      ";PRAGMA wal_autocheckpoint=", options.checkpoint_pages, ";");
}

// Instructions of SQLite between two questions; some 10 to 100 ns each.
constexpr int kProgressSteps = 10'000;

int AskWhetherToStop(void* goes_on) {
  return reinterpret_cast<bool (*)()>(goes_on)() ? 0 : 1;
}

int StopAtDeadline(void* deadline) {
  return std::chrono::steady_clock::now() >
         *static_cast<std::chrono::steady_clock::time_point*>(deadline);
}

}  // namespace

struct Statement::Impl {
  Impl(const SQLite::Database& database, const std::string& sql)
      : statement(database, sql) {}
  mutable SQLite::Statement statement;
  // Of a Bind, given out by the next Step.
  absl::Status bound;
};

Statement::Statement(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Statement::Statement(Statement&&) noexcept = default;
Statement& Statement::operator=(Statement&&) noexcept = default;
Statement::~Statement() = default;

void Statement::Bind(int index, int64_t value) {
  impl_->bound.Update(CatchSqlite([&] {
    impl_->statement.bind(index, value);
    return absl::OkStatus();
  }));
}

void Statement::Bind(int index, absl::string_view text) {
  impl_->bound.Update(CatchSqlite([&] {
    impl_->statement.bind(index, std::string(text));
    return absl::OkStatus();
  }));
}

void Statement::BindBlob(int index, absl::string_view bytes) {
  impl_->bound.Update(CatchSqlite([&] {
    impl_->statement.bindNoCopy(index,
                                bytes.data() == nullptr ? "" : bytes.data(),
                                static_cast<int>(bytes.size()));
    return absl::OkStatus();
  }));
}

void Statement::BindNull(int index) {
  impl_->bound.Update(CatchSqlite([&] {
    impl_->statement.bind(index);
    return absl::OkStatus();
  }));
}

absl::StatusOr<bool> Statement::Step() {
  RETURN_IF_ERROR(impl_->bound);
  return CatchSqlite(
      [&]() -> absl::StatusOr<bool> { return impl_->statement.executeStep(); });
}

absl::Status Statement::Run() {
  absl::StatusOr<bool> row = Step();
  while (row.ok() && *row) row = Step();
  Reset();
  return row.status();
}

void Statement::Reset() {
  impl_->bound = absl::OkStatus();
  // Repeats the error of the step before it, which was reported.
  impl_->statement.tryReset();
}

int64_t Statement::Int(int column) const {
  return impl_->statement.getColumn(column).getInt64();
}

absl::string_view Statement::Text(int column) const { return Blob(column); }

absl::string_view Statement::Blob(int column) const {
  const SQLite::Column value = impl_->statement.getColumn(column);
  const void* bytes = value.getBlob();
  return {static_cast<const char*>(bytes),
          static_cast<size_t>(value.getBytes())};
}

bool Statement::IsNull(int column) const {
  return impl_->statement.getColumn(column).isNull();
}

struct Database::Impl {
  Impl(const std::string& file, int flags, int busy_ms)
      : path(file), database(file, flags, busy_ms) {}
  std::string path;
  SQLite::Database database;
};

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

absl::StatusOr<Database> Database::Open(const std::string& path,
                                        const DatabaseOptions& options) {
  if (!options.read_only) CreatePrivately(path);
  absl::StatusOr<Database> opened =
      CatchSqlite([&]() -> absl::StatusOr<Database> {
        const int flags = options.read_only
                              ? SQLite::OPEN_READONLY
                              : SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
        return Database(std::make_unique<Impl>(
            path, flags | SQLite::OPEN_NOMUTEX,
            static_cast<int>(absl::ToInt64Milliseconds(options.busy_timeout))));
      });
  if (!opened.ok()) return opened;
  RETURN_IF_ERROR(opened->Execute(Pragmas(options)));
  if (options.goes_on != nullptr) {
    sqlite3_progress_handler(opened->impl_->database.getHandle(),
                             kProgressSteps, &AskWhetherToStop,
                             reinterpret_cast<void*>(options.goes_on));
  }
  return opened;
}

absl::Status Database::Execute(const std::string& sql) {
  return CatchSqlite([&] {
    impl_->database.exec(sql);
    return absl::OkStatus();
  });
}

absl::StatusOr<Statement> Database::Prepare(const std::string& sql) {
  return CatchSqlite([&]() -> absl::StatusOr<Statement> {
    return Statement(std::make_unique<Statement::Impl>(impl_->database, sql));
  });
}

absl::StatusOr<int64_t> Database::QueryInt(const std::string& sql,
                                           int64_t fallback) {
  ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  ASSIGN_OR_RETURN(const bool row, statement.Step());
  return row ? statement.Int(0) : fallback;
}

int64_t Database::changes() const {
  return sqlite3_changes64(impl_->database.getHandle());
}

absl::Status Database::QuickCheck(absl::Duration budget) {
  auto deadline =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(budget);
  sqlite3* handle = impl_->database.getHandle();
  sqlite3_progress_handler(handle, 10000, &StopAtDeadline, &deadline);
  std::string found;
  absl::Status status = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(Statement check, Prepare("PRAGMA quick_check(1)"));
    ASSIGN_OR_RETURN(const bool row, check.Step());
    if (row) found = std::string(check.Text(0));
    return absl::OkStatus();
  }();
  sqlite3_progress_handler(handle, 0, nullptr, nullptr);
  if (SqliteCode(status) == SQLITE_INTERRUPT) return absl::OkStatus();
  RETURN_IF_ERROR(status);
  if (found == "ok") return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(impl_->path, ": quick_check: ", found));
}

absl::Status Database::Checkpoint() {
  return Execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

const std::string& Database::path() const { return impl_->path; }

absl::StatusOr<Transaction> Transaction::Begin(Database& database) {
  RETURN_IF_ERROR(database.Execute("BEGIN IMMEDIATE"));
  return Transaction(&database);
}

absl::Status Transaction::Commit() {
  RETURN_IF_ERROR(database_->Execute("COMMIT"));
  database_ = nullptr;
  return absl::OkStatus();
}

Transaction::~Transaction() {
  // After some errors (disk full, I/O) SQLite has rolled back by itself.
  if (database_ != nullptr) database_->Execute("ROLLBACK").IgnoreError();
}

}  // namespace tapline
