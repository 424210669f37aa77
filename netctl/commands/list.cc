#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/output/columns.h"
#include "common/schema/field_info.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/filter_options.h"
#include "netctl/commands/selectors.h"
#include "netctl/commands/summaries.h"
#include "netctl/commands/tables.h"

namespace tapline {
namespace {

constexpr uint32_t kPageSize = 1000;

struct ListOptions {
  SelectorOptions selector;
  FilterOptions filter;
  RangeOptions range;
  uint32_t limit = 100;
  bool all = false;
  bool open = false;
  bool fail_empty = false;
  std::string order_by;
  // Of flows.
  bool has_alert = false;
  std::string order;
};

using Stub = v1::HistoryService::Stub;

// Only lists of flows may be.
template <typename Response>
bool IsCut(const Response&) {
  return false;
}
bool IsCut(const v1::ListFlowsResponse& response) {
  return response.truncated();
}

// Why a list is empty, where that is not plain.
template <typename Request>
void ExplainEmpty(Session&, const Request&) {}
// A list of flows has only those that ended.
void ExplainEmpty(Session& session, v1::ListFlowsRequest request) {
  if (request.open()) return;
  request.set_open(true);
  request.set_page_size(kPageSize);
  request.clear_page_token();
  request.clear_order_by();
  request.clear_range();
  v1::ListFlowsResponse response;
  const grpc::Status status = session.client().Call(
      session.client().history(), &Stub::ListFlows, request, &response);
  const int open = response.records_size();
  std::string rest;
  if (status.ok() && open == 0) {
    rest = ", and none that is open now";
  } else if (status.ok()) {
    rest = absl::StrCat("; ", open == kPageSize ? "at least " : "", open,
                        open == 1 ? " open one does" : " open ones do",
                        ": 'netctl list flows --open', or 'netctl watch flows' "
                        "for when they end");
  }
  session.terminal().Say(absl::StrCat("no ended flow matches", rest));
}

// Reads pages until the limit. JSON and CSV are printed page by page, tables
// at the end, when their columns are known.
template <typename Request, typename Response>
int ListRecords(Session& session, const ListOptions& options,
                v1::RecordKind kind,
                grpc::Status (Stub::*method)(grpc::ClientContext*,
                                             const Request&, Response*),
                Request request) {
  const std::optional<int> explained = options.filter.Explain(session, kind);
  if (explained.has_value()) return *explained;
  request.set_filter(options.filter.Text());
  auto selector = options.selector.Build();
  if (!selector.ok()) return session.FailUsage(selector.status().message());
  auto range = options.range.Build(absl::Now());
  if (!range.ok()) return session.FailUsage(range.status().message());
  *request.mutable_selector() = *std::move(selector);
  *request.mutable_range() = *std::move(range);
  if (!options.order.empty() && !options.order_by.empty()) {
    return session.FailUsage("--order and --order-by exclude each other");
  }
  request.set_order_by(options.order.empty()
                           ? options.order_by
                           : absl::StrCat(options.order, " desc"));
  Printer<v1::Record> printer(RecordColumns(kind), session.print_options(),
                              kIdColumn);
  std::vector<Redacted<v1::Record>> rows;
  uint64_t left = options.all ? UINT64_MAX : options.limit;
  uint64_t printed = 0;
  bool cut = false;
  while (left > 0) {
    request.set_page_size(
        static_cast<uint32_t>(std::min<uint64_t>(left, kPageSize)));
    Response response;
    const grpc::Status status = session.client().Call(
        session.client().history(), method, request, &response);
    if (!status.ok()) return options.filter.Fail(session, status);
    for (const v1::Gap& gap : response.gaps()) {
      session.terminal().Say(GapText(session.redactor().Apply(gap)));
    }
    cut |= IsCut(response);
    for (v1::Record& record : *response.mutable_records()) {
      if (left == 0) break;
      --left;
      ++printed;
      Redacted<v1::Record> item = session.redactor().Apply(std::move(record));
      if (!session.json()) {
        rows.push_back(std::move(item));
      } else if (!session.terminal().Out(printer.Item(item))) {
        return session.terminal().failed() ? kExitFailure : kExitOk;
      }
    }
    request.set_page_token(response.next_page_token());
    if (response.next_page_token().empty()) break;
  }
  if (printed == 0) ExplainEmpty(session, request);
  if (printed == 0 && options.fail_empty) return kExitNotFound;
  const int code = session.json() ? kExitOk : session.Print(printer.List(rows));
  // Sorted flows come in one page, which says whether more would follow.
  const bool one_page = !options.order.empty();
  const bool longest = printed >= kPageSize;
  if (!request.page_token().empty() ||
      (one_page && cut && printed > 0 && printed == request.page_size())) {
    session.terminal().Say(absl::StrCat(
        "these are the first ", printed,
        one_page && longest ? ", as many as a sorted list has" : "",
        "; there are more: see ",
        one_page ? (longest ? "--filter, " : "--limit, ") : "--limit, --all, ",
        "--since and --until"));
  } else if (cut) {
    session.terminal().Say(
        "there is more than could be looked at: see --since and --until");
  }
  return code;
}

void AddPaging(Command& command, ListOptions& options) {
  options.filter.AddTo(command);
  options.range.AddTo(command);
  command.Number("--limit,-n", options.limit, "At most this many (100)");
  command.Flag("--all", options.all, "As many as there are");
  command.Text("--order-by", options.order_by,
               "received_at or observed_at, with ' desc'");
  command.Flag("--fail-empty", options.fail_empty,
               "Exit with 3 if nothing matches");
}

void AddHistory(Command& list, Session& session) {
  auto alerts = std::make_shared<ListOptions>();
  Command alerts_command = list.Sub(
      "alerts", "Alerts that were kept",
      "netctl list alerts --since 24h --severity high --unacknowledged");
  alerts->selector.AddTo(alerts_command, true);
  AddPaging(alerts_command, *alerts);
  alerts_command.Action([alerts, &session] {
    return ListRecords(session, *alerts, v1::RECORD_KIND_ALERT,
                       &Stub::ListAlerts, v1::ListAlertsRequest());
  });

  auto flows = std::make_shared<ListOptions>();
  Command flows_command =
      list.Sub("flows", "Flows that ended; with --open those open now",
               "netctl list flows --open\nnetctl list flows --since 10m\n"
               "netctl list flows --has-alert --order bytes");
  flows->selector.AddTo(flows_command, false);
  AddPaging(flows_command, *flows);
  flows_command.Flag("--open", flows->open, "Flows open now");
  flows_command.Flag("--has-alert", flows->has_alert,
                     "Only flows that an alert is about");
  flows_command.Text("--order", flows->order,
                     "The most of these first, the newest by start",
                     {"bytes", "packets", "duration", "start"});
  flows_command.Action([flows, &session] {
    v1::ListFlowsRequest request;
    request.set_open(flows->open);
    request.set_has_alert(flows->has_alert);
    return ListRecords(session, *flows, v1::RECORD_KIND_FLOW, &Stub::ListFlows,
                       std::move(request));
  });

  auto events = std::make_shared<ListOptions>();
  Command events_command = list.Sub("events", "Events that were kept",
                                    "netctl list events --protocol dns");
  events->selector.AddTo(events_command, false);
  AddPaging(events_command, *events);
  events_command.Action([events, &session] {
    return ListRecords(session, *events, v1::RECORD_KIND_EVENT,
                       &Stub::ListEvents, v1::ListEventsRequest());
  });
}

using v1::Rule;

int ListRules(Session& session) {
  v1::ListRulesResponse response;
  const grpc::Status status = session.client().Call(
      session.client().policy(), &v1::PolicyService::Stub::ListRules,
      v1::ListRulesRequest(), &response);
  if (!status.ok()) return session.Fail(status);
  const std::vector<Column<Rule>> columns = {
      {"NAME", 13, false, false,
       [](const Rule& r) { return TextCell(r.name()); }},
      {"ENABLED", 7, false, false,
       [](const Rule& r) { return TextCell(r.enabled() ? "yes" : "no"); }},
      {"SEVERITY", 8, false, false,
       [](const Rule& r) {
         return Cell{ShortEnumName(*v1::Severity_descriptor(), r.severity()),
                     SeverityColor(r.severity()), ""};
       }},
      {"TECHNIQUE", 9, false, false,
       [](const Rule& r) { return TextCell(r.technique()); }},
      {"VERSION", 7, true, true,
       [](const Rule& r) { return NumberCell(r.version()); }},
      {"DESCRIPTION", 20, false, false,
       [](const Rule& r) { return TextCell(r.description()); }},
  };
  return session.PrintList(columns, Items(response.rules()));
}

}  // namespace

void AddList(Command& root, Session& session) {
  Command list =
      root.Sub("list", "List what is kept or configured",
               "netctl list alerts --since 24h\nnetctl list flows --open");
  AddHistory(list, session);
  AddSummaries(list, session);
  list.Sub("interfaces", "Interfaces of the sensor").Action([&session] {
    return ListInterfaces(session);
  });
  list.Sub("suppressions", "Alerts that are not raised").Action([&session] {
    return ListSuppressions(session);
  });
  list.Sub("filters", "Saved filters").Action([&session] {
    return ListFilters(session);
  });
  list.Sub("rules", "Detection rules").Action([&session] {
    return ListRules(session);
  });
  list.Sub("replays", "Replays, running and ended").Action([&session] {
    return ListReplays(session);
  });
  auto prefix = std::make_shared<std::string>();
  list.Sub("settings", "Settings with their origin",
           "netctl list settings --prefix detect.")
      .Text("--prefix", *prefix, "Only paths that begin with this")
      .Action([prefix, &session] { return ListSettings(session, *prefix); });
  auto limit = std::make_shared<uint32_t>(50);
  list.Sub("talkers", "Addresses with the most traffic")
      .Number("--limit,-n", *limit, "At most this many (50)")
      .Action([limit, &session] { return ListTalkers(session, *limit); });
}

}  // namespace tapline
