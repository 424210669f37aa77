#include "sensord/store/file_lane.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/redact/redactor.h"
#include "common/status/macros.h"
#include "sensord/journal/ring.h"
#include "sensord/store/run_marks.h"
#include "sensord/store/schema.h"

namespace tapline {
namespace {

constexpr absl::Duration kRetry = absl::Seconds(1);
// The alerts' thread wakes this often for retention and its stop.
constexpr absl::Duration kIdle = absl::Seconds(1);
constexpr int kBulkNice = 10;
// A quiet run says this often that nothing is missing.
constexpr absl::Duration kMark = absl::Seconds(10);
// Alerts held in memory while they cannot be written.
constexpr size_t kMaxHeldAlerts = 16384;

// Monotonic: the injected clock may stand still or step back.
absl::Time Monotonic() {
  return absl::UnixEpoch() +
         absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

absl::Duration FlushWait(const v1::StoreConfig& config) {
  const absl::Duration interval =
      absl::Seconds(config.flush_interval().seconds()) +
      absl::Nanoseconds(config.flush_interval().nanos());
  // Less than the whole, so that a record is on disk within the interval, its
  // commit included.
  return std::max(interval * 3 / 4, absl::Milliseconds(1));
}

}  // namespace

FileLane::FileLane(StoreFileOptions options, bool alerts, const Clock& clock,
                   PendingGaps& gaps, StoreReader& reader)
    : options_(std::move(options)),
      alerts_(alerts),
      kinds_(alerts ? std::vector<v1::RecordKind>{v1::RECORD_KIND_ALERT}
                    : BulkKinds()),
      clock_(clock),
      gaps_(gaps),
      reader_(reader) {}

FileLane::~FileLane() { Stop(); }

absl::Status FileLane::Open() {
  MutexLock lock(file_mutex_);
  opened_at_ = clock_.Now();
  RETURN_IF_ERROR(EnsureOpen());
  // A disk that is full now is no reason not to start; the marks stay, and it
  // is tried again before this run writes.
  RememberHowRunsEnded().IgnoreError();
  return absl::OkStatus();
}

absl::Status FileLane::EnsureOpen() {
  // A deleted file would take writes that nobody can ever read.
  if (file_ != nullptr && !damaged_ && file_->InPlace()) {
    return BeginRunOnce();
  }
  file_.reset();
  begun_ = false;
  reader_.Forget();
  if (damaged_) StoreFile::SetAside(options_.path, clock_.Now());
  std::string note;
  ASSIGN_OR_RETURN(file_, StoreFile::Open(options_, clock_, &note));
  damaged_ = false;
  {
    MutexLock lock(mutex_);
    if (!note.empty()) note_ = note;
  }
  if (!note.empty() && options_.log != nullptr) {
    options_.log->Error("database_set_aside",
                        {FileField(), {"note", Redactor().Text(note)}});
  }
  return BeginRunOnce();
}

absl::Status FileLane::BeginRunOnce() {
  if (begun_ || epoch_ == 0) return absl::OkStatus();
  RETURN_IF_ERROR(RememberHowRunsEnded());
  RETURN_IF_ERROR(BeginRun(file_->database(), {epoch_, clock_.Now()}));
  begun_ = true;
  return absl::OkStatus();
}

absl::Status FileLane::RememberHowRunsEnded() {
  ASSIGN_OR_RETURN(
      const std::vector<RunMark> runs,
      RememberUncleanStops(file_->database(), kinds_, epoch_, opened_at_));
  if (options_.log == nullptr) return absl::OkStatus();
  for (const RunMark& run : runs) {
    options_.log->Warn(
        "unclean_stop_found",
        {FileField(),
         {"epoch", run.epoch},
         {"records_missing_since",
          Redactor().Text(absl::FormatTime(
              absl::RFC3339_sec, run.complete_until, absl::UTCTimeZone()))}});
  }
  return absl::OkStatus();
}

void FileLane::SetConfig(const v1::StoreConfig& config) {
  MutexLock lock(mutex_);
  config_ = config;
}

v1::StoreConfig FileLane::config() const {
  MutexLock lock(mutex_);
  return config_;
}

void FileLane::Start(Journal& journal) {
  {
    MutexLock lock(file_mutex_);
    epoch_ = journal.epoch();
    // Tried again with the first write.
    EnsureOpen().IgnoreError();
  }
  thread_ = std::thread([this, &journal] { Run(journal); });
}

void FileLane::Stop() {
  stopping_.store(true);
  {
    MutexLock lock(mutex_);
    woken_.notify_all();
  }
  if (!thread_.joinable()) return;
  thread_.join();
  if (!writable()) return;
  MutexLock lock(file_mutex_);
  // Else the next start takes this for a run that was killed, rightly.
  if (file_ != nullptr && begun_) {
    EndRun(file_->database(), epoch_).IgnoreError();
  }
}

absl::Status FileLane::WithFile(
    const std::function<absl::Status(StoreFile&)>& use) {
  MutexLock lock(file_mutex_);
  RETURN_IF_ERROR(EnsureOpen());
  return use(*file_);
}

void FileLane::Run(Journal& journal) {
  // Bulk writing waits for capture and alerts, not they for it. Of this thread
  // only (setpriority(2), "C library/kernel differences").
  if (!alerts_) setpriority(PRIO_PROCESS, 0, kBulkNice);
  std::vector<JournalEntryPtr> held;
  for (;;) {
    const bool stopping = stopping_.load();
    const absl::Time asked = clock_.Now();
    const bool takes = alerts_ || writable();
    std::vector<JournalEntryPtr> fresh = TakeEntries(journal, stopping);
    if (takes && fresh.size() < MostTaken()) {
      mark_ = RunMark{journal.epoch(), asked};
    }
    Count(fresh, [](Totals& totals) { ++totals.in; });
    if (alerts_ && !writable()) journal.Publish(fresh);
    const bool idle = fresh.empty();
    held.insert(held.end(), std::make_move_iterator(fresh.begin()),
                std::make_move_iterator(fresh.end()));
    if (RetryIsDue() || stopping) {
      const bool mark = Monotonic() >= next_mark_;
      if (!held.empty() || !writable() || mark) Flush(journal, held);
      while (writable() && Maintain(journal) && alerts_ && !stopping) {
      }
    }
    if (alerts_ && held.size() > kMaxHeldAlerts) {
      const auto end = held.end() - kMaxHeldAlerts;
      GiveUp(journal, {held.begin(), end}, "held_too_long");
      held.erase(held.begin(), end);
    }
    if (stopping && ((idle && held.empty()) || !writable())) break;
  }
  DrainAsLost(journal, held);
}

std::vector<JournalEntryPtr> FileLane::TakeEntries(Journal& journal,
                                                   bool stopping) {
  const size_t batch = MostTaken();
  if (alerts_) {
    return journal.TakeAlerts(stopping ? absl::ZeroDuration() : kIdle);
  }
  if (stopping && writable()) {
    return journal.TakeOthers(batch, absl::ZeroDuration());
  }
  if (writable()) return journal.TakeOthers(batch, FlushWait(config()));
  // While the disk fails entries stay in their rings, which are bounded.
  MutexLock lock(mutex_);
  if (!stopping) {
    woken_.wait_for(
        mutex_, absl::ToChronoNanoseconds(
                    std::max(absl::ZeroDuration(), retry_at_ - Monotonic())));
  }
  return {};
}

size_t FileLane::MostTaken() const {
  if (alerts_) return Journal::kMaxAlertsTaken;
  return std::max<uint32_t>(config().batch(), 1);
}

bool FileLane::RetryIsDue() const {
  MutexLock lock(mutex_);
  return failure_.empty() || Monotonic() >= retry_at_;
}

void FileLane::Flush(Journal& journal, std::vector<JournalEntryPtr>& held) {
  {
    MutexLock lock(file_mutex_);
    if (absl::Status status = WriteAll(journal, held); !status.ok()) {
      Fail(status);
    }
  }
  // Nobody is left waiting for the disk to be told.
  if (alerts_ && !writable()) journal.Publish(held);
}

absl::Status FileLane::WriteAll(Journal& journal,
                                std::vector<JournalEntryPtr>& held) {
  if (const absl::Time now = Monotonic(); now >= next_check_ || !file_) {
    RETURN_IF_ERROR(EnsureOpen());
    next_check_ = now + kRetry;
  }
  ASSIGN_OR_RETURN(const std::vector<JournalEntryPtr> rejected,
                   file_->Write(held, mark_));
  next_mark_ = Monotonic() + kMark;
  Recover();
  std::vector<JournalEntryPtr> stored;
  stored.swap(held);
  for (const JournalEntryPtr& entry : rejected) {
    stored.erase(std::find(stored.begin(), stored.end(), entry));
  }
  Count(stored, [](Totals& totals) { ++totals.out; });
  journal.MarkStored(stored);
  if (!rejected.empty()) GiveUp(journal, rejected, "rejected");
  return absl::OkStatus();
}

void FileLane::GiveUp(Journal& journal, std::vector<JournalEntryPtr> entries,
                      const char* reason) {
  Count(entries, [reason](Totals& totals) { ++totals.dropped[reason]; });
  journal.MarkLost(entries, reason);
}

void FileLane::DrainAsLost(Journal& journal,
                           std::vector<JournalEntryPtr>& held) {
  const char* reason;
  {
    MutexLock lock(mutex_);
    reason = reason_;
  }
  GiveUp(journal, std::move(held), reason);
  for (;;) {
    std::vector<JournalEntryPtr> rest =
        alerts_ ? journal.TakeAlerts(absl::ZeroDuration())
                : journal.TakeOthers(4096, absl::ZeroDuration());
    if (rest.empty()) break;
    Count(rest, [](Totals& totals) { ++totals.in; });
    GiveUp(journal, std::move(rest), reason);
  }
  if (writable()) Maintain(journal);
}

bool FileLane::Maintain(Journal& journal) {
  const std::vector<LostRange> lost = gaps_.Take(alerts_, &journal);
  MutexLock lock(file_mutex_);
  if (file_ == nullptr) {
    gaps_.PutBack(alerts_);
    return false;
  }
  if (absl::Status status = file_->WriteGaps(journal.epoch(), lost);
      !status.ok()) {
    gaps_.PutBack(alerts_);
    Fail(status);
    return false;
  }
  gaps_.Written(alerts_);
  TellLost(lost);
  const absl::StatusOr<bool> more = TrimStep(config());
  if (!more.ok()) Fail(more.status());
  return more.value_or(false);
}

void FileLane::Fail(const absl::Status& status) {
  damaged_ = absl::IsDataLoss(status);
  // A full or busy file is as good as before; after anything else start anew.
  if (!absl::IsResourceExhausted(status) && !absl::IsUnavailable(status)) {
    file_.reset();
    begun_ = false;
  }
  MutexLock lock(mutex_);
  const bool first = failure_.empty();
  failure_ = std::string(status.message());
  if (failure_.empty()) failure_ = status.ToString();
  reason_ = FailureReason(status);
  retry_at_ = Monotonic() + (damaged_ ? absl::ZeroDuration() : kRetry);
  if (!first) return;
  failing_since_ = Monotonic();
  if (options_.log == nullptr) return;
  options_.log->Error("store_failing", {FileField(),
                                        {"reason", Redactor().Text(reason_)},
                                        {"error", Redactor().Text(failure_)}});
}

void FileLane::Recover() {
  MutexLock lock(mutex_);
  reason_ = "error";
  if (failure_.empty()) return;
  failure_.clear();
  if (options_.log == nullptr) return;
  options_.log->Info(
      "store_resumed",
      {FileField(),
       {"after_seconds", absl::ToInt64Seconds(Monotonic() - failing_since_)}});
}

// The size of a gap, once it is on disk: at most a line a minute.
void FileLane::TellLost(const std::vector<LostRange>& lost) {
  if (lost.empty()) return;
  uint64_t records = 0;
  for (const LostRange& range : lost) records += range.count;
  lost_total_ += records;
  if (options_.log == nullptr) return;
  options_.log->WarnRarely("records_lost",
                           {FileField(),
                            {"records", records},
                            {"total", lost_total_},
                            {"reason", Redactor().Text(lost.back().reason)}});
}

// A line a minute, with all since the last.
void FileLane::TellRemoved(int64_t rows) {
  removed_ += rows;
  if (options_.log == nullptr || removed_ == 0 || Monotonic() < next_removed_) {
    return;
  }
  options_.log->Info("retention_removed", {FileField(), {"records", removed_}});
  removed_ = 0;
  next_removed_ = Monotonic() + absl::Minutes(1);
}

bool FileLane::writable() const {
  MutexLock lock(mutex_);
  return failure_.empty();
}

std::string FileLane::error() const {
  MutexLock lock(mutex_);
  return failure_.empty() ? note_ : failure_;
}

void FileLane::Count(const std::vector<JournalEntryPtr>& entries,
                     const std::function<void(Totals&)>& add) {
  MutexLock lock(mutex_);
  for (const JournalEntryPtr& entry : entries) add(totals_[entry->kind]);
}

void FileLane::AddLoss(std::vector<v1::StageLoss>& out) const {
  MutexLock lock(mutex_);
  for (v1::RecordKind kind : kinds_) {
    v1::StageLoss loss;
    loss.set_stage("store");
    loss.set_item(KindName(kind));
    const auto it = totals_.find(kind);
    if (it != totals_.end()) {
      uint64_t dropped = 0;
      for (const auto& [reason, count] : it->second.dropped) {
        v1::Dropped& one = *loss.add_dropped();
        one.set_stage("store");
        one.set_reason(reason);
        one.set_count(count);
        dropped += count;
      }
      loss.set_in(it->second.in);
      loss.set_out(it->second.out);
      loss.set_in_flight(it->second.in - it->second.out - dropped);
    }
    out.push_back(std::move(loss));
  }
}

}  // namespace tapline
