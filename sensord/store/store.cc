#include "sensord/store/store.h"

#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/redact/redactor.h"
#include "common/status/macros.h"
#include "sensord/store/columns.h"
#include "sensord/store/file_lane.h"
#include "sensord/store/row_record.h"
#include "sensord/store/schema.h"
#include "sensord/store/store_directory.h"
#include "sensord/store/store_impl.h"
#include "sensord/store/store_reader.h"

namespace tapline {
namespace {

StoreFileOptions AlertFile(const std::string& directory, FaultHook fault,
                           Log* log) {
  StoreFileOptions options;
  options.log = log;
  options.path = absl::StrCat(directory, "/alerts.db");
  options.database.synchronous = Synchronous::kFull;
  options.migrations = AlertMigrations();
  options.fault = std::move(fault);
  return options;
}

StoreFileOptions FlowFile(const std::string& directory, FaultHook fault,
                          Log* log) {
  StoreFileOptions options;
  options.log = log;
  options.path = absl::StrCat(directory, "/flows.db");
  options.database.synchronous = Synchronous::kNormal;
  options.database.cache_kibibytes = 16384;
  options.database.checkpoint_pages = 4000;
  options.migrations = FlowMigrations();
  options.fault = std::move(fault);
  return options;
}

uint64_t FileBytes(const std::string& path) {
  uint64_t bytes = 0;
  for (const char* suffix : {"", "-wal"}) {
    struct stat st;
    if (stat(absl::StrCat(path, suffix).c_str(), &st) == 0) {
      bytes += static_cast<uint64_t>(st.st_size);
    }
  }
  return bytes;
}

absl::StatusOr<std::string> ReadOrMakeSensorId(Database& database) {
  {
    ASSIGN_OR_RETURN(
        Statement read,
        database.Prepare("SELECT value FROM meta WHERE key='sensor_id'"));
    ASSIGN_OR_RETURN(const bool row, read.Step());
    if (row) return std::string(read.Text(0));
  }
  char bytes[16];
  if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) {
    return absl::InternalError("no random numbers from the system");
  }
  const std::string id =
      absl::BytesToHexString(absl::string_view(bytes, sizeof bytes));
  ASSIGN_OR_RETURN(Statement write,
                   database.Prepare("INSERT INTO meta VALUES('sensor_id',?)"));
  write.Bind(1, id);
  RETURN_IF_ERROR(write.Run());
  return id;
}

// Also what the rows say: the note of it may have been lost with the disk full.
absl::StatusOr<uint64_t> HighestEpoch(Database& database, bool alerts) {
  std::vector<std::string> places = {"SELECT max(epoch) FROM runs",
                                     "SELECT max(epoch) FROM gaps"};
  if (alerts) {
    places.push_back("SELECT value FROM meta WHERE key='last_epoch'");
    places.push_back("SELECT max(epoch) FROM alerts");
  } else {
    for (v1::RecordKind kind : BulkKinds()) {
      places.push_back(absl::StrCat("SELECT max(row)>>", kSequenceBits,
                                    " FROM ", TableOf(kind)));
    }
  }
  int64_t highest = 0;
  for (const std::string& place : places) {
    ASSIGN_OR_RETURN(
        const int64_t epoch,
        database.QueryInt(absl::StrCat("SELECT ifnull((", place, "),0)")));
    highest = std::max(highest, epoch);
  }
  return static_cast<uint64_t>(highest);
}

class StoreImpl final : public Store {
 public:
  StoreImpl(StoreDirectory directory, const Clock& clock,
            const FaultHook& fault, Log* log)
      : directory_(std::move(directory)),
        clock_(clock),
        alert_reader_(AlertFile(directory_.path(), nullptr, log).path),
        flow_reader_(FlowFile(directory_.path(), nullptr, log).path),
        alerts_(AlertFile(directory_.path(), fault, log), true, clock, gaps_,
                alert_reader_),
        flows_(FlowFile(directory_.path(), fault, log), false, clock, gaps_,
               flow_reader_) {}

  ~StoreImpl() override { StopWriting(); }

  absl::Status Init(const v1::StoreConfig& config) {
    SetConfig(config);
    RETURN_IF_ERROR(directory_.CheckFile("alerts.db"));
    RETURN_IF_ERROR(directory_.CheckFile("flows.db"));
    RETURN_IF_ERROR(alerts_.Open());
    RETURN_IF_ERROR(flows_.Open());
    RETURN_IF_ERROR(alerts_.WithFile([this](StoreFile& file) -> absl::Status {
      ASSIGN_OR_RETURN(sensor_id_, ReadOrMakeSensorId(file.database()));
      ASSIGN_OR_RETURN(last_epoch_, HighestEpoch(file.database(), true));
      return absl::OkStatus();
    }));
    RETURN_IF_ERROR(flows_.WithFile([this](StoreFile& file) -> absl::Status {
      ASSIGN_OR_RETURN(const uint64_t epoch,
                       HighestEpoch(file.database(), false));
      last_epoch_ = std::max(last_epoch_, epoch);
      return absl::OkStatus();
    }));
    return absl::OkStatus();
  }

  void StartWriting(Journal& journal) override {
    journal_.store(&journal);
    last_epoch_ = std::max(last_epoch_, journal.epoch());
    alerts_
        .WithFile([&](StoreFile& file) -> absl::Status {
          ASSIGN_OR_RETURN(
              Statement write,
              file.database().Prepare(
                  "INSERT INTO meta VALUES('last_epoch',?1) ON CONFLICT(key) "
                  "DO UPDATE SET value=max(value,?1)"));
          write.Bind(1, static_cast<int64_t>(journal.epoch()));
          return write.Run();
        })
        // A full disk; HighestEpoch has a second source.
        .IgnoreError();
    alerts_.Start(journal);
    flows_.Start(journal);
  }

  void StopWriting() override {
    alerts_.Stop();
    flows_.Stop();
    journal_.store(nullptr);
  }

  void SetConfig(const v1::StoreConfig& config) override {
    alerts_.SetConfig(config);
    flows_.SetConfig(config);
  }

  absl::StatusOr<StorePage> List(const StoreQuery& query) const override {
    return ReaderOf(query.kind).List(query);
  }

  absl::StatusOr<std::vector<v1::Record>> ReadSequences(
      v1::RecordKind kind, uint64_t epoch, uint64_t first, uint64_t last,
      size_t limit) const override {
    return ReaderOf(kind).ReadSequences(kind, epoch, first, last, limit);
  }

  absl::StatusOr<GapPage> Gaps(const GapQuery& query) const override {
    // Before the file: a loss goes from here to there.
    const std::vector<LostRange> lost = gaps_.Peek(query.kind, journal_.load());
    ASSIGN_OR_RETURN(GapPage page, ReaderOf(query.kind).Gaps(query));
    std::vector<v1::Gap> pending;
    const TimeSpan span(query.range);
    for (const LostRange& range : lost) {
      if (absl::ToUnixNanos(range.last_at) >= span.since &&
          absl::ToUnixNanos(range.first_at) < span.until) {
        AddPending(range, page.gaps, pending);
      }
    }
    if (!query.newest_first) {
      if (!page.next_position.empty()) return page;
      page.gaps.insert(page.gaps.end(), pending.begin(), pending.end());
    } else if (query.position.empty()) {
      page.gaps.insert(page.gaps.begin(), pending.rbegin(), pending.rend());
      if (page.gaps.size() > query.limit) page.gaps.resize(query.limit);
    }
    return page;
  }

  absl::StatusOr<std::vector<v1::Gap>> SequenceGaps(
      v1::RecordKind kind, uint64_t epoch, uint64_t first,
      uint64_t last) const override {
    Journal* const journal = journal_.load();
    const std::vector<LostRange> lost = gaps_.Peek(kind, journal);
    ASSIGN_OR_RETURN(std::vector<v1::Gap> found,
                     ReaderOf(kind).SequenceGaps(kind, epoch, first, last));
    if (journal == nullptr || journal->epoch() != epoch) return found;
    std::vector<v1::Gap> pending;
    for (const LostRange& range : lost) {
      if (range.last_sequence >= first && range.first_sequence <= last) {
        AddPending(range, found, pending);
      }
    }
    found.insert(found.end(), pending.begin(), pending.end());
    std::sort(found.begin(), found.end(),
              [](const v1::Gap& a, const v1::Gap& b) {
                return a.first_sequence() < b.first_sequence();
              });
    return found;
  }

  absl::StatusOr<v1::Record> Get(v1::RecordKind kind, absl::string_view id,
                                 absl::string_view source_id) const override {
    return ReaderOf(kind).Get(kind, id, source_id);
  }

  absl::StatusOr<v1::Record> Acknowledge(
      absl::string_view id, absl::string_view source_id, absl::string_view user,
      std::optional<absl::string_view> note) override {
    ASSIGN_OR_RETURN(const v1::Record record,
                     alert_reader_.Get(v1::RECORD_KIND_ALERT, id, source_id));
    const std::string safe = Redactor().Text(note.value_or("")).Take();
    RETURN_IF_ERROR(alerts_.WithFile([&](StoreFile& file) -> absl::Status {
      ASSIGN_OR_RETURN(Statement update,
                       file.database().Prepare(
                           "UPDATE alerts SET ack_by=ifnull(ack_by,?1),"
                           "ack_at=ifnull(ack_at,?2),note=iif(?6,?3,note) "
                           "WHERE id=?4 AND source=?5"));
      update.Bind(1, user);
      update.Bind(2, absl::ToUnixNanos(clock_.Now()));
      update.Bind(3, safe);
      update.Bind(4, OrderedId(record.alert().id()));
      update.Bind(5, StoredSource(record.source_id()));
      update.Bind(6, static_cast<int64_t>(note.has_value()));
      return update.Run();
    }));
    return alert_reader_.Get(v1::RECORD_KIND_ALERT, record.alert().id(),
                             record.source_id());
  }

  v1::StoreStatus Status() const override {
    v1::StoreStatus status;
    status.set_directory(directory_.path());
    status.set_writable(alerts_.writable() && flows_.writable());
    status.set_error(alerts_.error().empty() ? flows_.error()
                                             : alerts_.error());
    status.set_alerts(static_cast<uint64_t>(
        alert_reader_.Number("SELECT count(*) FROM alerts")));
    status.set_flows(Rows("flows"));
    status.set_events(Rows("events"));
    FillRange(status);
    status.set_bytes(FileBytes(alert_reader_.path()) +
                     FileBytes(flow_reader_.path()));
    status.set_schema_version(
        static_cast<uint32_t>(FlowMigrations().back().version));
    return status;
  }

  uint64_t unacknowledged_alerts() const override {
    return static_cast<uint64_t>(alert_reader_.Number(
        "SELECT count(*) FROM alerts WHERE ack_at IS NULL AND source=''"));
  }
  uint64_t last_epoch() const override { return last_epoch_; }
  std::string sensor_id() const override { return sensor_id_; }

  std::vector<v1::StageLoss> Loss() const override {
    std::vector<v1::StageLoss> losses;
    alerts_.AddLoss(losses);
    flows_.AddLoss(losses);
    return losses;
  }

 private:
  static v1::Gap GapOf(const LostRange& lost) {
    v1::Gap gap;
    gap.set_kind(lost.kind);
    gap.set_first_sequence(lost.first_sequence);
    gap.set_last_sequence(lost.last_sequence);
    gap.set_count(lost.count);
    gap.set_reason("storage");
    *gap.mutable_available_from() =
        TimeOfNanos(absl::ToUnixNanos(lost.last_at) + 1);
    *gap.mutable_lost_since() = TimeOfNanos(absl::ToUnixNanos(lost.first_at));
    return gap;
  }

  // Unless it has come to be among those from the file.
  static void AddPending(const LostRange& range,
                         const std::vector<v1::Gap>& stored,
                         std::vector<v1::Gap>& pending) {
    const v1::Gap gap = GapOf(range);
    const bool there =
        std::any_of(stored.begin(), stored.end(), [&](const v1::Gap& other) {
          return other.first_sequence() == gap.first_sequence() &&
                 other.count() == gap.count() &&
                 other.lost_since().seconds() == gap.lost_since().seconds() &&
                 other.lost_since().nanos() == gap.lost_since().nanos();
        });
    if (!there) pending.push_back(gap);
  }

  const StoreReader& ReaderOf(v1::RecordKind kind) const {
    return InAlertFile(kind) ? alert_reader_ : flow_reader_;
  }

  uint64_t Rows(const char* table) const {
    return static_cast<uint64_t>(flow_reader_.Number(
        absl::StrCat("SELECT rows FROM counts WHERE name='", table, "'")));
  }

  void FillRange(v1::StoreStatus& status) const {
    int64_t oldest = INT64_MAX;
    int64_t newest = INT64_MIN;
    for (v1::RecordKind kind :
         {v1::RECORD_KIND_ALERT, v1::RECORD_KIND_FLOW, v1::RECORD_KIND_EVENT}) {
      const std::string sql =
          absl::StrCat("(received_at) FROM ", TableOf(kind));
      const int64_t first = ReaderOf(kind).Number("SELECT min" + sql);
      if (first == 0) continue;
      oldest = std::min(oldest, first);
      newest = std::max(newest, ReaderOf(kind).Number("SELECT max" + sql));
    }
    if (oldest > newest) return;
    *status.mutable_oldest() = TimeOfNanos(oldest);
    *status.mutable_newest() = TimeOfNanos(newest);
  }

  // Constant after Init.
  const StoreDirectory directory_;
  const Clock& clock_;
  std::string sensor_id_;
  uint64_t last_epoch_ = 0;

  // Own synchronization.
  mutable PendingGaps gaps_;
  StoreReader alert_reader_;
  StoreReader flow_reader_;
  std::atomic<Journal*> journal_{nullptr};
  FileLane alerts_;
  FileLane flows_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenStore(const v1::StoreConfig& config,
                                                 const Clock& clock,
                                                 FaultHook fault, Log* log) {
  ASSIGN_OR_RETURN(StoreDirectory directory,
                   StoreDirectory::Open(config.directory()));
  auto store =
      std::make_unique<StoreImpl>(std::move(directory), clock, fault, log);
  RETURN_IF_ERROR(store->Init(config));
  return std::unique_ptr<Store>(std::move(store));
}

absl::StatusOr<std::unique_ptr<Store>> Store::Open(
    const v1::StoreConfig& config, const Clock& clock, Log* log) {
  return OpenStore(config, clock, nullptr, log);
}

}  // namespace tapline
