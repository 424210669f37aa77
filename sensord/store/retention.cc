// StoreFile's way of forgetting: a bounded step at a time.

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "sensord/store/columns.h"
#include "sensord/store/schema.h"
#include "sensord/store/store_file.h"

namespace tapline {
namespace {

struct Victim {
  int64_t row;
  int64_t received_at;
};

// What was removed of one epoch.
struct Removed {
  uint64_t first = ~uint64_t{0};
  uint64_t last = 0;
  int64_t count = 0;
  int64_t first_at = INT64_MAX;
  int64_t last_at = INT64_MIN;

  void Add(const Victim& victim) {
    const uint64_t sequence = SequenceOfRow(victim.row);
    first = std::min(first, sequence);
    last = std::max(last, sequence);
    first_at = std::min(first_at, victim.received_at);
    last_at = std::max(last_at, victim.received_at);
    ++count;
  }
};

}  // namespace

absl::StatusOr<int64_t> StoreFile::Trim(v1::RecordKind kind, absl::Time before,
                                        int64_t limit) {
  const std::string table = TableOf(kind);
  std::vector<Victim> victims;
  {
    ASSIGN_OR_RETURN(
        Statement* const oldest,
        Cached(absl::StrCat("SELECT row,received_at FROM ", table,
                            " WHERE received_at<? ORDER BY received_at"
                            " LIMIT ?")));
    oldest->Bind(1, absl::ToUnixNanos(before));
    oldest->Bind(2, limit);
    absl::StatusOr<bool> row = oldest->Step();
    for (; row.ok() && *row; row = oldest->Step()) {
      victims.push_back({oldest->Int(0), oldest->Int(1)});
    }
    oldest->Reset();
    RETURN_IF_ERROR(row.status());
  }
  if (victims.empty()) return 0;
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*database_));
  RETURN_IF_ERROR(Fault("delete"));
  std::map<uint64_t, Removed> removed;
  {
    ASSIGN_OR_RETURN(
        Statement* const erase,
        Cached(absl::StrCat("DELETE FROM ", table, " WHERE row=?")));
    for (const Victim& victim : victims) {
      erase->Bind(1, victim.row);
      RETURN_IF_ERROR(erase->Run());
      removed[EpochOfRow(victim.row)].Add(victim);
    }
  }
  for (const auto& [epoch, range] : removed) {
    RETURN_IF_ERROR(RememberRemoved(
        epoch,
        {kind, range.first, range.last, static_cast<uint64_t>(range.count),
         absl::FromUnixNanos(range.first_at),
         absl::FromUnixNanos(range.last_at), "retention"}));
  }
  if (!InAlertFile(kind)) {
    RETURN_IF_ERROR(AddToCount(kind, -static_cast<int64_t>(victims.size())));
  }
  RETURN_IF_ERROR(Fault("commit"));
  RETURN_IF_ERROR(transaction.Commit());
  return static_cast<int64_t>(victims.size());
}

// One growing row per kind and epoch.
absl::Status StoreFile::RememberRemoved(uint64_t epoch,
                                        const LostRange& range) {
  ASSIGN_OR_RETURN(
      Statement* const update,
      Cached("UPDATE gaps SET first=min(first,?3),last=max(last,?4),"
             "count=count+?5,first_at=min(first_at,?6),"
             "last_at=max(last_at,?7) "
             "WHERE kind=?1 AND epoch=?2 AND reason='retention'"));
  BindRange(*update, epoch, range);
  RETURN_IF_ERROR(update->Run());
  if (database_->changes() > 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      Statement* const insert,
      Cached("INSERT INTO gaps(kind,epoch,first,last,count,reason,first_at,"
             "last_at) VALUES(?1,?2,?3,?4,?5,'retention',?6,?7)"));
  BindRange(*insert, epoch, range);
  return insert->Run();
}

void StoreFile::BindRange(Statement& statement, uint64_t epoch,
                          const LostRange& range) {
  statement.Bind(1, int64_t{range.kind});
  statement.Bind(2, static_cast<int64_t>(epoch));
  statement.Bind(3, static_cast<int64_t>(range.first_sequence));
  statement.Bind(4, static_cast<int64_t>(range.last_sequence));
  statement.Bind(5, static_cast<int64_t>(range.count));
  statement.Bind(6, absl::ToUnixNanos(range.first_at));
  statement.Bind(7, absl::ToUnixNanos(range.last_at));
}

}  // namespace tapline
