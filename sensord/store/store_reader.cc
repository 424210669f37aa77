#include "sensord/store/store_reader.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status/macros.h"
#include "common/sync/work.h"
#include "sensord/store/columns.h"
#include "sensord/store/page_query.h"
#include "sensord/store/row_record.h"
#include "sensord/store/schema.h"

namespace tapline {
namespace {

constexpr size_t kMaxIdle = 4;

absl::Status NotStored(v1::RecordKind kind) {
  return absl::InvalidArgumentError(
      absl::StrCat(v1::RecordKind_Name(kind), " is not stored"));
}

v1::Gap GapOfRow(const Statement& row) {
  v1::Gap gap;
  gap.set_kind(static_cast<v1::RecordKind>(row.Int(0)));
  gap.set_first_sequence(static_cast<uint64_t>(row.Int(1)));
  // Of a run that was killed nobody knows the last.
  const uint64_t last = static_cast<uint64_t>(row.Int(2));
  if (last < kMaxSequence) gap.set_last_sequence(last);
  gap.set_count(static_cast<uint64_t>(row.Int(3)));
  gap.set_reason(std::string(row.Text(4)));
  *gap.mutable_available_from() = TimeOfNanos(row.Int(5) + 1);
  *gap.mutable_lost_since() = TimeOfNanos(row.Int(6));
  return gap;
}

absl::StatusOr<std::vector<v1::Gap>> ReadGaps(Statement& statement) {
  std::vector<v1::Gap> gaps;
  for (;;) {
    ASSIGN_OR_RETURN(const bool row, statement.Step());
    if (!row) return gaps;
    gaps.push_back(GapOfRow(statement));
  }
}

// Rows looked at for one id or prefix.
constexpr size_t kMaxIdRows = 100;

// Which rows are asked for by an id or its beginning, and a source.
struct IdQuery {
  IdRange ids;
  // As the user named it; empty: any.
  std::string source_id;

  std::string Where() const {
    return source_id.empty() ? "" : " AND source=?4";
  }
  void BindTo(Statement& statement) const {
    statement.Bind(2, ids.first);
    statement.Bind(3, ids.last);
    if (!source_id.empty()) statement.Bind(4, StoredSource(source_id));
  }
  // Two records that fit would be one flow's.
  bool whole() const { return ids.first == ids.last && !source_id.empty(); }
};

// What rows that fit, newest first, say.
struct IdMatches {
  // "live/4f0c..." of each different one.
  std::vector<std::string> names;
  size_t rows = 0;
  // Of the first: a long flow is cut into several records.
  v1::Record newest;
};

// After RowColumns(kind).
int SourceColumn(v1::RecordKind kind) {
  return InAlertFile(kind) ? kAlertRowColumns : kRowColumns;
}

absl::Status TakeMatches(v1::RecordKind kind, Statement& statement,
                         IdMatches& found) {
  for (;;) {
    ASSIGN_OR_RETURN(const bool row, statement.Step());
    if (!row) return absl::OkStatus();
    ++found.rows;
    const std::string name =
        absl::StrCat(SourceIdOf(statement.Text(SourceColumn(kind))), "/",
                     IdText(statement.Int(kRowId)));
    if (absl::c_linear_search(found.names, name)) continue;
    found.names.push_back(name);
    if (found.names.size() == 1) {
      ASSIGN_OR_RETURN(found.newest, RecordOfRow(kind, statement, false));
    }
  }
}

// Block by block of flows_by_id, newest first.
absl::Status FindFlows(Database& database, const IdQuery& query,
                       IdMatches& found) {
  ASSIGN_OR_RETURN(Statement next,
                   database.Prepare("SELECT row FROM flows WHERE row<?1 "
                                    "ORDER BY row DESC LIMIT 1"));
  ASSIGN_OR_RETURN(
      Statement rows,
      database.Prepare(absl::StrCat(
          "SELECT ", RowColumns(v1::RECORD_KIND_FLOW),
          ",source FROM flows INDEXED BY flows_by_id WHERE (row>>",
          kIdBlockBits, ")=?1 AND id BETWEEN ?2 AND ?3", query.Where(),
          " ORDER BY row DESC LIMIT ", kMaxIdRows)));
  for (int64_t end = INT64_MAX; found.rows < kMaxIdRows;) {
    next.Bind(1, end);
    ASSIGN_OR_RETURN(const bool row, next.Step());
    if (!row) return absl::OkStatus();
    const int64_t block = next.Int(0) >> kIdBlockBits;
    next.Reset();
    rows.Bind(1, block);
    query.BindTo(rows);
    RETURN_IF_ERROR(TakeMatches(v1::RECORD_KIND_FLOW, rows, found));
    rows.Reset();
    if (!found.names.empty() && query.whole()) return absl::OkStatus();
    end = block << kIdBlockBits;
  }
  return absl::OkStatus();
}

constexpr char kGapColumns[] =
    "SELECT kind,first,last,count,reason,last_at,first_at,row FROM gaps WHERE "
    "kind=?1 ";

}  // namespace

// A connection that goes back to the pool.
class StoreReader::Borrowed {
 public:
  Borrowed(const StoreReader& reader, std::unique_ptr<Database> database,
           uint64_t generation)
      : reader_(&reader),
        database_(std::move(database)),
        generation_(generation) {}
  Borrowed(Borrowed&&) = default;
  ~Borrowed() {
    if (database_) reader_->Return(std::move(database_), generation_);
  }
  Database& operator*() const { return *database_; }
  Database* operator->() const { return database_.get(); }

 private:
  const StoreReader* reader_;
  std::unique_ptr<Database> database_;
  uint64_t generation_;
};

absl::StatusOr<StoreReader::Borrowed> StoreReader::Borrow() const {
  uint64_t generation;
  {
    MutexLock lock(mutex_);
    generation = generation_;
    if (!idle_.empty()) {
      std::unique_ptr<Database> database = std::move(idle_.back());
      idle_.pop_back();
      return Borrowed(*this, std::move(database), generation);
    }
  }
  DatabaseOptions options;
  options.read_only = true;
  options.goes_on = [] { return WorkGoesOn().ok(); };
  ASSIGN_OR_RETURN(Database database, Database::Open(path_, options));
  return Borrowed(*this, std::make_unique<Database>(std::move(database)),
                  generation);
}

void StoreReader::Return(std::unique_ptr<Database> database,
                         uint64_t generation) const {
  MutexLock lock(mutex_);
  if (generation == generation_ && idle_.size() < kMaxIdle) {
    idle_.push_back(std::move(database));
  }
}

void StoreReader::Forget() {
  std::vector<std::unique_ptr<Database>> old;
  MutexLock lock(mutex_);
  old.swap(idle_);
  ++generation_;
}

absl::StatusOr<StorePage> StoreReader::List(const StoreQuery& query) const {
  if (TableOf(query.kind) == nullptr) return NotStored(query.kind);
  ASSIGN_OR_RETURN(PageQuery page_query, PageQuery::Compile(query));
  ASSIGN_OR_RETURN(const Borrowed database, Borrow());
  const auto end =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(query.time);
  StorePage page;
  size_t chunk = std::max<size_t>(64, query.limit + 1);
  for (;;) {
    ASSIGN_OR_RETURN(Statement statement, page_query.Prepare(*database, chunk));
    size_t rows = 0;
    for (;; ++rows) {
      ASSIGN_OR_RETURN(const bool row, statement.Step());
      if (!row) break;
      if (page.records.size() == query.limit) {
        page.next_position = page_query.Position();
        return page;
      }
      v1::Record record;
      const absl::StatusOr<bool> taken = page_query.Take(statement, record);
      if (!taken.ok() && page.records.empty()) return taken.status();
      if (taken.ok() && *taken) page.records.push_back(std::move(record));
      RETURN_IF_ERROR(WorkGoesOn());
      if (!taken.ok() || std::chrono::steady_clock::now() > end) {
        page.next_position = page_query.Position();
        return page;
      }
    }
    if (rows < chunk) return page;
    chunk = std::min<size_t>(chunk * 2, 8192);
  }
}

absl::StatusOr<std::vector<v1::Record>> StoreReader::ReadSequences(
    v1::RecordKind kind, uint64_t epoch, uint64_t first, uint64_t last,
    size_t limit) const {
  if (TableOf(kind) == nullptr) return NotStored(kind);
  std::vector<v1::Record> records;
  if (epoch > kMaxEpoch || first > kMaxSequence || first > last) return records;
  last = std::min(last, kMaxSequence);
  ASSIGN_OR_RETURN(const Borrowed database, Borrow());
  // Of an alert the first revision stands under its row and the newest under
  // its sequence.
  ASSIGN_OR_RETURN(
      Statement statement,
      database->Prepare(
          InAlertFile(kind)
              ? absl::StrCat(
                    "SELECT ", RowColumns(kind), ",1 AS raised,row AS place ",
                    "FROM alerts WHERE row BETWEEN ?1 AND ?2 ",
                    "UNION ALL SELECT ", RowColumns(kind), ",0,epoch<<",
                    kSequenceBits, "|sequence AS place ",
                    "FROM alerts WHERE epoch=?4 AND sequence BETWEEN ?5 AND ?6 "
                    "AND first_record IS NOT NULL ORDER BY place LIMIT ?3")
              : absl::StrCat("SELECT ", RowColumns(kind), " FROM ",
                             TableOf(kind),
                             " WHERE row BETWEEN ?1 AND ?2 ORDER BY row "
                             "LIMIT ?3")));
  statement.Bind(1, RowKey(epoch, first));
  statement.Bind(2, RowKey(epoch, last));
  statement.Bind(3, static_cast<int64_t>(limit));
  if (InAlertFile(kind)) {
    statement.Bind(4, static_cast<int64_t>(epoch));
    statement.Bind(5, static_cast<int64_t>(first));
    statement.Bind(6, static_cast<int64_t>(last));
  }
  for (;;) {
    ASSIGN_OR_RETURN(const bool row, statement.Step());
    if (!row) return records;
    const bool raised =
        InAlertFile(kind) && statement.Int(kAlertRowColumns) == 1;
    ASSIGN_OR_RETURN(v1::Record record, RecordOfRow(kind, statement, raised));
    records.push_back(std::move(record));
  }
}

absl::StatusOr<v1::Record> StoreReader::Get(v1::RecordKind kind,
                                            absl::string_view id,
                                            absl::string_view source_id) const {
  if (TableOf(kind) == nullptr) return NotStored(kind);
  IdQuery query;
  ASSIGN_OR_RETURN(query.ids, IdsWithPrefix(id));
  query.source_id = std::string(source_id);
  ASSIGN_OR_RETURN(const Borrowed database, Borrow());
  IdMatches found;
  if (kind == v1::RECORD_KIND_FLOW) {
    RETURN_IF_ERROR(FindFlows(*database, query, found));
  } else {
    ASSIGN_OR_RETURN(
        Statement statement,
        database->Prepare(absl::StrCat(
            "SELECT ", RowColumns(kind), ",source FROM ", TableOf(kind),
            " WHERE id BETWEEN ?2 AND ?3", query.Where(),
            " ORDER BY row DESC LIMIT ", kMaxIdRows)));
    query.BindTo(statement);
    RETURN_IF_ERROR(TakeMatches(kind, statement, found));
  }
  if (found.names.empty()) {
    return absl::NotFoundError(absl::StrCat(
        "no ", TableOf(kind), " with id \"", id, "\"",
        source_id.empty() ? "" : absl::StrCat(" of source ", source_id)));
  }
  if (found.names.size() < 2) return std::move(found.newest);
  if (found.names.size() > 5) found.names.resize(5);
  absl::Status several = absl::FailedPreconditionError(absl::StrCat(
      "several ", TableOf(kind), " fit \"", id, "\": ",
      absl::StrJoin(found.names, ", "), "; give the source or more digits"));
  several.SetPayload(kCandidatesUrl,
                     absl::Cord(absl::StrJoin(found.names, ",")));
  return several;
}

absl::StatusOr<GapPage> StoreReader::Gaps(const GapQuery& query) const {
  // (first_at,row) of the last gap of the page before.
  int64_t at = query.newest_first ? INT64_MAX : INT64_MIN;
  int64_t row = at;
  if (!query.position.empty()) {
    const std::pair<std::string, std::string> place =
        absl::StrSplit(query.position, absl::MaxSplits(':', 1));
    if (!absl::SimpleAtoi(place.first, &at) ||
        !absl::SimpleAtoi(place.second, &row)) {
      return absl::InvalidArgumentError("gaps: no such position");
    }
  }
  ASSIGN_OR_RETURN(const Borrowed database, Borrow());
  ASSIGN_OR_RETURN(
      Statement statement,
      database->Prepare(absl::StrCat(
          kGapColumns, "AND last_at>=?2 AND first_at<?3 AND (first_at,row)",
          query.newest_first ? "<" : ">", "(?4,?5) ",
          query.retention ? "" : "AND reason<>'retention' ",
          query.newest_first ? "ORDER BY first_at DESC,row DESC"
                             : "ORDER BY first_at,row",
          " LIMIT ?6")));
  const TimeSpan span(query.range);
  statement.Bind(1, int64_t{query.kind});
  statement.Bind(2, span.since);
  statement.Bind(3, span.until);
  statement.Bind(4, at);
  statement.Bind(5, row);
  statement.Bind(6, static_cast<int64_t>(query.limit) + 1);
  GapPage page;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return page;
    if (page.gaps.size() == query.limit) {
      page.next_position = absl::StrCat(at, ":", row);
      return page;
    }
    page.gaps.push_back(GapOfRow(statement));
    at = statement.Int(6);
    row = statement.Int(7);
  }
}

absl::StatusOr<std::vector<v1::Gap>> StoreReader::SequenceGaps(
    v1::RecordKind kind, uint64_t epoch, uint64_t first, uint64_t last) const {
  ASSIGN_OR_RETURN(const Borrowed database, Borrow());
  ASSIGN_OR_RETURN(
      Statement statement,
      database->Prepare(absl::StrCat(kGapColumns,
                                     "AND epoch=?2 AND last>=?3 AND first<=?4 "
                                     "ORDER BY first")));
  statement.Bind(1, int64_t{kind});
  statement.Bind(2, static_cast<int64_t>(epoch));
  statement.Bind(3, static_cast<int64_t>(first));
  statement.Bind(4, static_cast<int64_t>(std::min(last, kMaxSequence)));
  return ReadGaps(statement);
}

int64_t StoreReader::Number(const std::string& sql) const {
  const absl::StatusOr<Borrowed> database = Borrow();
  if (!database.ok()) return 0;
  return (*database)->QueryInt(sql).value_or(0);
}

}  // namespace tapline
