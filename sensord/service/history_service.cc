#include "sensord/service/history_service.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "sensord/service/errors.h"
#include "sensord/service/record_name.h"

namespace tapline {
namespace {

constexpr size_t kMaxNoteBytes = 1024;
// Gaps told with the first page.
constexpr size_t kMaxListGaps = 100;
constexpr uint32_t kDefaultTalkers = 50;
constexpr uint32_t kMaxTalkers = 1000;

}  // namespace

template <typename Request, typename Response>
absl::Status HistoryServiceImpl::List(v1::RecordKind kind,
                                      const Request& request,
                                      Response& response) {
  RETURN_IF_ERROR(CheckSelector(request.selector()));
  RETURN_IF_ERROR(CheckRange(request.range()));
  StoreQuery query;
  query.kind = kind;
  query.selector = WithLiveSource(request.selector());
  ASSIGN_OR_RETURN(const FilterPtr filter, FilterOf(request));
  query.filter = filter.get();
  query.range = request.range();
  query.limit = PageSize(request.page_size());
  ASSIGN_OR_RETURN(query.order_by, OrderBy(request.order_by()));
  ASSIGN_OR_RETURN(query.position, tokens_.Open(request, request.page_token()));
  ASSIGN_OR_RETURN(StorePage page, FittingPage(query));
  for (v1::Record& record : page.records) {
    *response.add_records() = std::move(record);
  }
  response.set_next_page_token(tokens_.Make(request, page.next_position));
  if (!request.page_token().empty()) return absl::OkStatus();
  return AddGaps(kind, request.range(), *response.mutable_gaps());
}

absl::StatusOr<StorePage> HistoryServiceImpl::FittingPage(StoreQuery query,
                                                          size_t used) {
  for (;;) {
    ASSIGN_OR_RETURN(StorePage page, store_.List(query));
    const size_t fitting = RecordsThatFit(page.records, used);
    if (fitting == page.records.size()) return page;
    if (fitting == 0) return StorePage{{}, std::move(query.position)};
    // Only the store knows what the position after some of them is.
    query.limit = fitting;
  }
}

absl::Status HistoryServiceImpl::AddGaps(
    v1::RecordKind kind, const v1::TimeRange& range,
    google::protobuf::RepeatedPtrField<v1::Gap>& out) {
  GapQuery gaps;
  gaps.kind = kind;
  gaps.range = range;
  // What retention removed is news only to who asks from some time on.
  gaps.retention = range.has_since();
  gaps.newest_first = true;
  gaps.limit = kMaxListGaps;
  ASSIGN_OR_RETURN(GapPage known, store_.Gaps(gaps));
  for (v1::Gap& gap : known.gaps) *out.Add() = std::move(gap);
  return absl::OkStatus();
}

template <typename Request>
absl::StatusOr<v1::Record> HistoryServiceImpl::Get(v1::RecordKind kind,
                                                   const Request& request) {
  RETURN_IF_ERROR(CheckName(request.id(), request.source_id()));
  absl::StatusOr<v1::Record> record =
      store_.Get(kind, request.id(), request.source_id());
  if (!record.ok()) return IdError(record.status(), request.id());
  return record;
}

grpc::ServerUnaryReactor* HistoryServiceImpl::ListAlerts(
    grpc::CallbackServerContext* context, const v1::ListAlertsRequest* request,
    v1::ListAlertsResponse* response) {
  return UnaryCall<v1::ListAlertsRequest, v1::ListAlertsResponse>::Start(
      calls_, context, Method::kHistoryServiceListAlerts, request, response,
      [this](const Caller&, const auto& in, auto& out) {
        return List(v1::RECORD_KIND_ALERT, in, out);
      });
}

grpc::ServerUnaryReactor* HistoryServiceImpl::GetAlert(
    grpc::CallbackServerContext* context, const v1::GetAlertRequest* request,
    v1::GetAlertResponse* response) {
  return UnaryCall<v1::GetAlertRequest, v1::GetAlertResponse>::Start(
      calls_, context, Method::kHistoryServiceGetAlert, request, response,
      [this](const Caller&, const auto& in, auto& out) {
        ASSIGN_OR_RETURN(*out.mutable_record(), Get(v1::RECORD_KIND_ALERT, in));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* HistoryServiceImpl::AcknowledgeAlert(
    grpc::CallbackServerContext* context,
    const v1::AcknowledgeAlertRequest* request,
    v1::AcknowledgeAlertResponse* response) {
  return UnaryCall<v1::AcknowledgeAlertRequest, v1::AcknowledgeAlertResponse>::
      Start(calls_, context, Method::kHistoryServiceAcknowledgeAlert, request,
            response,
            [this](const Caller& caller, const auto& in,
                   auto& out) -> absl::Status {
              RETURN_IF_ERROR(CheckName(in.id(), in.source_id()));
              if (in.note().size() > kMaxNoteBytes) {
                return Refuse(
                    Reason::kARGUMENT_INVALID,
                    absl::StrCat("note: at most ", kMaxNoteBytes, " bytes"),
                    {{"field", "note"}});
              }
              absl::StatusOr<v1::Record> record = store_.Acknowledge(
                  in.id(), in.source_id(), caller.User(),
                  in.has_note()
                      ? std::make_optional<absl::string_view>(in.note())
                      : std::nullopt);
              if (!record.ok()) return IdError(record.status(), in.id());
              *out.mutable_record() = *std::move(record);
              return absl::OkStatus();
            });
}

grpc::ServerUnaryReactor* HistoryServiceImpl::ListFlows(
    grpc::CallbackServerContext* context, const v1::ListFlowsRequest* request,
    v1::ListFlowsResponse* response) {
  return Start(context, Method::kHistoryServiceListFlows, request, response,
               &HistoryServiceImpl::DoListFlows);
}

grpc::ServerUnaryReactor* HistoryServiceImpl::GetFlow(
    grpc::CallbackServerContext* context, const v1::GetFlowRequest* request,
    v1::GetFlowResponse* response) {
  return UnaryCall<v1::GetFlowRequest, v1::GetFlowResponse>::Start(
      calls_, context, Method::kHistoryServiceGetFlow, request, response,
      [this](const Caller&, const auto& in, auto& out) {
        return GetFlowRecord(in, out);
      });
}

grpc::ServerUnaryReactor* HistoryServiceImpl::ListEvents(
    grpc::CallbackServerContext* context, const v1::ListEventsRequest* request,
    v1::ListEventsResponse* response) {
  return UnaryCall<v1::ListEventsRequest, v1::ListEventsResponse>::Start(
      calls_, context, Method::kHistoryServiceListEvents, request, response,
      [this](const Caller&, const auto& in, auto& out) {
        return List(v1::RECORD_KIND_EVENT, in, out);
      });
}

grpc::ServerUnaryReactor* HistoryServiceImpl::GetStats(
    grpc::CallbackServerContext* context, const v1::GetStatsRequest* request,
    v1::GetStatsResponse* response) {
  return UnaryCall<v1::GetStatsRequest, v1::GetStatsResponse>::Start(
      calls_, context, Method::kHistoryServiceGetStats, request, response,
      [this](const Caller&, const auto& in, auto& out) {
        int64_t seconds = in.has_window() ? in.window().seconds() : 1;
        if (in.window().nanos() != 0 ||
            (seconds != 1 && seconds != 10 && seconds != 60)) {
          return Refuse(Reason::kARGUMENT_INVALID,
                        "window: must be 1s, 10s or 60s",
                        {{"field", "window"}});
        }
        v1::Record& record = *out.mutable_record();
        *record.mutable_stats() = control_.LatestStats(absl::Seconds(seconds));
        *record.mutable_observed_at() = record.stats().time();
        record.set_source_id("live");
        record.set_sensor_id(store_.sensor_id());
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* HistoryServiceImpl::ListTopTalkers(
    grpc::CallbackServerContext* context,
    const v1::ListTopTalkersRequest* request,
    v1::ListTopTalkersResponse* response) {
  return UnaryCall<v1::ListTopTalkersRequest, v1::ListTopTalkersResponse>::
      Start(calls_, context, Method::kHistoryServiceListTopTalkers, request,
            response, [this](const Caller&, const auto& in, auto& out) {
              uint32_t limit = in.limit() == 0
                                   ? kDefaultTalkers
                                   : std::min(in.limit(), kMaxTalkers);
              for (v1::TopTalker& talker : control_.TopTalkers(limit)) {
                *out.add_top_talkers() = std::move(talker);
              }
              return absl::OkStatus();
            });
}

}  // namespace tapline
