#include "sensord/control/replay_control.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "sensord/control/patient_sink.h"
#include "sensord/pipeline/summary.h"

namespace tapline {
namespace {

constexpr absl::Duration kProgressInterval = absl::Milliseconds(200);
// The disk gets this long for the last records. When it fails, the status and
// the gaps say so.
constexpr absl::Duration kStoreWithin = absl::Seconds(5);

absl::Status CheckSourceId(absl::string_view id) {
  const bool good =
      id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
               c == '_' || c == '.';
      });
  if (good && id != "live") return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("source_id: at most 64 letters, digits, '-', '_', '.', and "
                   "not \"live\""));
}

}  // namespace

struct ReplayControl::Running {
  v1::StartReplayRequest request;
  std::string source_id;
  absl::Time started_at;
  std::function<void(const v1::Replay&)> on_progress;
  std::unique_ptr<PatientSink> sink;
  std::thread worker;
  std::thread reporter;

  mutable Mutex mutex;
  CondVar changed;
  // Null at the end: its tables are large, and `over` says all that is asked.
  std::shared_ptr<Pipeline> pipeline ABSL_GUARDED_BY(mutex);
  v1::Replay over ABSL_GUARDED_BY(mutex);
  v1::ReplayState state ABSL_GUARDED_BY(mutex) = v1::REPLAY_STATE_RUNNING;
  bool stopped ABSL_GUARDED_BY(mutex) = false;

  v1::Replay Describe(absl::Time now) const {
    std::shared_ptr<Pipeline> shown;
    {
      MutexLock lock(mutex);
      if (pipeline == nullptr) return over;
      shown = pipeline;
    }
    v1::Replay replay = Describe(*shown, now);
    replay.set_state(v1::REPLAY_STATE_RUNNING);
    return replay;
  }

  // All but how it stands.
  v1::Replay Describe(const Pipeline& shown, absl::Time now) const {
    v1::Replay replay;
    replay.set_source_id(source_id);
    *replay.mutable_files() = request.files();
    replay.set_speed(request.speed());
    replay.mutable_started_at()->set_seconds(absl::ToUnixSeconds(started_at));
    const CaptureCounters counters = shown.source().counters();
    replay.set_read_bytes(counters.read_bytes);
    replay.set_total_bytes(counters.total_bytes);
    *replay.mutable_summary() = SummaryOf(shown, now - started_at);
    const PipelineTotals totals = shown.totals();
    const UnixNanos span = totals.last_clock - totals.first_clock;
    replay.mutable_packet_time()->set_seconds(span / kSecondNanos);
    replay.mutable_packet_time()->set_nanos(
        static_cast<int32_t>(span % kSecondNanos));
    return replay;
  }

  void Work(const Clock& clock) {
    std::shared_ptr<Pipeline> running;
    {
      MutexLock lock(mutex);
      running = pipeline;
    }
    const absl::Status status = running->Run();
    v1::Replay replay = Describe(*running, clock.Now());
    // Who hears of the end lists the records next.
    sink->AwaitStored(kStoreWithin);
    MutexLock lock(mutex);
    if (!status.ok()) {
      state = v1::REPLAY_STATE_FAILED;
      replay.set_error(std::string(status.message()));
    } else {
      state = stopped ? v1::REPLAY_STATE_STOPPED : v1::REPLAY_STATE_DONE;
    }
    replay.set_state(state);
    over = std::move(replay);
    pipeline.reset();
    changed.notify_all();
  }

  void Report(const Clock& clock) {
    while (true) {
      bool last;
      {
        MutexLock lock(mutex);
        if (state == v1::REPLAY_STATE_RUNNING) {
          changed.wait_for(mutex, absl::ToChronoNanoseconds(kProgressInterval));
        }
        last = state != v1::REPLAY_STATE_RUNNING;
      }
      if (on_progress) on_progress(Describe(clock.Now()));
      if (last) return;
    }
  }

  bool IsRunning() const {
    MutexLock lock(mutex);
    return state == v1::REPLAY_STATE_RUNNING;
  }

  void StopAndWait() {
    std::shared_ptr<Pipeline> running;
    {
      MutexLock lock(mutex);
      stopped = true;
      running = pipeline;
    }
    sink->HurryUp();
    if (running != nullptr) running->Stop();
    MutexLock lock(mutex);
    while (state == v1::REPLAY_STATE_RUNNING) changed.wait(mutex);
  }

  ~Running() {
    if (worker.joinable()) worker.join();
    if (reporter.joinable()) reporter.join();
  }
};

ReplayControl::ReplayControl(const Sources& sources, PipelineDefaults defaults,
                             RecordSink& sink, const Clock& clock)
    : sources_(sources),
      defaults_(std::move(defaults)),
      sink_(sink),
      clock_(clock) {}

ReplayControl::~ReplayControl() {
  std::map<std::string, std::shared_ptr<Running>> replays;
  {
    MutexLock lock(mutex_);
    replays.swap(replays_);
  }
  for (auto& [id, replay] : replays) replay->StopAndWait();
}

absl::Status ReplayControl::MakeRoom(const std::string& source_id) {
  if (replays_.count(source_id) > 0) {
    return absl::AlreadyExistsError(
        absl::StrCat("source_id \"", source_id, "\" is in use"));
  }
  size_t running = 0;
  std::map<std::string, std::shared_ptr<Running>>::iterator oldest =
      replays_.end();
  for (auto it = replays_.begin(); it != replays_.end(); ++it) {
    if (it->second->IsRunning()) {
      ++running;
    } else if (oldest == replays_.end() ||
               it->second->started_at < oldest->second->started_at) {
      oldest = it;
    }
  }
  if (running >= kMaxRunning) {
    return absl::ResourceExhaustedError(absl::StrCat(
        running, " replays are running; stop one or wait for its end"));
  }
  if (replays_.size() >= kMaxRemembered && oldest != replays_.end()) {
    replays_.erase(oldest);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReplayControl::Start(
    const v1::StartReplayRequest& request, PolicyPtr policy,
    std::function<void(const v1::Replay&)> on_progress) {
  if (!(request.speed() >= 0 && request.speed() <= 1e6)) {
    return absl::InvalidArgumentError("speed: 0 (maximum) up to 1000000");
  }
  if (request.files().empty()) {
    return absl::InvalidArgumentError("files: none given");
  }
  RETURN_IF_ERROR(CheckSourceId(request.source_id()));
  ASSIGN_OR_RETURN(
      std::unique_ptr<FrameSource> source,
      sources_.replay({request.files().begin(), request.files().end()},
                      request.speed()));
  auto next = std::make_shared<Running>();
  next->request = request;
  next->started_at = clock_.Now();
  next->on_progress = std::move(on_progress);
  MutexLock lock(mutex_);
  ++started_;
  next->source_id =
      request.source_id().empty()
          ? absl::StrCat("replay-", defaults_.origin.epoch, "-", started_)
          : request.source_id();
  RETURN_IF_ERROR(MakeRoom(next->source_id));
  PipelineOptions options;
  options.workers = static_cast<int>(std::clamp(request.workers(), 1u, 16u));
  options.policy = std::move(policy);
  options.origin = defaults_.origin;
  options.origin.source_id = next->source_id;
  options.seed[0] = defaults_.seed[0];
  options.seed[1] = defaults_.seed[1];
  options.on_suppressed = defaults_.on_suppressed;
  next->sink = std::make_unique<PatientSink>(sink_);
  {
    MutexLock running(next->mutex);
    next->pipeline =
        std::make_shared<Pipeline>(options, std::move(source), *next->sink);
  }
  Running* running = next.get();
  next->worker = std::thread([running, this] { running->Work(clock_); });
  next->reporter = std::thread([running, this] { running->Report(clock_); });
  replays_[next->source_id] = next;
  return next->source_id;
}

absl::StatusOr<v1::Replay> ReplayControl::Stop(absl::string_view source_id) {
  std::shared_ptr<Running> replay;
  {
    MutexLock lock(mutex_);
    auto it = replays_.find(std::string(source_id));
    if (it == replays_.end()) {
      return absl::NotFoundError(absl::StrCat("no replay \"", source_id, "\""));
    }
    replay = it->second;
  }
  if (!replay->IsRunning()) {
    return absl::FailedPreconditionError(
        absl::StrCat("replay \"", source_id, "\" has ended"));
  }
  replay->StopAndWait();
  return replay->Describe(clock_.Now());
}

std::vector<v1::Replay> ReplayControl::List() const {
  std::vector<v1::Replay> list;
  MutexLock lock(mutex_);
  for (const auto& [id, replay] : replays_) {
    list.push_back(replay->Describe(clock_.Now()));
  }
  return list;
}

}  // namespace tapline
