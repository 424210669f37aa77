// Expert information: what is odd about flows.

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/output/inspection_columns.h"
#include "common/schema/field_info.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/filter_options.h"
#include "netctl/commands/selectors.h"
#include "netctl/commands/tables.h"

namespace tapline {
namespace {

struct ExpertOptions {
  std::string flow;
  std::string severity;
  std::vector<std::string> codes;
  uint32_t limit = 100;
  SelectorOptions selector;
  FilterOptions filter;
  RangeOptions range;
};

int ListFindings(Session& session, const ExpertOptions& options) {
  v1::ListExpertInfoRequest request;
  if (const auto explained =
          options.filter.Explain(session, v1::RECORD_KIND_FLOW)) {
    return *explained;
  }
  request.set_filter(options.filter.Text());
  request.set_flow_id(absl::AsciiStrToLower(options.flow));
  const auto selector = options.selector.Build();
  if (!selector.ok()) return session.FailUsage(selector.status().message());
  const auto range = options.range.Build(absl::Now());
  if (!range.ok()) return session.FailUsage(range.status().message());
  *request.mutable_selector() = *selector;
  *request.mutable_range() = *range;
  // Of one flow, the source of its records.
  if (selector->source_ids_size() > 0) {
    request.set_source_id(selector->source_ids(0));
  }
  if (const auto severity =
          ParseEnumName(*v1::FindingSeverity_descriptor(), options.severity)) {
    request.set_min_severity(static_cast<v1::FindingSeverity>(*severity));
  }
  for (const std::string& code : options.codes) request.add_codes(code);
  request.set_limit(options.limit);
  v1::ListExpertInfoResponse response;
  const grpc::Status status = session.client().Call(
      session.client().history(), &v1::HistoryService::Stub::ListExpertInfo,
      request, &response);
  if (!status.ok()) return options.filter.Fail(session, status);
  const int code =
      session.PrintList(FindingColumns(), Items(response.findings()));
  if (response.has_summary()) {
    session.terminal().Say(
        session.redactor().Text(response.summary().text()).get());
  }
  if (response.truncated()) {
    session.terminal().Say(absl::StrCat(
        "there is more: the newest ", response.flows_examined(), " flows and ",
        response.events_examined(),
        " events were examined; see --limit, --since and --until"));
  }
  return code;
}

}  // namespace

void AddExpert(Command& root, Session& session) {
  auto options = std::make_shared<ExpertOptions>();
  Command expert =
      root.Sub("expert", "What is odd about flows, and why",
               "netctl expert --since 1h --severity warn\n"
               "netctl expert --flow 03bd\n"
               "netctl expert --code tls.deprecated_version -o wide");
  expert.Text("--flow", options->flow,
              "Of this flow: its id, or the first 4 digits or more");
  expert.Text("--severity", options->severity, "This severity or worse",
              {"note", "warn", "error"});
  expert.List("--code", options->codes, "Only these codes");
  expert.Number("--limit,-n", options->limit, "At most this many (100)");
  options->selector.AddTo(expert, false);
  options->filter.AddTo(expert);
  options->range.AddTo(expert);
  expert.Action(
      [options, &session] { return ListFindings(session, *options); });
}

}  // namespace tapline
