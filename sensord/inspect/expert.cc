#include "sensord/inspect/expert.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "sensord/inspect/findings.h"
#include "sensord/inspect/flow_text.h"

namespace tapline {
namespace {

using Check = void (*)(const FlowFacts&, FindingWriter&);

constexpr FindingKind kKinds[] = {
#define FINDING(function, code, severity, category, risk, summary, action) \
  {code,                                                                   \
   v1::FINDING_SEVERITY_##severity,                                        \
   v1::FINDING_CATEGORY_##category,                                        \
   v1::FLOW_RISK_##risk,                                                   \
   summary,                                                                \
   action},
#include "sensord/inspect/findings.def"
#undef FINDING
};

constexpr Check kChecks[] = {
#define FINDING(function, code, severity, category, risk, summary, action) \
  &findings::function,
#include "sensord/inspect/findings.def"
#undef FINDING
};

void Fill(const FindingKind& kind, v1::Finding& finding) {
  finding.set_code(std::string(kind.code));
  finding.set_severity(kind.severity);
  finding.set_category(kind.category);
  finding.set_kind(kind.risk);
  finding.set_summary(std::string(kind.summary));
  finding.set_action(std::string(kind.action));
}

}  // namespace

absl::Span<const FindingKind> AllFindings() { return kKinds; }

std::vector<v1::Finding> Examine(const FlowFacts& facts) {
  std::vector<v1::Finding> found;
  for (size_t i = 0; i < std::size(kKinds); ++i) {
    v1::Finding finding;
    Fill(kKinds[i], finding);
    FindingWriter writer(finding);
    kChecks[i](facts, writer);
    if (!writer.fired()) continue;
    finding.set_flow_id(facts.flow.id());
    if (finding.count() == 0) finding.set_count(1);
    if (!finding.has_time()) *finding.mutable_time() = facts.flow.start();
    found.push_back(std::move(finding));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const v1::Finding& a, const v1::Finding& b) {
                     return a.severity() > b.severity();
                   });
  return found;
}

v1::FindingSummary Summarize(const FlowFacts& facts,
                             const std::vector<v1::Finding>& findings) {
  v1::FindingSummary summary;
  std::string codes;
  for (const v1::Finding& finding : findings) {
    switch (finding.severity()) {
      case v1::FINDING_SEVERITY_ERROR:
        summary.set_errors(summary.errors() + 1);
        break;
      case v1::FINDING_SEVERITY_WARN:
        summary.set_warnings(summary.warnings() + 1);
        break;
      default:
        summary.set_notes(summary.notes() + 1);
        continue;
    }
    absl::StrAppend(&codes, codes.empty() ? "; " : ", ", finding.code());
  }
  summary.set_text(absl::StrCat(FlowText(facts), codes));
  return summary;
}

}  // namespace tapline
