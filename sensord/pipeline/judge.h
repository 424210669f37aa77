// The stage behind the workers: takes the signals of a source in their total
// order, links tunnels, detects, counts, and builds the records.

#ifndef TAPLINE_SENSORD_PIPELINE_JUDGE_H_
#define TAPLINE_SENSORD_PIPELINE_JUDGE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/ledger/ledger.h"
#include "common/sync/mutex.h"
#include "sensord/decode/packet.h"
#include "sensord/detect/detect_stage.h"
#include "sensord/journal/record_builder.h"
#include "sensord/journal/record_sink.h"
#include "sensord/pipeline/anomaly_sampler.h"
#include "sensord/pipeline/neighbours.h"
#include "sensord/pipeline/protocol_totals.h"
#include "sensord/pipeline/record_batch.h"
#include "sensord/pipeline/tunnel_links.h"
#include "sensord/stats/stats_stage.h"

namespace tapline {

// See RecordBuilder::CaptureGap.
struct CaptureGapData {
  const char* reason = "";
  std::string interface;
  UnixNanos start = 0;
  UnixNanos end = 0;
  uint64_t frames = 0;
};

struct JudgeCounters {
  Counter flows;
  Counter events;
  Counter alerts;
};

// Thread safety: Take and Finish from one thread; SetPolicy, SetDropped,
// counters(), stats(), protocols() and anomaly_counts() from any.
class Judge {
 public:
  Judge(PolicyPtr policy, std::function<void(absl::string_view)> on_suppressed,
        RecordBuilder builder, RecordSink& sink);

  // `signals` continue the total order up to signals.watermark.
  void Take(SignalBatch& signals);
  // Packet records of a decoded batch, when somebody watches them.
  void TakePackets(const DecodedBatch& decoded);
  void Finish();

  void SetPolicy(PolicyPtr policy);
  // Of the policy the detectors use now; all of it or nothing.
  uint64_t policy_revision() const { return policy_revision_.load(); }
  // A gap of the live link; becomes an event with the next signals.
  void AddGap(const CaptureGapData& gap);
  // Frames offered and lost so far, for coverage and statistics.
  void SetOffered(uint64_t frames, uint64_t dropped);

  const JudgeCounters& counters() const { return counters_; }
  const DetectCounters& detect_counters() const { return detect_.counters(); }
  const StatsStage& stats() const { return stats_; }
  // Flow anomalies, exact.
  std::vector<std::pair<const char*, uint64_t>> anomaly_counts() const {
    return anomalies_.Counts();
  }
  const ProtocolTotals& protocols() const { return protocols_; }
  const RecordBuilder& builder() const { return builder_; }

 private:
  void TakeNewPolicy();
  void BuildFlowsAndEvents(SignalBatch& signals);
  // Tells it, unless there were many of its name.
  void BuildAnomaly(const Signal& signal, AnomalyData anomaly);
  void BuildDetections();
  void BuildStats();
  void BuildGaps();
  // The next record to fill.
  v1::Record& Add(size_t shape);
  void Hand();

  // Constant after construction.
  RecordBuilder builder_;
  RecordSink& sink_;

  // Own synchronization.
  JudgeCounters counters_;
  std::atomic<uint64_t> policy_revision_;
  DetectStage detect_;
  StatsStage stats_;
  AnomalySampler anomalies_;
  ProtocolTotals protocols_;

  // One thread.
  uint64_t gap_number_ = 0;
  TunnelLinks links_;
  Neighbours neighbours_;
  std::vector<Detection> detections_;
  std::vector<v1::Stats> windows_;
  RecordBatch records_;

  Mutex mutex_;
  PolicyPtr new_policy_ ABSL_GUARDED_BY(mutex_);
  std::vector<CaptureGapData> gaps_ ABSL_GUARDED_BY(mutex_);
  uint64_t offered_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;
  std::atomic<bool> news_{false};
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_PIPELINE_JUDGE_H_
