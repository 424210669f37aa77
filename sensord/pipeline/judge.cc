#include "sensord/pipeline/judge.h"

#include <utility>

namespace tapline {
Judge::Judge(PolicyPtr policy,
             std::function<void(absl::string_view)> on_suppressed,
             RecordBuilder builder, RecordSink& sink)
    : builder_(std::move(builder)),
      sink_(sink),
      policy_revision_(policy->revision),
      detect_(std::move(policy), std::move(on_suppressed)) {}

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
                        gap.frames, gap_number_++, Add(RecordBatch::kOther));
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
  if (policy != nullptr) {
    const uint64_t revision = policy->revision;
    detect_.SetPolicy(std::move(policy));
    policy_revision_.store(revision);
  }
  if (offered > 0) {
    const double lost = static_cast<double>(dropped);
    detect_.SetCoverage(1.0 - lost / static_cast<double>(offered));
  }
  stats_.SetDropped(dropped);
  BuildGaps();
}

void Judge::BuildFlowsAndEvents(SignalBatch& batch) {
  const bool wants_flows = sink_.Wants(v1::RECORD_KIND_FLOW);
  const bool wants_events = sink_.Wants(v1::RECORD_KIND_EVENT);
  for (const Signal& signal : batch.signals) {
    switch (signal.kind) {
      case SignalKind::kOuterSeen:
      case SignalKind::kFlowOpened:
        links_.OnSignal(signal);
        break;
      case SignalKind::kFlowClosed:
      case SignalKind::kFlowUpdated: {
        FlowSummary& flow = batch.PartOf(signal).flows[signal.detail];
        links_.Apply(flow, signal.kind == SignalKind::kFlowClosed);
        counters_.flows.Add();
        protocols_.Add(flow);
        if (wants_flows) builder_.Flow(flow, Add(RecordBatch::kFlow));
        break;
      }
      case SignalKind::kArp: {
        const ArpSignal& arp = batch.PartOf(signal).arps[signal.detail];
        const Neighbours::Change change = neighbours_.Learn(arp, signal.clock);
        if (!change.changed) break;
        if (!change.told) {
          BuildAnomaly(signal, {"arp.change_flood"});
          break;
        }
        counters_.events.Add();
        builder_.Neighbour(signal, arp, change.previous,
                           Add(RecordBatch::kOther));
        break;
      }
      case SignalKind::kAnomaly: {
        BuildAnomaly(signal, batch.PartOf(signal).anomalies[signal.detail]);
        break;
      }
      case SignalKind::kEvent: {
        const EventList& events = batch.PartOf(signal).events;
        const EventData& event = events.items[signal.detail];
        counters_.events.Add();
        if (!wants_events) break;
        builder_.Event(signal, event.arm, events.BytesOf(event),
                       Add(RecordBatch::EventShape(event.arm)));
        break;
      }
      default:
        break;
    }
  }
}

void Judge::BuildAnomaly(const Signal& signal, AnomalyData anomaly) {
  anomaly.count = anomalies_.Take(anomaly.name);
  if (anomaly.count == 0) return;
  counters_.events.Add();
  builder_.Anomaly(signal, anomaly, Add(RecordBatch::kOther));
}

void Judge::BuildDetections() {
  for (Detection& detection : detections_) {
    if (detection.alert.revision() == 1) counters_.alerts.Add();
    builder_.Alert(detection.clock, std::move(detection.alert),
                   Add(RecordBatch::kOther));
  }
  detections_.clear();
}

void Judge::BuildStats() {
  for (v1::Stats& stats : windows_) {
    builder_.Stats(std::move(stats), Add(RecordBatch::kOther));
  }
  windows_.clear();
}

v1::Record& Judge::Add(size_t shape) {
  if (records_.IsFull()) Hand();
  return records_.Add(shape);
}

void Judge::Hand() {
  if (records_.empty()) return;
  sink_.Accept(records_.span());
  records_.Clear();
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
    builder_.Packet(packet, 0, Add(RecordBatch::kOther));
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
