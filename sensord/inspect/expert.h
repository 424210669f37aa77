// Expert information (D20, D21): explainable findings about a flow. Pure: the
// same facts, the same findings.
//
// One finding is one function over FlowFacts and one line of findings.def.

#ifndef TAPLINE_SENSORD_INSPECT_EXPERT_H_
#define TAPLINE_SENSORD_INSPECT_EXPERT_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sensord/inspect/flow_facts.h"
#include "tapline/v1/finding.pb.h"

namespace tapline {

struct FindingKind {
  absl::string_view code;
  v1::FindingSeverity severity;
  v1::FindingCategory category;
  v1::FlowRisk risk;
  absl::string_view summary;
  absl::string_view action;
};

// The lines of findings.def. Static storage.
absl::Span<const FindingKind> AllFindings();

// Worst first, then in the order of findings.def.
std::vector<v1::Finding> Examine(const FlowFacts& facts);

// What the flow is and how many findings of each severity it has.
v1::FindingSummary Summarize(const FlowFacts& facts,
                             const std::vector<v1::Finding>& findings);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_EXPERT_H_
