#include "sensord/store/run_marks.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "sensord/store/columns.h"
#include "sensord/store/schema.h"

namespace tapline {
namespace {

// 0 when the file has nothing of the kind and epoch.
absl::StatusOr<int64_t> NewestStored(Database& database, v1::RecordKind kind,
                                     uint64_t epoch) {
  if (InAlertFile(kind)) {
    return database.QueryInt(absl::StrCat(
        "SELECT ifnull(max(sequence),0) FROM alerts WHERE epoch=", epoch));
  }
  ASSIGN_OR_RETURN(
      const int64_t row,
      database.QueryInt(absl::StrCat(
          "SELECT ifnull(max(row),0) FROM ", TableOf(kind), " WHERE row<",
          RowKey(epoch, 0) + (int64_t{1} << kSequenceBits))));
  if (row == 0 || EpochOfRow(row) != epoch) return 0;
  return static_cast<int64_t>(SequenceOfRow(row));
}

// Also what is known to be missing: lost before, or removed since.
absl::StatusOr<int64_t> NewestKnown(Database& database, v1::RecordKind kind,
                                    uint64_t epoch) {
  ASSIGN_OR_RETURN(const int64_t stored, NewestStored(database, kind, epoch));
  ASSIGN_OR_RETURN(
      const int64_t missing,
      database.QueryInt(absl::StrCat(
          "SELECT ifnull(max(last),0) FROM gaps WHERE kind=", int{kind},
          " AND epoch=", epoch, " AND reason<>'unclean_stop'")));
  return std::max(stored, missing);
}

absl::StatusOr<std::vector<RunMark>> ReadRuns(Database& database,
                                              uint64_t present_epoch) {
  std::vector<RunMark> runs;
  ASSIGN_OR_RETURN(
      Statement read,
      database.Prepare("SELECT epoch,complete_until FROM runs WHERE epoch<>? "
                       "ORDER BY epoch"));
  read.Bind(1, static_cast<int64_t>(present_epoch));
  for (;;) {
    ASSIGN_OR_RETURN(const bool row, read.Step());
    if (!row) return runs;
    runs.push_back(
        {static_cast<uint64_t>(read.Int(0)), absl::FromUnixNanos(read.Int(1))});
  }
}

absl::Status AddGap(Database& database, v1::RecordKind kind, const RunMark& run,
                    absl::Time now) {
  ASSIGN_OR_RETURN(const int64_t newest,
                   NewestKnown(database, kind, run.epoch));
  ASSIGN_OR_RETURN(
      Statement insert,
      database.Prepare(
          "INSERT OR IGNORE INTO gaps(kind,epoch,first,last,count,reason,"
          "first_at,last_at) VALUES(?1,?2,?3,?4,0,'unclean_stop',?5,?6)"));
  insert.Bind(1, int64_t{kind});
  insert.Bind(2, static_cast<int64_t>(run.epoch));
  insert.Bind(3, newest + 1);
  insert.Bind(4, static_cast<int64_t>(kMaxSequence));
  insert.Bind(5, absl::ToUnixNanos(run.complete_until));
  insert.Bind(6, absl::ToUnixNanos(std::max(now, run.complete_until)));
  return insert.Run();
}

}  // namespace

absl::Status BeginRun(Database& database, const RunMark& mark) {
  ASSIGN_OR_RETURN(Statement insert,
                   database.Prepare("INSERT OR IGNORE INTO runs VALUES(?,?)"));
  insert.Bind(1, static_cast<int64_t>(mark.epoch));
  insert.Bind(2, absl::ToUnixNanos(mark.complete_until));
  return insert.Run();
}

absl::Status EndRun(Database& database, uint64_t epoch) {
  return database.Execute(absl::StrCat("DELETE FROM runs WHERE epoch=", epoch));
}

absl::StatusOr<std::vector<RunMark>> RememberUncleanStops(
    Database& database, const std::vector<v1::RecordKind>& kinds,
    uint64_t present_epoch, absl::Time now) {
  ASSIGN_OR_RETURN(const std::vector<RunMark> runs,
                   ReadRuns(database, present_epoch));
  if (runs.empty()) return runs;
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database));
  for (const RunMark& run : runs) {
    for (v1::RecordKind kind : kinds) {
      RETURN_IF_ERROR(AddGap(database, kind, run, now));
    }
    RETURN_IF_ERROR(EndRun(database, run.epoch));
  }
  RETURN_IF_ERROR(transaction.Commit());
  return runs;
}

}  // namespace tapline
