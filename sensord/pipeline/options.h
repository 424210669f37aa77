// From the configuration to the options of the stages.

#ifndef TAPLINE_SENSORD_PIPELINE_OPTIONS_H_
#define TAPLINE_SENSORD_PIPELINE_OPTIONS_H_

#include "sensord/analyzers/analyzer_set.h"
#include "sensord/decode/decoder.h"
#include "sensord/flow/flow_engine.h"
#include "tapline/v1/config.pb.h"

namespace tapline {

FlowOptions FlowOptionsOf(const v1::FlowConfig& config, const uint64_t seed[2]);
AnalyzerOptions AnalyzerOptionsOf(const v1::FlowConfig& config);
DecoderOptions DecoderOptionsOf(const v1::FlowConfig& config,
                                const uint64_t seed[2]);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_PIPELINE_OPTIONS_H_
