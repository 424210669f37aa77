// Marks in a file of the store by which the next start knows how each run
// ended, and from when records are missing when it was killed.
//
// runs: one row for each run that writes, or was never seen to end.
// complete_until: Unix nanoseconds; everything of the file's kinds received
// before is in the file, or in a gap.

#ifndef TAPLINE_SENSORD_STORE_RUN_MARKS_H_
#define TAPLINE_SENSORD_STORE_RUN_MARKS_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/sqlite/database.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

struct RunMark {
  uint64_t epoch = 0;
  absl::Time complete_until;
};

// No effect when this run has begun already.
absl::Status BeginRun(Database& database, const RunMark& mark);
absl::Status EndRun(Database& database, uint64_t epoch);

// Keeps an "unclean_stop" gap of each kind of the file for every run without an
// end but `present_epoch`, and forgets those runs; returns them. A gap goes
// from the first sequence that is neither stored nor in another gap to the last
// there can be, so whoever resumes from any cursor of the lost run is told; in
// time from complete_until to `now`. Its count is 0: nobody can know it.
absl::StatusOr<std::vector<RunMark>> RememberUncleanStops(
    Database& database, const std::vector<v1::RecordKind>& kinds,
    uint64_t present_epoch, absl::Time now);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STORE_RUN_MARKS_H_
