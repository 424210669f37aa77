#include "sensord/store/run_marks.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "sensord/store/columns.h"
#include "sensord/store/schema.h"

namespace tapline {
namespace {

absl::StatusOr<int64_t> NewestSequence(Database& database, v1::RecordKind kind,
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

}  // namespace

absl::StatusOr<std::optional<UncleanStop>> ReadUncleanStop(Database& database) {
  ASSIGN_OR_RETURN(
      const int64_t epoch,
      database.QueryInt("SELECT value FROM meta WHERE key='open_epoch'", 0));
  if (epoch == 0) return std::nullopt;
  ASSIGN_OR_RETURN(const int64_t until,
                   database.QueryInt(
                       "SELECT value FROM meta WHERE key='complete_until'", 0));
  return UncleanStop{static_cast<uint64_t>(epoch), absl::FromUnixNanos(until)};
}

absl::Status BeginRun(Database& database, uint64_t epoch, absl::Time now) {
  ASSIGN_OR_RETURN(
      const int64_t open,
      database.QueryInt("SELECT value FROM meta WHERE key='open_epoch'", 0));
  if (open == static_cast<int64_t>(epoch)) return absl::OkStatus();
  return database.Execute(
      absl::StrCat("INSERT OR REPLACE INTO meta VALUES('open_epoch',", epoch,
                   "),('complete_until',", absl::ToUnixNanos(now), ")"));
}

absl::Status EndRun(Database& database) {
  return database.Execute("DELETE FROM meta WHERE key='open_epoch'");
}

absl::Status RememberUncleanStop(Database& database,
                                 const std::vector<v1::RecordKind>& kinds,
                                 const UncleanStop& stop, absl::Time now) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database));
  for (v1::RecordKind kind : kinds) {
    ASSIGN_OR_RETURN(const int64_t newest,
                     NewestSequence(database, kind, stop.epoch));
    ASSIGN_OR_RETURN(
        Statement insert,
        database.Prepare(
            "INSERT OR IGNORE INTO gaps(kind,epoch,first,last,count,reason,"
            "first_at,last_at) VALUES(?1,?2,?3,?3,0,'unclean_stop',?4,?5)"));
    insert.Bind(1, int64_t{kind});
    insert.Bind(2, static_cast<int64_t>(stop.epoch));
    insert.Bind(3, newest + 1);
    insert.Bind(4, absl::ToUnixNanos(stop.complete_until));
    insert.Bind(5, absl::ToUnixNanos(std::max(now, stop.complete_until)));
    RETURN_IF_ERROR(insert.Run());
  }
  return transaction.Commit();
}

}  // namespace tapline
