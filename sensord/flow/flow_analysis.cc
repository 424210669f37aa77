// Datagrams on their way to the analyzers, and the memory that understanding
// payload may take. flow_streams.cc has TCP.

#include <utility>

#include "sensord/flow/flow_output.h"
#include "sensord/flow/flow_tracker.h"

namespace tapline {

FlowIdentity FlowTracker::IdentityOf(const FlowEntry& flow) const {
  FlowIdentity identity;
  identity.ip_protocol = flow.ip_protocol;
  identity.originator_port = flow.originator_port;
  identity.responder_port = flow.responder_port;
  identity.flow_id = flow.id;
  identity.originator = flow.originator;
  identity.responder = flow.responder;
  return identity;
}

FlowDetail& FlowTracker::DetailOf(FlowEntry& flow) {
  if (flow.detail == 0) flow.detail = details_.Add() & 0xfffffff;
  return details_[flow.detail];
}

void FlowTracker::AnalyzeDatagram(Shard& shard, EntryId id,
                                  const Packet& packet, bool from_originator) {
  FlowEntry& flow = slab_[id];
  Segment segment;
  segment.bytes = {packet.payload, packet.payload_captured};
  segment.clock = packet.clock;
  segment.from_originator = from_originator;
  segment.datagram = true;
  segment.truncated = (packet.marks & kMarkTruncated) != 0;
  segment.packet = &packet;
  segment.quoted_flow_id = quoted_flow_id_;
  Output output(*this, flow);
  if (flow.detail != 0 && details_[flow.detail].analyzer != nullptr) {
    if (!details_[flow.detail].analyzer->OnSegment(segment, output)) {
      StopAnalysis(shard, flow);
    } else {
      CountAnalysis(shard, flow);
    }
    return;
  }
  bool more = true;
  std::unique_ptr<FlowAnalyzer> analyzer =
      analyzer_->OpenDatagrams(IdentityOf(flow), segment, output, &more);
  if (!more || (analyzer == nullptr &&
                flow.packets[0] + flow.packets[1] >= kMaxUnknownDatagrams)) {
    flow.Drop(kFlowWantsPayload);
  }
  if (analyzer == nullptr) return;
  DetailOf(flow).analyzer = std::move(analyzer);
  shard.analyses.push_back({id, flow.id});
  CountAnalysis(shard, flow);
}

void FlowTracker::CountAnalysis(Shard& shard, FlowEntry& flow) {
  FlowDetail& detail = details_[flow.detail];
  const size_t now =
      detail.analyzer->MemoryBytes() +
      (detail.streams != nullptr ? detail.streams->MemoryBytes() : 0);
  shard.analysis_bytes += now - detail.analysis_bytes;
  detail.analysis_bytes = static_cast<uint32_t>(now);
  if (shard.analysis_bytes > max_analysis_bytes_) EvictAnalyses(shard);
}

// The oldest goes first: most flows are understood after a few packets.
void FlowTracker::EvictAnalyses(Shard& shard) {
  while (shard.analysis_bytes > max_analysis_bytes_ &&
         !shard.analyses.empty()) {
    const Analysis oldest = shard.analyses.front();
    shard.analyses.pop_front();
    FlowEntry& flow = slab_[oldest.entry];
    if (flow.id != oldest.flow_id || flow.detail == 0 ||
        details_[flow.detail].analyzer == nullptr) {
      continue;
    }
    TellAnomaly(flow, FlowAnomaly::kAnalysisEvicted);
    EndAnalysis(flow, AnalysisEnd::kGivenUp);
  }
}

void FlowTracker::StopAnalysis(Shard& shard, FlowEntry& flow) {
  flow.Drop(kFlowWantsPayload);
  FlowDetail& detail = details_[flow.detail];
  detail.analyzer.reset();
  detail.streams.reset();
  shard.analysis_bytes -= std::exchange(detail.analysis_bytes, 0);
  // The list of analyses is mostly of those that have ended.
  if (++shard.ended_analyses < shard.analyses.size() / 2 + 64) return;
  shard.ended_analyses = 0;
  std::deque<Analysis> running;
  for (const Analysis& analysis : shard.analyses) {
    const FlowEntry& other = slab_[analysis.entry];
    if (other.id == analysis.flow_id && other.detail != 0 &&
        details_[other.detail].analyzer != nullptr) {
      running.push_back(analysis);
    }
  }
  shard.analyses.swap(running);
}

void FlowTracker::EndAnalysis(FlowEntry& flow, AnalysisEnd why) {
  if (flow.detail == 0 || details_[flow.detail].analyzer == nullptr) return;
  FlowDetail& detail = details_[flow.detail];
  Output output(*this, flow, why);
  bool more = true;
  for (int side = 0; side < 2 && more && detail.streams != nullptr; ++side) {
    detail.streams->side[side].Flush();
    more = Deliver(flow, side, clock_, output);
  }
  if (more) detail.analyzer->OnEnd(output);
  StopAnalysis(*shards_[flow.shard], flow);
}

}  // namespace tapline
