// The HistoryService's lists of flows: pages of the store, the first by what
// they amount to, flows that are open now.

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/status/macros.h"
#include "common/sync/work.h"
#include "sensord/inspect/flow_list.h"
#include "sensord/inspect/record_scan.h"
#include "sensord/service/errors.h"
#include "sensord/service/history_service.h"
#include "sensord/service/record_name.h"
#include "sensord/store/selector_match.h"

namespace tapline {
namespace {

// Flows looked through for one page of open flows.
constexpr size_t kOpenFlowsScanned = 65'536;
constexpr absl::string_view kRankings = "bytes, packets, duration, start";

absl::Status OnePageOnly() {
  return Refuse(Reason::kPAGE_TOKEN_INVALID,
                "page_token: sorted flows come in one page",
                {{"field", "page_token"}});
}

// Those there was no room for are told of: there is no next page.
void Give(FlowTop& top, v1::ListFlowsResponse& response) {
  const size_t added = top.added();
  for (v1::Record& record : top.Take()) {
    *response.add_records() = std::move(record);
  }
  if (added > static_cast<size_t>(response.records_size())) {
    response.set_truncated(true);
  }
}

}  // namespace

absl::StatusOr<HistoryServiceImpl::FlowQuery> HistoryServiceImpl::FlowQueryOf(
    const v1::ListFlowsRequest& request) {
  FlowQuery query;
  RETURN_IF_ERROR(CheckSelector(request.selector()));
  RETURN_IF_ERROR(CheckRange(request.range()));
  query.ranking = FlowRanking::Parse(request.order_by());
  if (!query.ranking.has_value()) {
    ASSIGN_OR_RETURN(query.store.order_by,
                     OrderBy(request.order_by(), kRankings));
  } else {
    query.store.order_by = "received_at desc";
  }
  query.store.kind = v1::RECORD_KIND_FLOW;
  query.store.selector = WithLiveSource(request.selector());
  query.store.range = request.range();
  ASSIGN_OR_RETURN(query.filter, FilterOf(request));
  query.store.filter = query.filter.get();
  if (request.has_alert()) {
    ASSIGN_OR_RETURN(query.alerted,
                     AlertedFlows::Read(store_, query.store.selector));
  }
  return query;
}

absl::Status HistoryServiceImpl::DoListFlows(
    const v1::ListFlowsRequest& request, v1::ListFlowsResponse& response) {
  ASSIGN_OR_RETURN(FlowQuery query, FlowQueryOf(request));
  response.set_truncated(query.alerted.has_value() &&
                         query.alerted->truncated());
  if (request.open()) return ListOpenFlows(request, query, response);
  if (query.ranking.has_value()) {
    RETURN_IF_ERROR(ListFirstFlows(request, query, response));
  } else {
    RETURN_IF_ERROR(ListFlowPage(request, query, response));
  }
  if (!request.page_token().empty()) return absl::OkStatus();
  return AddGaps(v1::RECORD_KIND_FLOW, request.range(),
                 *response.mutable_gaps());
}

absl::Status HistoryServiceImpl::ListFlowPage(
    const v1::ListFlowsRequest& request, FlowQuery& query,
    v1::ListFlowsResponse& response) {
  using SteadyClock = std::chrono::steady_clock;
  const ScanLimits limits;
  const SteadyClock::time_point end =
      SteadyClock::now() + absl::ToChronoNanoseconds(limits.time);
  const size_t wanted = PageSize(request.page_size());
  ASSIGN_OR_RETURN(query.store.position,
                   tokens_.Open(request, request.page_token()));
  uint64_t examined = 0;
  do {
    // Never more than there is room for: a page's end is where the next begins.
    query.store.limit = wanted - static_cast<size_t>(response.records_size());
    const size_t used = response.ByteSizeLong();
    ASSIGN_OR_RETURN(StorePage page, FittingPage(query.store, used));
    const bool full = page.records.empty() && used > 0;
    examined += page.records.size();
    for (v1::Record& record : page.records) {
      if (!query.TakesByAlerts(record)) continue;
      *response.add_records() = std::move(record);
    }
    query.store.position = std::move(page.next_position);
    // Half a page is worth an answer.
    if (full) break;
  } while (!query.store.position.empty() &&
           static_cast<size_t>(response.records_size()) < (wanted + 1) / 2 &&
           examined < limits.records && SteadyClock::now() < end);
  response.set_next_page_token(tokens_.Make(request, query.store.position));
  return absl::OkStatus();
}

absl::Status HistoryServiceImpl::ListFirstFlows(
    const v1::ListFlowsRequest& request, const FlowQuery& query,
    v1::ListFlowsResponse& response) {
  if (!request.page_token().empty()) return OnePageOnly();
  FlowTop top(*query.ranking, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(
      const ScanResult scan,
      ScanRecords(store_, query.store, ScanLimits(), [&](v1::Record& record) {
        if (query.TakesByAlerts(record)) top.Add(std::move(record));
        return true;
      }));
  if (scan.truncated) response.set_truncated(true);
  Give(top, response);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::Record>> HistoryServiceImpl::OpenFlowsOf(
    const FlowQuery& query, const std::string& after,
    v1::ListFlowsResponse& response) {
  ASSIGN_OR_RETURN(const std::unique_ptr<SelectorMatcher> matcher,
                   SelectorMatcher::Compile(query.store.selector));
  OpenFlowList open = control_.OpenFlows({kOpenFlowsScanned, "", false});
  if (!open.complete) response.set_truncated(true);
  std::vector<v1::Record> flows;
  for (v1::Record& record : open.flows) {
    if (record.flow().id() <= after) continue;
    if (!matcher->Matches(record)) continue;
    RETURN_IF_ERROR(WorkGoesOn());
    if (query.filter != nullptr) {
      ASSIGN_OR_RETURN(const bool takes, query.filter->Judge(record));
      if (!takes) continue;
    }
    if (query.TakesByAlerts(record)) flows.push_back(std::move(record));
  }
  return flows;
}

absl::Status HistoryServiceImpl::ListOpenFlows(
    const v1::ListFlowsRequest& request, const FlowQuery& query,
    v1::ListFlowsResponse& response) {
  const size_t wanted = PageSize(request.page_size());
  if (query.ranking.has_value()) {
    if (!request.page_token().empty()) return OnePageOnly();
    ASSIGN_OR_RETURN(std::vector<v1::Record> flows,
                     OpenFlowsOf(query, "", response));
    FlowTop top(*query.ranking, wanted);
    for (v1::Record& record : flows) top.Add(std::move(record));
    Give(top, response);
    return absl::OkStatus();
  }
  // Their ids are an order that stays, whatever opens and ends between pages.
  ASSIGN_OR_RETURN(const std::string after,
                   tokens_.Open(request, request.page_token()));
  ASSIGN_OR_RETURN(std::vector<v1::Record> flows,
                   OpenFlowsOf(query, after, response));
  std::sort(flows.begin(), flows.end(),
            [](const v1::Record& a, const v1::Record& b) {
              return a.flow().id() < b.flow().id();
            });
  const size_t all = flows.size();
  if (all > wanted) flows.resize(wanted);
  flows.resize(RecordsThatFit(flows));
  if (flows.size() < all) {
    response.set_next_page_token(
        tokens_.Make(request, flows.back().flow().id()));
  }
  for (v1::Record& record : flows) *response.add_records() = std::move(record);
  return absl::OkStatus();
}

}  // namespace tapline
