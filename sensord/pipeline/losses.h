// The loss ledger of one pipeline, from the counters of its stages.

#ifndef TAPLINE_SENSORD_PIPELINE_LOSSES_H_
#define TAPLINE_SENSORD_PIPELINE_LOSSES_H_

#include <memory>
#include <utility>
#include <vector>

#include "sensord/capture/frame_source.h"
#include "sensord/decode/decoder.h"
#include "sensord/detect/detect_stage.h"
#include "sensord/flow/flow_engine.h"
#include "tapline/v1/loss.pb.h"

namespace tapline {

// Of frames over the whole path. What is neither out nor dropped is in flight:
// fragments held, frames between threads.
v1::Loss FrameLoss(const CaptureCounters& capture,
                   const DecodeCounters& decode);

std::vector<v1::StageLoss> StageLossesOf(
    const CaptureCounters& capture, const DecodeCounters& decode,
    const std::vector<std::unique_ptr<FlowEngine>>& engines,
    const DetectCounters& detect);

// Exact counts of decode, capture clock and flow anomalies, those above zero.
std::vector<v1::AnomalyCount> AnomalyCounts(
    const CaptureCounters& capture, const DecodeCounters& decode,
    const std::vector<std::pair<const char*, uint64_t>>& flow_anomalies);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_PIPELINE_LOSSES_H_
