// The checks of findings.def, one function each. Internal to expert.

#ifndef TAPLINE_SENSORD_INSPECT_FINDINGS_H_
#define TAPLINE_SENSORD_INSPECT_FINDINGS_H_

#include "sensord/inspect/finding_writer.h"
#include "sensord/inspect/flow_facts.h"

namespace tapline::findings {

#define FINDING(function, code, severity, category, risk, summary, action) \
  void function(const FlowFacts& facts, FindingWriter& out);
#include "sensord/inspect/findings.def"
#undef FINDING

}  // namespace tapline::findings

#endif  // TAPLINE_SENSORD_INSPECT_FINDINGS_H_
