// Marks in flows.db by which the next start knows how this run ended, and from
// when records are missing when it was killed.
//
// meta: open_epoch, while a run writes; complete_until, Unix nanoseconds:
// everything received before is in the file.

#ifndef TAPLINE_SENSORD_STORE_RUN_MARKS_H_
#define TAPLINE_SENSORD_STORE_RUN_MARKS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/sqlite/database.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

// A run that ended without EndRun.
struct UncleanStop {
  uint64_t epoch = 0;
  absl::Time complete_until;
};

absl::StatusOr<std::optional<UncleanStop>> ReadUncleanStop(Database& database);
// No effect when this run has begun already.
absl::Status BeginRun(Database& database, uint64_t epoch, absl::Time now);
absl::Status EndRun(Database& database);
// Keeps "unclean_stop" gaps of the kinds, from the stop to `now`, in the file
// that holds their tables. Their count is 0: nobody can know it.
absl::Status RememberUncleanStop(Database& database,
                                 const std::vector<v1::RecordKind>& kinds,
                                 const UncleanStop& stop, absl::Time now);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STORE_RUN_MARKS_H_
