#include "sensord/control/capture_control.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/redact/redactor.h"
#include "common/schema/proto_time.h"
#include "common/status/macros.h"

namespace tapline {
namespace {

int LiveWorkers(uint32_t configured) {
  if (configured > 0) return static_cast<int>(std::min(configured, 16u));
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(cores - 1, 1, 4);
}

v1::CaptureConfig Merge(v1::CaptureConfig config,
                        const v1::StartCaptureRequest& request) {
  if (request.has_interface()) config.set_interface(request.interface());
  if (request.has_bpf()) config.set_bpf(request.bpf());
  if (request.has_promiscuous()) config.set_promiscuous(request.promiscuous());
  if (request.has_snap_length()) config.set_snap_length(request.snap_length());
  if (request.has_ring_mebibytes()) {
    config.set_ring_mebibytes(request.ring_mebibytes());
  }
  if (request.has_workers()) config.set_workers(request.workers());
  return config;
}

absl::Status CheckRanges(const v1::CaptureConfig& config) {
  if (config.snap_length() < 64 || config.snap_length() > 262144) {
    return absl::InvalidArgumentError(absl::StrCat(
        "snap_length ", config.snap_length(), ": allowed are 64..262144"));
  }
  if (config.ring_mebibytes() < 1 || config.ring_mebibytes() > 4096) {
    return absl::InvalidArgumentError(absl::StrCat(
        "ring_mebibytes ", config.ring_mebibytes(), ": allowed are 1..4096"));
  }
  if (config.workers() > 16) {
    return absl::InvalidArgumentError(
        absl::StrCat("workers ", config.workers(), ": allowed are 0..16"));
  }
  return absl::OkStatus();
}

}  // namespace

struct CaptureControl::Running {
  v1::CaptureConfig config;
  std::string interface;
  std::string link_type;
  absl::Time started_at;
  v1::CaptureMode mode = v1::CAPTURE_MODE_METADATA;
  // When FULL ends by itself.
  absl::Time full_until = absl::InfiniteFuture();
  int workers = 1;
  std::unique_ptr<Pipeline> pipeline;
  std::thread thread;

  Log* log = nullptr;

  mutable Mutex mutex;
  bool ended ABSL_GUARDED_BY(mutex) = false;
  absl::Status result ABSL_GUARDED_BY(mutex);

  void Run() {
    absl::Status status = pipeline->Run();
    if (log != nullptr && !status.ok()) {
      log->Error("capture_failed",
                 {{"interface", Redactor().Text(interface)},
                  {"error", Redactor().Text(status.message())}});
    }
    MutexLock lock(mutex);
    ended = true;
    result = std::move(status);
  }

  void StopAndJoin() {
    pipeline->Stop();
    if (thread.joinable()) thread.join();
  }
};

CaptureControl::CaptureControl(const Sources& sources,
                               PipelineDefaults defaults, RecordSink& sink,
                               const Clock& clock)
    : sources_(sources),
      defaults_(std::move(defaults)),
      sink_(sink),
      clock_(clock) {}

CaptureControl::~CaptureControl() {
  if (std::shared_ptr<Running> current = running()) current->StopAndJoin();
}

std::shared_ptr<CaptureControl::Running> CaptureControl::running() const {
  MutexLock lock(mutex_);
  return running_;
}

absl::StatusOr<v1::CaptureStatus> CaptureControl::Start(
    const v1::StartCaptureRequest& request, PolicyPtr policy) {
  MutexLock changing(changing_);
  std::shared_ptr<Running> old = running();
  const v1::CaptureConfig config =
      Merge(old ? old->config : policy->config.capture(), request);
  RETURN_IF_ERROR(CheckRanges(config));
  // The new capture is open before the old one ends: a mistake costs nothing.
  absl::StatusOr<OpenedCapture> opened = sources_.live(config);
  if (!opened.ok()) {
    if (defaults_.log != nullptr) {
      defaults_.log->Warn(
          "capture_refused",
          {{"interface", Redactor().Text(config.interface())},
           {"error", Redactor().Text(opened.status().message())},
           {"running", old != nullptr}});
    }
    MutexLock lock(mutex_);
    if (running_ == nullptr) failure_ = std::string(opened.status().message());
    return opened.status();
  }
  if (old != nullptr) old->StopAndJoin();
  Launch(*std::move(opened), config, std::move(policy));
  return Status();
}

void CaptureControl::Launch(OpenedCapture opened,
                            const v1::CaptureConfig& config, PolicyPtr policy) {
  auto next = std::make_shared<Running>();
  next->config = config;
  next->interface = opened.interface;
  next->link_type = opened.link_type;
  next->started_at = clock_.Now();
  next->workers = LiveWorkers(config.workers());
  const uint64_t revision = policy->revision;
  PacketRingOptions ring;
  ring.frames = policy->config.packets().ring();
  ring.payload = policy->config.packets().mode() == v1::CAPTURE_MODE_FULL;
  if (ring.payload) {
    next->mode = v1::CAPTURE_MODE_FULL;
    next->full_until =
        next->started_at + DurationOf(policy->config.packets().full_for());
    ring.payload_until = absl::ToUnixNanos(next->full_until);
    TellFullMode(*next, ring);
  }
  PipelineOptions options;
  auto packets = std::make_shared<PacketRing>(ring);
  options.packets = packets;
  options.workers = next->workers;
  options.policy = std::move(policy);
  options.origin = defaults_.origin;
  options.origin.mode = next->mode;
  options.origin.mode_until = absl::ToUnixNanos(next->full_until);
  options.scopes = std::move(opened.scopes);
  options.interface = opened.interface;
  options.seed[0] = defaults_.seed[0];
  options.seed[1] = defaults_.seed[1];
  options.on_suppressed = defaults_.on_suppressed;
  options.log = next->log = defaults_.log;
  next->pipeline =
      std::make_unique<Pipeline>(options, std::move(opened.source), sink_);
  if (next->log != nullptr) {
    next->log->Info("capture_started",
                    {{"interface", Redactor().Text(next->interface)},
                     {"link_type", Redactor().Text(next->link_type)},
                     {"workers", next->workers},
                     // Its text names addresses.
                     {"filter_bytes", config.bpf().size()},
                     {"full", next->mode == v1::CAPTURE_MODE_FULL}});
  }
  next->thread = std::thread([running = next.get()] { running->Run(); });
  MutexLock lock(mutex_);
  // A change that came while it was opened.
  if (policy_ != nullptr && policy_->revision > revision) {
    next->pipeline->SetPolicy(policy_);
  }
  running_ = std::move(next);
  packets_ = std::move(packets);
  full_until_ = running_->full_until;
  failure_.clear();
}

// Before the first frame is kept.
void CaptureControl::TellFullMode(const Running& next,
                                  const PacketRingOptions& ring) const {
  if (defaults_.log == nullptr) return;
  defaults_.log->Warn(
      "full_mode_on",
      {{"interface", Redactor().Text(next.interface)},
       {"frames", ring.frames},
       {"bytes", ring.bytes},
       {"seconds", absl::ToInt64Seconds(next.full_until - next.started_at)}});
}

void CaptureControl::EndFullMode() const {
  MutexLock lock(mutex_);
  if (packets_ == nullptr || clock_.Now() < full_until_) return;
  packets_->EndPayload();
  if (defaults_.log != nullptr) defaults_.log->Warn("full_mode_over");
  full_until_ = absl::InfiniteFuture();
}

absl::StatusOr<v1::CaptureStatus> CaptureControl::Stop() {
  MutexLock changing(changing_);
  std::shared_ptr<Running> old = running();
  if (old == nullptr) {
    return absl::FailedPreconditionError("no capture is running");
  }
  old->StopAndJoin();
  MutexLock lock(mutex_);
  running_ = nullptr;
  v1::CaptureStatus status;
  status.set_state(v1::CAPTURE_STATE_IDLE);
  status.set_interface(old->interface);
  FillCounters(*old, status);
  if (defaults_.log != nullptr) {
    defaults_.log->Info("capture_stopped",
                        {{"interface", Redactor().Text(old->interface)},
                         {"packets", status.packets()},
                         {"kernel_drops", status.kernel_drops()},
                         {"interface_drops", status.interface_drops()}});
  }
  return status;
}

void CaptureControl::FillCounters(const Running& running,
                                  v1::CaptureStatus& status) const {
  const CaptureCounters counters = running.pipeline->source().counters();
  status.set_packets(counters.frames);
  status.set_bytes(counters.bytes);
  status.set_kernel_drops(counters.kernel_drops);
  status.set_interface_drops(counters.interface_drops);
  status.set_outages(counters.outages);
  status.set_active_flows(running.pipeline->totals().open_flows);
  status.set_policy_revision(running.pipeline->policy_revision());
}

v1::CaptureStatus CaptureControl::Status() const {
  EndFullMode();
  v1::CaptureStatus status;
  std::shared_ptr<const PacketRing> packets = Packets();
  status.set_mode(packets != nullptr && packets->payload()
                      ? v1::CAPTURE_MODE_FULL
                      : v1::CAPTURE_MODE_METADATA);
  std::shared_ptr<Running> current = running();
  if (current == nullptr) {
    MutexLock lock(mutex_);
    status.set_state(failure_.empty() ? v1::CAPTURE_STATE_IDLE
                                      : v1::CAPTURE_STATE_FAILED);
    status.set_reason(failure_);
    return status;
  }
  status.set_state(v1::CAPTURE_STATE_RUNNING);
  std::string reason;
  if (current->pipeline->source().Waiting(&reason)) {
    status.set_state(v1::CAPTURE_STATE_WAITING);
    status.set_reason(reason);
  }
  {
    MutexLock lock(current->mutex);
    if (current->ended) {
      status.set_state(v1::CAPTURE_STATE_FAILED);
      status.set_reason(current->result.ok()
                            ? "the capture ended"
                            : std::string(current->result.message()));
    }
  }
  status.set_interface(current->interface);
  status.set_link_type(current->link_type);
  status.set_bpf(current->config.bpf());
  status.set_promiscuous(current->config.promiscuous());
  status.set_snap_length(current->config.snap_length());
  status.set_workers(static_cast<uint32_t>(current->workers));
  FillTime(current->started_at, *status.mutable_started_at());
  FillCounters(*current, status);
  const v1::Stats stats = current->pipeline->LatestStats(absl::Seconds(1));
  status.set_packets_per_second(stats.packets_per_second());
  status.set_bits_per_second(stats.bits_per_second());
  return status;
}

void CaptureControl::SetPolicy(PolicyPtr policy) {
  MutexLock lock(mutex_);
  policy_ = std::move(policy);
  if (running_ != nullptr) running_->pipeline->SetPolicy(policy_);
}

void CaptureControl::FillLoss(v1::GetLossResponse& loss) const {
  std::shared_ptr<Running> current = running();
  if (current == nullptr) return;
  *loss.mutable_loss() = current->pipeline->Loss();
  for (v1::StageLoss& stage : current->pipeline->StageLosses()) {
    *loss.add_stages() = std::move(stage);
  }
  for (v1::AnomalyCount& anomaly : current->pipeline->Anomalies()) {
    *loss.add_anomalies() = std::move(anomaly);
  }
}

v1::Stats CaptureControl::LatestStats(absl::Duration window) const {
  std::shared_ptr<Running> current = running();
  return current ? current->pipeline->LatestStats(window) : v1::Stats();
}

std::vector<v1::TopTalker> CaptureControl::TopTalkers(size_t limit) const {
  std::shared_ptr<Running> current = running();
  if (current == nullptr) return {};
  return current->pipeline->TopTalkers(limit);
}

OpenFlowList CaptureControl::OpenFlows(const OpenFlowQuery& query) {
  std::shared_ptr<Running> current = running();
  if (current == nullptr) return {};
  return current->pipeline->OpenFlows(query, absl::Seconds(2));
}

std::shared_ptr<const PacketRing> CaptureControl::Packets() const {
  EndFullMode();
  MutexLock lock(mutex_);
  return packets_;
}

}  // namespace tapline
