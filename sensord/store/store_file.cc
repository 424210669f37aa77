#include "sensord/store/store_file.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/redact/redactor.h"
#include "common/status/macros.h"
#include "sensord/store/columns.h"
#include "sensord/store/schema.h"

namespace tapline {
namespace {

constexpr absl::Duration kCheckBudget = absl::Milliseconds(300);

uint64_t InodeOf(const std::string& path) {
  struct stat st;
  return stat(path.c_str(), &st) == 0 ? st.st_ino : 0;
}

absl::StatusOr<Database> TryOpen(const StoreFileOptions& options) {
  ASSIGN_OR_RETURN(Database database,
                   Database::Open(options.path, options.database));
  RETURN_IF_ERROR(database.QuickCheck(kCheckBudget));
  ASSIGN_OR_RETURN(const int64_t before,
                   database.QueryInt("PRAGMA user_version"));
  RETURN_IF_ERROR(Migrate(database, options.migrations));
  const int after = options.migrations.back().version;
  if (options.log != nullptr && before > 0 && before < after) {
    options.log->Info("database_migrated",
                      {{"file", Redactor().Text(options.path)},
                       {"from", before},
                       {"to", after}});
  }
  return database;
}

const char* InsertSql(v1::RecordKind kind) {
  switch (kind) {
    case v1::RECORD_KIND_FLOW:
      return "INSERT OR IGNORE INTO flows VALUES(?,?,?,?,?,?,?,?,?,?,?,?)";
    case v1::RECORD_KIND_EVENT:
      return "INSERT OR IGNORE INTO events VALUES(?,?,?,?,?,?,?,?,?,?,?,?)";
    case v1::RECORD_KIND_STATS:
      return "INSERT OR IGNORE INTO stats VALUES(?,?,?,?,?,?,?,?,?,?,?,?)";
    default:
      // A later revision replaces the record and keeps row, first receipt and
      // acknowledgement.
      return "INSERT INTO alerts(row,received_at,observed_at,source,id,"
             "transport,protocol,a,b,a_port,b_port,record,epoch,sequence,"
             "severity,rule) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) "
             "ON CONFLICT(id,source) DO UPDATE SET "
             "first_record=ifnull(first_record,record),record=excluded.record,"
             "epoch=excluded.epoch,sequence=excluded.sequence,"
             "severity=excluded.severity,transport=excluded.transport,"
             "protocol=excluded.protocol,a=excluded.a,b=excluded.b,"
             "a_port=excluded.a_port,b_port=excluded.b_port "
             "WHERE (excluded.epoch,excluded.sequence)>(epoch,sequence) "
             "ON CONFLICT(row) DO NOTHING";
  }
}

void BindSide(Statement& statement, int address, int port, const Side& side) {
  if (side.has_address) {
    statement.BindBlob(address, AddressBytes(side.address));
  } else {
    statement.BindNull(address);
  }
  if (side.present) {
    statement.Bind(port, int64_t{side.port});
  } else {
    statement.BindNull(port);
  }
}

}  // namespace

const char* FailureReason(const absl::Status& status) {
  switch (SqliteCode(status)) {
    case SQLITE_FULL:
      return "disk_full";
    case SQLITE_READONLY:
      return "read_only";
    case SQLITE_IOERR:
      return "io_error";
    case SQLITE_CANTOPEN:
      return "cannot_open";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "busy";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "damaged";
    default:
      return "error";
  }
}

StoreFile::StoreFile(StoreFileOptions options, Database database)
    : options_(std::move(options)),
      inode_(InodeOf(options_.path)),
      database_(std::move(database)) {}

absl::StatusOr<std::unique_ptr<StoreFile>> StoreFile::Open(
    const StoreFileOptions& options, const Clock& clock, std::string* note) {
  absl::StatusOr<Database> database = TryOpen(options);
  if (absl::IsDataLoss(database.status())) {
    const std::string aside = SetAside(options.path, clock.Now());
    *note = absl::StrCat(options.path, " was damaged and moved to ", aside,
                         ": ", database.status().message());
    database = TryOpen(options);
  }
  RETURN_IF_ERROR(database.status());
  return std::unique_ptr<StoreFile>(
      new StoreFile(options, *std::move(database)));
}

// The file with its log: they belong together as evidence.
std::string StoreFile::SetAside(const std::string& path, absl::Time now) {
  const std::string stamp =
      absl::FormatTime("%Y%m%dT%H%M%SZ", now, absl::UTCTimeZone());
  std::string target = absl::StrCat(path, ".damaged-", stamp);
  for (int i = 2; access(target.c_str(), F_OK) == 0; ++i) {
    target = absl::StrCat(path, ".damaged-", stamp, "-", i);
  }
  rename(path.c_str(), target.c_str());
  rename(absl::StrCat(path, "-wal").c_str(),
         absl::StrCat(target, "-wal").c_str());
  unlink(absl::StrCat(path, "-shm").c_str());
  return target;
}

absl::Status StoreFile::Fault(const char* operation) const {
  return options_.fault ? options_.fault(operation) : absl::OkStatus();
}

absl::StatusOr<Statement*> StoreFile::Cached(const std::string& sql) {
  std::optional<Statement>& slot = statements_[sql];
  if (!slot.has_value()) {
    ASSIGN_OR_RETURN(slot, database_->Prepare(sql));
  }
  return &*slot;
}

absl::Status StoreFile::Insert(const JournalEntry& entry) {
  const Columns columns = ColumnsOf(entry.record);
  if (entry.sequence > kMaxSequence || entry.record.epoch() > kMaxEpoch) {
    return absl::OutOfRangeError("sequence or epoch past the row key");
  }
  std::optional<Statement>& insert = inserts_[entry.kind];
  if (!insert.has_value()) {
    ASSIGN_OR_RETURN(insert, database_->Prepare(InsertSql(entry.kind)));
  }
  entry.record.SerializeToString(&scratch_);
  insert->Bind(1, RowKey(entry.record.epoch(), entry.sequence));
  insert->Bind(2, columns.received_at);
  insert->Bind(3, columns.observed_at);
  insert->Bind(4, columns.source_id);
  insert->Bind(5, columns.id);
  insert->Bind(6, int64_t{columns.transport});
  insert->Bind(7, columns.protocol);
  BindSide(*insert, 8, 10, columns.a);
  BindSide(*insert, 9, 11, columns.b);
  insert->BindBlob(12, scratch_);
  if (entry.kind == v1::RECORD_KIND_ALERT) {
    insert->Bind(13, static_cast<int64_t>(entry.record.epoch()));
    insert->Bind(14, static_cast<int64_t>(entry.sequence));
    insert->Bind(15, int64_t{columns.severity});
    insert->Bind(16, columns.rule);
  }
  return insert->Run();
}

absl::Status StoreFile::AddToCount(v1::RecordKind kind, int64_t rows) {
  if (rows == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(Statement* const update,
                   Cached("UPDATE counts SET rows=rows+? WHERE name=?"));
  update->Bind(1, rows);
  update->Bind(2, TableOf(kind));
  return update->Run();
}

absl::StatusOr<std::vector<JournalEntryPtr>> StoreFile::Write(
    absl::Span<const JournalEntryPtr> entries,
    const std::optional<RunMark>& mark) {
  std::vector<JournalEntryPtr> rejected;
  std::array<int64_t, v1::RecordKind_MAX + 1> added{};
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*database_));
  RETURN_IF_ERROR(Fault("write"));
  for (const JournalEntryPtr& entry : entries) {
    const absl::Status status = Insert(*entry);
    if (SqliteCode(status) == SQLITE_TOOBIG || absl::IsOutOfRange(status)) {
      rejected.push_back(entry);
      continue;
    }
    RETURN_IF_ERROR(status);
    added[entry->kind] += database_->changes();
  }
  for (v1::RecordKind kind : BulkKinds()) {
    RETURN_IF_ERROR(AddToCount(kind, added[kind]));
  }
  if (mark.has_value()) {
    ASSIGN_OR_RETURN(Statement* const update,
                     Cached("UPDATE runs SET complete_until=? WHERE epoch=?"));
    update->Bind(1, absl::ToUnixNanos(mark->complete_until));
    update->Bind(2, static_cast<int64_t>(mark->epoch));
    RETURN_IF_ERROR(update->Run());
  }
  RETURN_IF_ERROR(Fault("commit"));
  RETURN_IF_ERROR(transaction.Commit());
  return rejected;
}

absl::Status StoreFile::WriteGaps(uint64_t epoch,
                                  absl::Span<const LostRange> ranges) {
  if (ranges.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*database_));
  RETURN_IF_ERROR(Fault("write"));
  for (const LostRange& range : ranges) {
    ASSIGN_OR_RETURN(
        Statement* const insert,
        Cached("INSERT OR IGNORE INTO gaps(kind,epoch,first,last,count,reason,"
               "first_at,last_at) VALUES(?,?,?,?,?,'storage',?,?)"));
    BindRange(*insert, epoch, range);
    RETURN_IF_ERROR(insert->Run());
  }
  RETURN_IF_ERROR(MergeGaps());
  RETURN_IF_ERROR(Fault("commit"));
  return transaction.Commit();
}

absl::Status StoreFile::MergeGaps() {
  ASSIGN_OR_RETURN(const int64_t rows,
                   database_->QueryInt("SELECT count(*) FROM gaps"));
  if (rows <= kMaxGapRows) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int64_t newest_old,
                   database_->QueryInt(absl::StrCat(
                       "SELECT row FROM gaps ORDER BY row LIMIT 1 OFFSET ",
                       kMaxGapRows / 2)));
  const std::string old =
      absl::StrCat(" FROM gaps WHERE reason='storage' AND row<=", newest_old);
  RETURN_IF_ERROR(database_->Execute(absl::StrCat(
      "CREATE TEMP TABLE merged AS SELECT min(row) AS row,kind,epoch,"
      "min(first) AS first,max(last) AS last,sum(count) AS count,reason,"
      "min(first_at) AS first_at,max(last_at) AS last_at",
      old, " GROUP BY kind,epoch;DELETE", old,
      ";INSERT INTO gaps SELECT * FROM merged;DROP TABLE merged;"
      // One for each of more runs than anyone asks about.
      "DELETE FROM gaps WHERE row NOT IN (SELECT row FROM gaps "
      "ORDER BY row DESC LIMIT ",
      kMaxGapRows, ")")));
  return absl::OkStatus();
}

absl::StatusOr<int64_t> StoreFile::UsedBytes() {
  ASSIGN_OR_RETURN(const int64_t pages,
                   database_->QueryInt("PRAGMA page_count"));
  ASSIGN_OR_RETURN(const int64_t free,
                   database_->QueryInt("PRAGMA freelist_count"));
  ASSIGN_OR_RETURN(const int64_t size, database_->QueryInt("PRAGMA page_size"));
  return (pages - free) * size;
}

absl::Status StoreFile::Shrink(int64_t max_bytes, int64_t pages) {
  ASSIGN_OR_RETURN(const int64_t count,
                   database_->QueryInt("PRAGMA page_count"));
  ASSIGN_OR_RETURN(const int64_t size, database_->QueryInt("PRAGMA page_size"));
  if (count * size <= max_bytes) return absl::OkStatus();
  return database_->Execute(
      absl::StrCat("PRAGMA incremental_vacuum(", pages, ")"));
}

bool StoreFile::InPlace() const { return InodeOf(options_.path) == inode_; }

}  // namespace tapline
