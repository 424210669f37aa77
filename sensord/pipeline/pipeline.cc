#include "sensord/pipeline/pipeline.h"

#include <sys/random.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/types/optional.h"
#include "common/redact/redactor.h"
#include "sensord/analyzers/analyzer_set.h"
#include "sensord/pipeline/judge.h"
#include "sensord/pipeline/losses.h"
#include "sensord/pipeline/options.h"
#include "sensord/pipeline/snapshots.h"
#include "sensord/pipeline/workers.h"

namespace tapline {

void RandomSeed(uint64_t seed[2]) {
  // Never fails for 16 bytes once the system is up (getrandom(2)).
  if (getrandom(seed, 16, 0) != 16) seed[0] = seed[1] = 0;
}

namespace {

// Of 16 digits, as records have them; none when it is no beginning of an id.
absl::optional<FlowIdRange> IdsWithPrefix(absl::string_view digits) {
  uint64_t value = 0;
  if (digits.size() > 16 || !absl::SimpleHexAtoi(digits, &value)) {
    return absl::nullopt;
  }
  const size_t free_bits = 4 * (16 - digits.size());
  if (free_bits == 0) return FlowIdRange{value, value};
  const uint64_t first = value << free_bits;
  return FlowIdRange{first, first | ((uint64_t{1} << free_bits) - 1)};
}

}  // namespace

class Pipeline::Impl {
 public:
  Impl(const PipelineOptions& options, std::unique_ptr<FrameSource> source,
       RecordSink& sink)
      : source_(std::move(source)),
        decoder_(DecoderOptionsOf(options.policy->config.flow(), options.seed),
                 contexts_),
        engines_(MakeEngines(options)),
        snapshots_(engines_.size()),
        interface_(options.interface),
        log_(options.log),
        packets_(options.packets),
        judge_(options.policy, options.on_suppressed,
               RecordBuilder(options.origin, contexts_, options.scopes), sink) {
  }

  absl::Status Run() {
    absl::Status status =
        engines_.size() == 1 ? RunInOneThread() : RunWithWorkers();
    judge_.Finish();
    snapshots_.Close();
    return status;
  }

  // Owned by everything else, so made first.
  ContextTable contexts_;
  std::unique_ptr<FrameSource> source_;
  Decoder decoder_;
  std::vector<std::unique_ptr<FlowEngine>> engines_;
  Snapshots snapshots_;
  const std::string interface_;
  Log* const log_;
  const std::shared_ptr<PacketRing> packets_;
  Judge judge_;
  std::atomic<UnixNanos> first_clock_{0};
  std::atomic<UnixNanos> last_clock_{0};

 private:
  static std::vector<std::unique_ptr<FlowEngine>> MakeEngines(
      const PipelineOptions& options) {
    const FlowOptions flow =
        FlowOptionsOf(options.policy->config.flow(), options.seed);
    const AnalyzerOptions analyzers =
        AnalyzerOptionsOf(options.policy->config.flow());
    const int workers = std::clamp(options.workers, 1, kShards);
    std::vector<std::unique_ptr<FlowEngine>> engines;
    for (int i = 0; i < workers; ++i) {
      ShardMask mask = 0;
      for (int shard = i; shard < kShards; shard += workers) {
        mask = static_cast<ShardMask>(mask | 1 << shard);
      }
      engines.push_back(
          std::make_unique<FlowEngine>(flow, mask, NewAnalyzerSet(analyzers)));
    }
    return engines;
  }

  // Reads and decodes the next batch. False at the end, with the reason.
  bool Next(FrameBatch& frames, DecodedBatch& decoded, absl::Status& status) {
    absl::StatusOr<ReadResult> result = source_->Read(frames);
    if (!result.ok()) status = result.status();
    if (!result.ok() || *result == ReadResult::kEnd) return false;
    if (*result == ReadResult::kIdle) frames.frames.clear();
    decoder_.Decode(frames, decoded);
    if (packets_ != nullptr) packets_->Add(frames, decoded);
    NoteClock(frames);
    if (frames.clock - noted_ >= kNoteInterval || noted_ == 0) {
      NoteLosses(frames.clock);
    }
    return true;
  }

  void NoteClock(const FrameBatch& frames) {
    if (frames.frames.empty()) return;
    if (!started_) first_clock_.store(frames.frames.front().clock);
    started_ = true;
    last_clock_.store(frames.clock, std::memory_order_relaxed);
  }

  // Kernel and interface drops, for coverage, and as gap events: at most one
  // a second of each reason.
  void NoteLosses(UnixNanos clock) {
    const CaptureCounters c = source_->counters();
    NoteDrops("kernel_drop", c.kernel_drops, kernel_drops_, clock);
    NoteDrops("interface_drop", c.interface_drops, interface_drops_, clock);
    const uint64_t dropped = kernel_drops_ + interface_drops_;
    if (dropped > 0) judge_.SetOffered(c.frames + dropped, dropped);
    for (const CaptureOutage& outage : source_->TakeOutages()) {
      judge_.AddGap({outage.reason, interface_, outage.start, outage.end, 0});
    }
    noted_ = clock;
  }

  // `total` of one cause, which was `noted` last; the log has a line a minute.
  void NoteDrops(LogLiteral reason, uint64_t total, uint64_t& noted,
                 UnixNanos clock) {
    const uint64_t frames = total - std::exchange(noted, total);
    if (frames == 0) return;
    judge_.AddGap({reason.text().data(), interface_,
                   noted_ == 0 ? clock : noted_, clock, frames});
    if (log_ == nullptr) return;
    log_->WarnRarely(reason, {{"interface", Redactor().Text(interface_)},
                              {"frames", frames},
                              {"total", total}});
  }

  // Steps of the clock to `frames`: what a long silence ends comes in parts,
  // not as one batch with the whole table. A few steps are enough for that,
  // however long it was, and none are needed when nothing is open.
  template <typename Step>
  void CrossSilence(const FrameBatch& frames, UnixNanos from,
                    const Step& step) {
    if (from == 0 || frames.frames.empty()) return;
    const UnixNanos to = frames.frames.front().clock;
    const UnixNanos width = std::max(kSecondNanos, (to - from) / kMaxSteps);
    for (UnixNanos clock = from + width; clock < to && HasOpenFlows();
         clock += width) {
      step(clock);
    }
  }

  bool HasOpenFlows() const {
    return std::any_of(engines_.begin(), engines_.end(), [](const auto& e) {
      return e->counters().open_flows.Get() > 0;
    });
  }

  absl::Status RunInOneThread() {
    FrameBatch frames;
    DecodedBatch decoded;
    SignalBatch signals;
    absl::Status status;
    FlowEngine& engine = *engines_.front();
    uint64_t batches = 0;
    for (UnixNanos before = 0; Next(frames, decoded, status);
         before = frames.clock) {
      CrossSilence(frames, before, [&](UnixNanos clock) {
        signals.Clear();
        engine.AdvanceClock(clock, signals);
        judge_.Take(signals);
      });
      signals.Clear();
      AddAnomalies(decoded, signals);
      const size_t own = signals.signals.size();
      engine.Process(decoded, signals);
      if (own > 0) SortBehind(signals);
      judge_.TakePackets(decoded);
      judge_.Take(signals);
      snapshots_.Answer(0, engine, frames.frames.size(), ++batches);
      snapshots_.Judged(batches);
    }
    decoder_.Finish();
    for (int slice = 0; slice < FlowEngine::kFinishSlices; ++slice) {
      signals.Clear();
      engine.Finish(FlowEnd::kEndOfInput, slice, signals);
      judge_.Take(signals);
    }
    return status;
  }

  absl::Status RunWithWorkers() {
    Workers workers(engines_, judge_, snapshots_);
    absl::Status status;
    Job* job = workers.Acquire();
    UnixNanos before = 0;
    while (Next(job->frames, job->decoded, status)) {
      CrossSilence(job->frames, before, [&](UnixNanos clock) {
        Job* empty = workers.Acquire();
        empty->frames.Clear();
        empty->decoded.Clear();
        empty->decoded.clock = clock;
        workers.Submit(empty);
      });
      before = job->frames.clock;
      AddAnomalies(job->decoded, job->signals.front());
      workers.Submit(job);
      job = workers.Acquire();
    }
    decoder_.Finish();
    for (int slice = 0; slice < FlowEngine::kFinishSlices; ++slice) {
      if (slice > 0) job = workers.Acquire();
      job->frames.Clear();
      job->decoded.Clear();
      job->decoded.clock = last_clock_.load();
      job->finish_slice = slice;
      if (slice + 1 < FlowEngine::kFinishSlices) workers.Submit(job);
    }
    workers.Finish(job);
    return status;
  }

  // The decoder's samples become signals like all others. Their index is high,
  // so that they come behind the frame's flow signals, and counts within the
  // frame: what else is in the batch must not show.
  static void AddAnomalies(const DecodedBatch& decoded, SignalBatch& signals) {
    constexpr uint32_t kFirstIndex = 1u << 20;
    uint32_t index = kFirstIndex;
    uint64_t frame = 0;
    for (const AnomalySample& sample : decoded.anomalies) {
      if (sample.ordinal != frame) index = kFirstIndex;
      frame = sample.ordinal;
      Signal signal;
      signal.clock = sample.clock;
      signal.tie = sample.ordinal;
      signal.index = index++;
      signal.kind = SignalKind::kAnomaly;
      if (sample.packet >= 0) {
        const Packet& packet = decoded.packets[sample.packet];
        signal.ip_protocol = packet.ip_protocol;
        signal.originator = packet.source;
        signal.responder = packet.destination;
        signal.originator_port = packet.source_port;
        signal.responder_port = packet.destination_port;
      }
      signal.detail = static_cast<uint32_t>(signals.anomalies.size());
      signals.anomalies.push_back(
          {sample.name, 0, sample.first_hash, sample.other_hash});
      signals.signals.push_back(signal);
    }
  }

  static void SortBehind(SignalBatch& signals) {
    std::sort(signals.signals.begin(), signals.signals.end());
  }

  static constexpr UnixNanos kNoteInterval = kSecondNanos;
  static constexpr int kMaxSteps = 64;
  bool started_ = false;
  UnixNanos noted_ = 0;
  uint64_t kernel_drops_ = 0;
  uint64_t interface_drops_ = 0;
};

Pipeline::Pipeline(const PipelineOptions& options,
                   std::unique_ptr<FrameSource> source, RecordSink& sink)
    : impl_(std::make_unique<Impl>(options, std::move(source), sink)) {}
Pipeline::~Pipeline() = default;

absl::Status Pipeline::Run() { return impl_->Run(); }
void Pipeline::Stop() { impl_->source_->Stop(); }
void Pipeline::SetPolicy(PolicyPtr policy) {
  impl_->judge_.SetPolicy(std::move(policy));
}
uint64_t Pipeline::policy_revision() const {
  return impl_->judge_.policy_revision();
}
const FrameSource& Pipeline::source() const { return *impl_->source_; }
FrameSource& Pipeline::source() { return *impl_->source_; }

PipelineTotals Pipeline::totals() const {
  PipelineTotals totals;
  const CaptureCounters capture = impl_->source_->counters();
  totals.packets = capture.frames;
  totals.bytes = capture.bytes;
  totals.flows = impl_->judge_.counters().flows.Get();
  totals.events = impl_->judge_.counters().events.Get();
  totals.alerts = impl_->judge_.counters().alerts.Get();
  totals.suppressed_alerts = impl_->judge_.detect_counters().suppressed.Get();
  for (const auto& engine : impl_->engines_) {
    totals.aggregated_flows += engine->counters().aggregated_flows.Get();
    totals.open_flows += engine->counters().open_flows.Get();
    totals.peak_open_flows += engine->counters().peak_open_flows.Get();
  }
  totals.first_clock = impl_->first_clock_.load();
  totals.last_clock = impl_->last_clock_.load();
  return totals;
}

v1::Loss Pipeline::Loss() const {
  return FrameLoss(impl_->source_->counters(), impl_->decoder_.counters());
}

std::vector<v1::StageLoss> Pipeline::StageLosses() const {
  return StageLossesOf(impl_->source_->counters(), impl_->decoder_.counters(),
                       impl_->engines_, impl_->judge_.detect_counters());
}

std::vector<v1::AnomalyCount> Pipeline::Anomalies() const {
  return AnomalyCounts(impl_->source_->counters(), impl_->decoder_.counters(),
                       impl_->judge_.anomaly_counts());
}

v1::Stats Pipeline::LatestStats(absl::Duration window) const {
  return impl_->judge_.stats().Latest(window);
}

std::vector<v1::ProtocolUse> Pipeline::Protocols(size_t limit) const {
  return impl_->judge_.protocols().Top(limit);
}

std::vector<v1::TopTalker> Pipeline::TopTalkers(size_t limit) const {
  return impl_->judge_.stats().TopTalkers(limit);
}

OpenFlowList Pipeline::OpenFlows(const OpenFlowQuery& query,
                                 absl::Duration timeout) {
  FlowQuestion question;
  question.limit = query.limit;
  if (!query.id_prefix.empty()) {
    question.ids = IdsWithPrefix(query.id_prefix);
    if (!question.ids.has_value()) return {};
  }
  FlowAnswer answer = impl_->snapshots_.Ask(question, timeout);
  // These pass by the journal, which redacts all other records.
  const Redactor redactor;
  OpenFlowList list;
  list.complete = answer.complete;
  list.flows.reserve(answer.flows.size());
  for (const FlowSummary& flow : answer.flows) {
    v1::Record record;
    impl_->judge_.builder().Flow(flow, record);
    list.flows.push_back(redactor.Apply(std::move(record)).Take());
  }
  return list;
}

}  // namespace tapline
