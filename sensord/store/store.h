// What is kept on disk: alerts.db (synchronous=FULL) and flows.db (flows,
// events, stats; synchronous=NORMAL), both SQLite in WAL mode. Each row has the
// indexed columns that lists select by, and the Record as a blob, so a new
// protocol needs no migration.

#ifndef TAPLINE_SENSORD_STORE_STORE_H_
#define TAPLINE_SENSORD_STORE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/filter/filter.h"
#include "common/log/log.h"
#include "common/time/clock.h"
#include "sensord/journal/journal.h"
#include "tapline/v1/config.pb.h"
#include "tapline/v1/record.pb.h"
#include "tapline/v1/selector.pb.h"
#include "tapline/v1/sensor_service.pb.h"

namespace tapline {

struct StoreQuery {
  v1::RecordKind kind = v1::RECORD_KIND_UNSPECIFIED;
  v1::Selector selector;
  // What else they must fulfil; may be null, must outlive the call. The same
  // one with each page: a position does not know it.
  const Filter* filter = nullptr;
  v1::TimeRange range;
  // "received_at", "observed_at", each with optional " desc".
  std::string order_by = "received_at desc";
  size_t limit = 100;
  // After this long a page is returned as full as it is.
  absl::Duration time = absl::Seconds(3);
  // Opaque position from a previous page; empty for the first.
  std::string position;
  // When not 0: only what the journal of `as_of_epoch` appended before this
  // sequence, and everything of other epochs, each alert under the epoch and
  // sequence with which it was raised. So history up to a sequence and the live
  // stream from there on have neither a hole nor a duplicate.
  uint64_t as_of_sequence = 0;
  uint64_t as_of_epoch = 0;
  // Of an alert updated since then the revision it was raised with, for who
  // gets the later ones from the stream.
  bool updates_follow = false;
};

// An alert is listed once, as its newest revision, in the place of its first
// receipt: updates do not move it between pages.
struct StorePage {
  // Fewer than asked for, even none, with a next_position when much was
  // searched and little matched.
  std::vector<v1::Record> records;
  // Empty when this was the last page.
  std::string next_position;
};

struct GapQuery {
  v1::RecordKind kind = v1::RECORD_KIND_UNSPECIFIED;
  // Gaps that overlap it.
  v1::TimeRange range;
  // Also what retention removed: kept as long as it should be, it is no loss.
  bool retention = true;
  // For who reads only the first page.
  bool newest_first = false;
  size_t limit = 100;
  // Opaque position from a previous page; empty for the first.
  std::string position;
};

struct GapPage {
  // By the time they begin. The last page has more than the limit when losses
  // are not on disk yet (at most PendingGaps::kMaxRanges); newest first, never.
  std::vector<v1::Gap> gaps;
  // Empty when this was the last page.
  std::string next_position;
};

// Payload of the error that several records fit an id:
// "live/4f0c...,r1/4f0c...".
inline constexpr char kCandidatesUrl[] = "tapline/candidates";

// Thread safety: thread-safe; one writer thread of its own, readers on
// connections of their own.
class Store {
 public:
  // Opens or creates the files, migrates them (keeping a copy of the old file
  // before), moves a damaged one aside as NAME.damaged-<time> and starts anew.
  // FailedPrecondition: written by a newer version. PermissionDenied,
  // Unavailable: the directory cannot be used (names it and the fix).
  // `log` hears of failures, recoveries, migrations and removals; may be null,
  // must outlive the store.
  static absl::StatusOr<std::unique_ptr<Store>> Open(
      const v1::StoreConfig& config, const Clock& clock, Log* log = nullptr);
  virtual ~Store() = default;

  // Starts the writer on `journal`, which must outlive the store: batches of up
  // to config.batch or flush_interval, alerts committed at once. When writing
  // fails (disk full, ...) it retries every second, marks entries lost only
  // when the journal is about to overflow, and resumes by itself.
  virtual void StartWriting(Journal& journal) = 0;
  // Writes everything the closed journal still has, then stops the writer.
  virtual void StopWriting() = 0;
  virtual void SetConfig(const v1::StoreConfig& config) = 0;

  // All reading ends when the thread's work does not go on
  // (common/sync/work.h). ResourceExhausted (IsTooCostly): the filter cannot
  // judge the first record that would be on the page.
  virtual absl::StatusOr<StorePage> List(const StoreQuery& query) const = 0;
  // Sequences of one epoch and kind, ascending: what a subscriber missed. Of an
  // alert the first and the newest revision, each under its own sequence; those
  // between are superseded and no gap (see SequenceGaps).
  virtual absl::StatusOr<std::vector<v1::Record>> ReadSequences(
      v1::RecordKind kind, uint64_t epoch, uint64_t first, uint64_t last,
      size_t limit) const = 0;
  // What of a kind could not be stored (reason "storage"), was not stored when
  // the sensor was killed ("unclean_stop", count 0: not known), or was removed
  // ("retention"); of all sources together. lost_since and available_from are
  // set. Sequences are of the epoch in which the loss happened.
  // A file keeps 10,000 gaps; past that the oldest of an epoch become one, its
  // count exact.
  virtual absl::StatusOr<GapPage> Gaps(const GapQuery& query) const = 0;
  // All of sequences first..last of one epoch, ascending.
  virtual absl::StatusOr<std::vector<v1::Gap>> SequenceGaps(
      v1::RecordKind kind, uint64_t epoch, uint64_t first,
      uint64_t last) const = 0;
  // By id or unique prefix (>= 4 digits), of `source_id` or, when that is
  // empty, of any source. The same traffic has the same ids in every source.
  // NotFound; FailedPrecondition when several fit (names some, also in the
  // payload kCandidatesUrl).
  virtual absl::StatusOr<v1::Record> Get(v1::RecordKind kind,
                                         absl::string_view id,
                                         absl::string_view source_id) const = 0;
  // Idempotent; the first time and user stay, and so does an earlier note when
  // there is no new one. Errors as of Get.
  virtual absl::StatusOr<v1::Record> Acknowledge(
      absl::string_view id, absl::string_view source_id, absl::string_view user,
      std::optional<absl::string_view> note) = 0;

  virtual v1::StoreStatus Status() const = 0;
  virtual uint64_t unacknowledged_alerts() const = 0;
  // Highest epoch ever used; the caller takes the next.
  virtual uint64_t last_epoch() const = 0;
  // Stable id of this sensor, made at first start.
  virtual std::string sensor_id() const = 0;
  virtual std::vector<v1::StageLoss> Loss() const = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STORE_STORE_H_
