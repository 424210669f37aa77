// The rings between the packet path and everyone who reads: one ring and one
// sequence per kind, so flows can never evict alerts.
//
// Life of an entry: appended (gets sequence and received_at) -> stored (or
// declared lost) -> visible to readers. Alerts become visible only when the
// store has committed them, or says that it cannot at the moment; the other
// kinds at once. An entry can be read from here until it is stored or declared
// lost; when a ring is full of entries that wait for the disk, the oldest that
// the writer has not taken is declared lost, counted and reported as a gap.

#ifndef TAPLINE_SENSORD_JOURNAL_JOURNAL_H_
#define TAPLINE_SENSORD_JOURNAL_JOURNAL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/ledger/ledger.h"
#include "common/time/clock.h"
#include "sensord/journal/record_sink.h"
#include "tapline/v1/config.pb.h"
#include "tapline/v1/loss.pb.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

// One journalled record; immutable.
struct JournalEntry {
  v1::RecordKind kind = v1::RECORD_KIND_UNSPECIFIED;
  uint64_t sequence = 0;
  absl::Time received_at;
  v1::Record record;
};
using JournalEntryPtr = std::shared_ptr<const JournalEntry>;

struct JournalRead {
  std::vector<JournalEntryPtr> entries;
  // Entries before the first one returned that are no longer in the ring:
  // read them from the store. 0 when none.
  uint64_t missed_first = 0;
  uint64_t missed_last = 0;
  // Pass to the next Read.
  uint64_t next_sequence = 0;
};

// Records that were never stored: a hole in what the store can tell.
struct LostRange {
  v1::RecordKind kind = v1::RECORD_KIND_UNSPECIFIED;
  uint64_t first_sequence = 0;
  uint64_t last_sequence = 0;
  // Exact; less than the span of sequences when ranges had to be merged.
  uint64_t count = 0;
  // received_at of the first and last.
  absl::Time first_at;
  absl::Time last_at;
  std::string reason;
};

// Accept redacts each record and gives it epoch, sequence and received_at.
// Packets are never stored: they count as out at once.
// Thread safety: thread-safe. Accept is called by one pipeline thread per
// source.
class Journal : public RecordSink {
 public:
  static constexpr size_t kMaxAlertsTaken = 1000;

  static std::unique_ptr<Journal> Create(const v1::RingConfig& rings,
                                         uint64_t epoch, const Clock& clock);

  // Sequence the next record of the kind will get; visible_end is one past the
  // newest readers may see.
  virtual uint64_t next_sequence(v1::RecordKind kind) const = 0;
  virtual uint64_t visible_end(v1::RecordKind kind) const = 0;
  virtual uint64_t epoch() const = 0;

  // Visible entries from `sequence` on, at most `limit`. Does not wait.
  virtual JournalRead Read(v1::RecordKind kind, uint64_t sequence,
                           size_t limit) const = 0;
  // Calls `wake` (quick, from any thread, outside the journal's locks) whenever
  // new entries of the kind become visible, until Unsubscribe. Returns a
  // handle.
  virtual uint64_t Subscribe(v1::RecordKind kind,
                             std::function<void()> wake) = 0;
  // After it returns `wake` is not running and will not be called. Not to be
  // called from within `wake`.
  virtual void Unsubscribe(uint64_t handle) = 0;

  // For the store: entries appended and not yet taken, in the order of their
  // sequences. Alerts as soon as there are any, at most kMaxAlertsTaken,
  // waiting up to `wait`; one thread takes them, so that no flow delays an
  // alert.
  virtual std::vector<JournalEntryPtr> TakeAlerts(absl::Duration wait) = 0;
  // Flows, events and stats once `limit` of them wait, or `wait` is over; at
  // most `limit`. One thread takes them.
  virtual std::vector<JournalEntryPtr> TakeOthers(size_t limit,
                                                  absl::Duration wait) = 0;
  // Both, alerts first, for tests and simple writers: the alerts there are now,
  // and the others as TakeOthers.
  std::vector<JournalEntryPtr> TakeUnstored(size_t limit, absl::Duration wait) {
    std::vector<JournalEntryPtr> taken = TakeAlerts(absl::ZeroDuration());
    for (JournalEntryPtr& entry :
         TakeOthers(limit, taken.empty() ? wait : absl::ZeroDuration())) {
      taken.push_back(std::move(entry));
    }
    return taken;
  }
  // The writer is done with them, in the order taken: committed, or lost (with
  // a reason such as "disk_full"; static storage). Either way alerts become
  // visible: a lost one is still told to whoever listens, and counted.
  virtual void MarkStored(const std::vector<JournalEntryPtr>& entries) = 0;
  virtual void MarkLost(const std::vector<JournalEntryPtr>& entries,
                        const char* reason) = 0;

  // The writer cannot commit these alerts now and keeps trying: they become
  // visible, so that a full disk silences nobody. Marked later all the same.
  virtual void Publish(const std::vector<JournalEntryPtr>& alerts) = 0;
  // What was lost since the last call, for the store to keep as gaps.
  virtual std::vector<LostRange> TakeLost() = 0;

  // in, out (stored), in flight, dropped by reason, per kind.
  virtual std::vector<v1::StageLoss> Loss() const = 0;
  // Ends all waits; after it the Takes return what is left, then nothing.
  virtual void Close() = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_JOURNAL_JOURNAL_H_
