#include "sensord/flow/flow_engine.h"

#include <utility>

#include "sensord/flow/flow_tracker.h"

namespace tapline {

class FlowEngine::Impl : public FlowTracker {
 public:
  using FlowTracker::FlowTracker;
};

FlowEngine::FlowEngine(const FlowOptions& options, ShardMask shards,
                       std::unique_ptr<PayloadAnalyzer> analyzer)
    : impl_(std::make_unique<Impl>(options, shards, std::move(analyzer))) {}

FlowEngine::~FlowEngine() = default;

void FlowEngine::Process(const DecodedBatch& batch, SignalBatch& out) {
  impl_->Process(batch, out);
}

void FlowEngine::AdvanceClock(UnixNanos clock, SignalBatch& out) {
  impl_->AdvanceClock(clock, out);
}

void FlowEngine::Finish(FlowEnd reason, int slice, SignalBatch& out) {
  impl_->Finish(reason, slice, out);
}

void FlowEngine::Finish(FlowEnd reason, SignalBatch& out) {
  for (int slice = 0; slice < kFinishSlices; ++slice) {
    impl_->Finish(reason, slice, out);
  }
}

void FlowEngine::Snapshot(size_t limit, uint64_t* cursor,
                          std::vector<FlowSummary>& out) {
  impl_->Snapshot(limit, cursor, out);
}

void FlowEngine::FindFlows(const FlowIdRange& ids, size_t limit,
                           uint64_t* cursor, std::vector<FlowSummary>& out) {
  impl_->FindFlows(ids, limit, cursor, out);
}

const FlowCounters& FlowEngine::counters() const { return impl_->counters(); }

}  // namespace tapline
