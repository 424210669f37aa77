// One source from frames to records: capture, decode, flow, analyzers, detect,
// stats, record building, in that order.
//
// With one worker everything runs in the thread that calls Run. With several,
// that thread reads and decodes, each worker owns a share of the 16 flow
// shards, and one thread merges their signals and judges them:
//
//   Run: read, decode ──batch──▶ worker 0..N-1 ──signals──▶ merge, judge, build
//
// Every batch goes to every worker, and the merge takes batch by batch, so the
// records do not depend on the number of workers.

#ifndef TAPLINE_SENSORD_PIPELINE_PIPELINE_H_
#define TAPLINE_SENSORD_PIPELINE_PIPELINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/log/log.h"
#include "sensord/capture/frame_source.h"
#include "sensord/decode/decoder.h"
#include "sensord/flow/flow_engine.h"
#include "sensord/journal/record_builder.h"
#include "sensord/journal/record_sink.h"
#include "sensord/pipeline/open_flows.h"
#include "sensord/pipeline/packet_ring.h"
#include "sensord/policy/policy.h"
#include "tapline/v1/loss.pb.h"
#include "tapline/v1/stats.pb.h"

namespace tapline {

struct PipelineOptions {
  // 1..16.
  int workers = 1;
  PolicyPtr policy;
  Origin origin;
  ScopeResolver scopes;
  // Secret of all hashes: RandomSeed(), or fixed in tests.
  uint64_t seed[2] = {0, 0};
  // Of a live source, for gap events.
  std::string interface;
  // Told the id of a suppression that hid an alert; may be null.
  std::function<void(absl::string_view)> on_suppressed;
  // Hears of frames dropped before capture; may be null.
  Log* log = nullptr;
  // Gets every frame that is read; may be null.
  std::shared_ptr<PacketRing> packets;
};

// 128 bits from the system.
void RandomSeed(uint64_t seed[2]);

// What went through so far. Exact once Run has returned.
struct PipelineTotals {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t flows = 0;
  uint64_t events = 0;
  uint64_t alerts = 0;
  uint64_t suppressed_alerts = 0;
  uint64_t aggregated_flows = 0;
  uint64_t open_flows = 0;
  uint64_t peak_open_flows = 0;
  UnixNanos first_clock = 0;
  UnixNanos last_clock = 0;
};

class Pipeline {
 public:
  // `sink` must outlive the pipeline.
  Pipeline(const PipelineOptions& options, std::unique_ptr<FrameSource> source,
           RecordSink& sink);
  ~Pipeline();

  // Runs until the source ends, then closes all flows and gives out everything.
  // Returns why a source could not be read to its end. Call once.
  absl::Status Run();

  // The rest is thread-safe.

  // Makes Run return soon; everything read is still worked off.
  void Stop();
  // Takes effect with the next batch.
  void SetPolicy(PolicyPtr policy);
  uint64_t policy_revision() const;
  const FrameSource& source() const;
  FrameSource& source();

  PipelineTotals totals() const;
  // Of frames; `in` includes what the kernel and the interface lost.
  v1::Loss Loss() const;
  std::vector<v1::StageLoss> StageLosses() const;
  std::vector<v1::AnomalyCount> Anomalies() const;
  v1::Stats LatestStats(absl::Duration window) const;
  std::vector<v1::TopTalker> TopTalkers(size_t limit) const;
  // Of all flows told so far; most bytes first.
  std::vector<v1::ProtocolUse> Protocols(size_t limit) const;
  // Open flows, redacted, asked of the workers between batches; what there is
  // when `timeout` passes.
  OpenFlowList OpenFlows(const OpenFlowQuery& query, absl::Duration timeout);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_PIPELINE_PIPELINE_H_
