#include "sensord/pipeline/judge.h"

#include <utility>

#include "absl/types/span.h"

namespace tapline {
namespace {

// Reused as the arena's first block, so that an ordinary batch allocates
// nothing.
constexpr size_t kArenaBlockBytes = 512 << 10;

// Records handed on at once: a mass expiry, or the windows of a pause in a
// file, must not stand in memory as records or fill a ring at a stroke.
constexpr size_t kMaxRecords = 512;

std::unique_ptr<google::protobuf::Arena> NewArena(char* block) {
  google::protobuf::ArenaOptions options;
  options.initial_block = block;
  options.initial_block_size = kArenaBlockBytes;
  return std::make_unique<google::protobuf::Arena>(options);
}

}  // namespace

Judge::Judge(PolicyPtr policy,
             std::function<void(absl::string_view)> on_suppressed,
             RecordBuilder builder, RecordSink& sink)
    : builder_(std::move(builder)),
      sink_(sink),
      detect_(std::move(policy), std::move(on_suppressed)),
      arena_block_(std::make_unique<char[]>(kArenaBlockBytes)),
      arena_(NewArena(arena_block_.get())) {}

void Judge::SetPolicy(PolicyPtr policy) {
  MutexLock lock(mutex_);
  new_policy_ = std::move(policy);
  news_.store(true, std::memory_order_release);
}

void Judge::SetOffered(uint64_t frames, uint64_t dropped) {
  MutexLock lock(mutex_);
  offered_ = frames;
  dropped_ = dropped;
  news_.store(true, std::memory_order_release);
}

void Judge::AddGap(const CaptureGapData& gap) {
  MutexLock lock(mutex_);
  gaps_.push_back(gap);
  news_.store(true, std::memory_order_release);
}

void Judge::BuildGaps() {
  std::vector<CaptureGapData> gaps;
  {
    MutexLock lock(mutex_);
    gaps.swap(gaps_);
  }
  for (const CaptureGapData& gap : gaps) {
    builder_.CaptureGap(gap.reason, gap.interface, gap.start, gap.end,
                        gap.frames, gap_number_++, *NewRecord());
    counters_.events.Add();
  }
}

void Judge::TakeNewPolicy() {
  if (!news_.load(std::memory_order_acquire)) return;
  PolicyPtr policy;
  uint64_t offered;
  uint64_t dropped;
  {
    MutexLock lock(mutex_);
    news_.store(false, std::memory_order_relaxed);
    policy = std::move(new_policy_);
    new_policy_ = nullptr;
    offered = offered_;
    dropped = dropped_;
  }
  if (policy != nullptr) detect_.SetPolicy(std::move(policy));
  if (offered > 0) {
    const double lost = static_cast<double>(dropped);
    detect_.SetCoverage(1.0 - lost / static_cast<double>(offered));
  }
  stats_.SetDropped(dropped);
  BuildGaps();
}

v1::Record* Judge::NewRecord() {
  auto* record =
      google::protobuf::Arena::CreateMessage<v1::Record>(arena_.get());
  records_.push_back(record);
  return record;
}

void Judge::BuildFlowsAndEvents(SignalBatch& batch) {
  const bool wants_flows = sink_.Wants(v1::RECORD_KIND_FLOW);
  const bool wants_events = sink_.Wants(v1::RECORD_KIND_EVENT);
  for (const Signal& signal : batch.signals) {
    if (records_.size() >= kMaxRecords) Hand();
    switch (signal.kind) {
      case SignalKind::kOuterSeen:
      case SignalKind::kFlowOpened:
        links_.OnSignal(signal);
        break;
      case SignalKind::kFlowClosed:
      case SignalKind::kFlowUpdated: {
        FlowSummary& flow = batch.flows[signal.detail];
        links_.Apply(flow, signal.kind == SignalKind::kFlowClosed);
        counters_.flows.Add();
        if (wants_flows) builder_.Flow(flow, *NewRecord());
        break;
      }
      case SignalKind::kArp: {
        const ArpSignal& arp = batch.arps[signal.detail];
        const Neighbours::Change change = neighbours_.Learn(arp);
        if (!change.changed) break;
        counters_.events.Add();
        if (wants_events) {
          builder_.Neighbour(signal, arp, change.previous, *NewRecord());
        }
        break;
      }
      case SignalKind::kAnomaly: {
        AnomalyData& anomaly = batch.anomalies[signal.detail];
        anomaly.count = anomalies_.Take(anomaly.name);
        if (anomaly.count == 0) break;
        counters_.events.Add();
        if (wants_events) builder_.Anomaly(signal, anomaly, *NewRecord());
        break;
      }
      case SignalKind::kDnsTransaction:
        counters_.events.Add();
        if (wants_events) {
          builder_.Dns(signal, batch.dns[signal.detail], *NewRecord());
        }
        break;
      default:
        break;
    }
  }
}

void Judge::BuildDetections() {
  for (Detection& detection : detections_) {
    if (records_.size() >= kMaxRecords) Hand();
    if (detection.alert.revision() == 1) counters_.alerts.Add();
    builder_.Alert(detection.clock, std::move(detection.alert), *NewRecord());
  }
  detections_.clear();
}

void Judge::BuildStats() {
  if (sink_.Wants(v1::RECORD_KIND_STATS)) {
    for (v1::Stats& stats : windows_) {
      if (records_.size() >= kMaxRecords) Hand();
      builder_.Stats(std::move(stats), *NewRecord());
    }
  }
  windows_.clear();
}

void Judge::Hand() {
  if (records_.empty()) return;
  sink_.Accept(absl::MakeConstSpan(records_));
  records_.clear();
  // Records, and what they allocated, go at once; the first block stays.
  arena_->Reset();
}

void Judge::Take(SignalBatch& signals) {
  TakeNewPolicy();
  // Alerts first: nothing of a batch may delay them.
  detect_.Process(signals, detections_);
  detect_.AdvanceClock(signals.watermark, detections_);
  BuildDetections();
  stats_.Process(signals, windows_);
  stats_.AdvanceClock(signals.watermark, windows_);
  BuildStats();
  BuildFlowsAndEvents(signals);
  Hand();
}

void Judge::TakePackets(const DecodedBatch& decoded) {
  if (!sink_.Wants(v1::RECORD_KIND_PACKET)) return;
  for (const Packet& packet : decoded.packets) {
    if (records_.size() >= kMaxRecords) Hand();
    builder_.Packet(packet, 0, *NewRecord());
  }
  Hand();
}

void Judge::Finish() {
  detect_.Finish(detections_);
  BuildDetections();
  stats_.Finish(windows_);
  BuildStats();
  Hand();
}

}  // namespace tapline
