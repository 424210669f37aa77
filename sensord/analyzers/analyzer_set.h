// All application analyzers of one engine (analyzers.def).

#ifndef TAPLINE_SENSORD_ANALYZERS_ANALYZER_SET_H_
#define TAPLINE_SENSORD_ANALYZERS_ANALYZER_SET_H_

#include <memory>

#include "sensord/flow/payload_analyzer.h"

namespace tapline {

std::unique_ptr<PayloadAnalyzer> NewAnalyzerSet();

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_ANALYZER_SET_H_
