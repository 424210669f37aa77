// All protocols of one engine: who may claim a flow, and who reads it.

#ifndef TAPLINE_SENSORD_ANALYZERS_ANALYZER_SET_H_
#define TAPLINE_SENSORD_ANALYZERS_ANALYZER_SET_H_

#include <memory>
#include <vector>

#include "sensord/analyzers/analyzer.h"
#include "sensord/event/protocol.h"
#include "sensord/flow/payload_analyzer.h"

namespace tapline {

struct AnalyzerOptions {
  // False: protocols by port and transport only.
  bool enabled = true;
  // Not recognized by content nor read.
  std::vector<Protocol> off;
};

std::unique_ptr<PayloadAnalyzer> NewAnalyzerSet(AnalyzerOptions options = {});

// Every unit of protocols.def, in its order. Static storage.
absl::Span<const AnalyzerUnit* const> AllUnits();

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_ANALYZER_SET_H_
