// The HistoryService's closer looks: packets, conversations, timelines,
// streams, expert information.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/redact/redactor.h"
#include "common/status/macros.h"
#include "common/sync/work.h"
#include "sensord/dissect/dissector.h"
#include "sensord/inspect/conversation_scan.h"
#include "sensord/inspect/expert.h"
#include "sensord/inspect/expert_scan.h"
#include "sensord/inspect/flow_history.h"
#include "sensord/inspect/packet_hex.h"
#include "sensord/inspect/packet_view.h"
#include "sensord/inspect/stream_follow.h"
#include "sensord/inspect/timeline.h"
#include "sensord/pipeline/options.h"
#include "sensord/service/errors.h"
#include "sensord/service/history_service.h"
#include "sensord/service/record_name.h"
#include "sensord/store/selector_match.h"

namespace tapline {
namespace {

constexpr uint32_t kDefaultLimit = 100;
constexpr uint32_t kMaxLimit = 1000;
// Packets looked at for one page.
constexpr size_t kPacketsScanned = 20'000;

size_t Limit(uint32_t requested) {
  return requested == 0 ? kDefaultLimit : std::min(requested, kMaxLimit);
}

absl::StatusOr<std::unique_ptr<SelectorMatcher>> Matcher(
    const v1::Selector& selector) {
  auto matcher = SelectorMatcher::Compile(WithLiveSource(selector));
  if (matcher.ok()) return matcher;
  return WithReason(matcher.status(), absl::StatusCode::kInvalidArgument,
                    Reason::kSELECTOR_INVALID);
}

// Of a request that looks at many flows.
template <typename Request>
absl::StatusOr<FlowChoice> ChoiceOf(const Request& request,
                                    const Filter* filter) {
  RETURN_IF_ERROR(CheckRange(request.range()));
  RETURN_IF_ERROR(Matcher(request.selector()).status());
  return FlowChoice{WithLiveSource(request.selector()), request.range(),
                    filter};
}

absl::Status ModeRequired(const char* what) {
  return Refuse(Reason::kCAPTURE_MODE_REQUIRED,
                absl::StrCat(what,
                             ": the sensor captures in METADATA mode, "
                             "which keeps no payload; packets.mode of its "
                             "configuration file says so"),
                {{"mode", "METADATA"}});
}

v1::CaptureMode ModeOf(const PacketRing& ring) {
  return ring.payload() ? v1::CAPTURE_MODE_FULL : v1::CAPTURE_MODE_METADATA;
}

}  // namespace

Origin HistoryServiceImpl::LiveOrigin() const {
  Origin origin;
  origin.sensor_id = store_.sensor_id();
  origin.source_id = "live";
  const auto ring = control_.Packets();
  if (ring != nullptr) origin.mode = ModeOf(*ring);
  return origin;
}

absl::StatusOr<std::shared_ptr<const PacketRing>> HistoryServiceImpl::Packets(
    const std::string& source_id) const {
  if (!source_id.empty() && source_id != "live") {
    return Refuse(Reason::kPACKET_NOT_KEPT,
                  "packets of replays are not kept; `sensord analyze FILE "
                  "--follow` and --packet read them from the file");
  }
  std::shared_ptr<const PacketRing> ring = control_.Packets();
  if (ring == nullptr) {
    return Refuse(Reason::kCAPTURE_NOT_RUNNING, "nothing has been captured");
  }
  return ring;
}

absl::StatusOr<KeptFrame> HistoryServiceImpl::Packet(
    uint64_t ordinal, const std::string& source_id) const {
  ASSIGN_OR_RETURN(const auto ring, Packets(source_id));
  absl::StatusOr<KeptFrame> kept = ring->Get(ordinal);
  if (kept.ok()) return kept;
  return Refuse(Reason::kPACKET_NOT_KEPT, kept.status().message(),
                {{"ordinal", absl::StrCat(ordinal)}});
}

absl::Status HistoryServiceImpl::DoListPackets(
    const v1::ListPacketsRequest& request, v1::ListPacketsResponse& response) {
  ASSIGN_OR_RETURN(const auto matcher, Matcher(request.selector()));
  ASSIGN_OR_RETURN(const FilterPtr filter, FilterOf(request));
  ASSIGN_OR_RETURN(const std::string position,
                   tokens_.Open(request, request.page_token()));
  uint64_t before = UINT64_MAX;
  if (!position.empty() && !absl::SimpleAtoi(position, &before)) {
    return Refuse(Reason::kPAGE_TOKEN_INVALID, "page_token: no position",
                  {{"field", "page_token"}});
  }
  ASSIGN_OR_RETURN(const auto ring, Packets(request.source_id()));
  const PacketRing::Range range = ring->range();
  if (range.count == 0) return absl::OkStatus();
  response.set_first_ordinal(range.first);
  response.set_last_ordinal(range.last);
  const int wanted = static_cast<int>(PageSize(request.page_size()));
  PacketView view(LiveOrigin());
  for (size_t scanned = 0; scanned < kPacketsScanned;) {
    const std::vector<KeptFrame> frames =
        ring->Before(before, PacketRing::kFramesAtOnce);
    if (frames.empty()) return absl::OkStatus();
    scanned += frames.size();
    for (const KeptFrame& kept : frames) {
      before = kept.frame.ordinal;
      v1::Record record = view.RecordOf(kept);
      if (!matcher->Matches(record)) continue;
      RETURN_IF_ERROR(WorkGoesOn());
      if (filter != nullptr) {
        ASSIGN_OR_RETURN(const bool takes, filter->Judge(record));
        if (!takes) continue;
      }
      *response.add_records() = std::move(record);
      if (response.records_size() == wanted) break;
    }
    if (response.records_size() == wanted) break;
  }
  response.set_next_page_token(tokens_.Make(request, absl::StrCat(before)));
  return absl::OkStatus();
}

absl::Status HistoryServiceImpl::DoGetPacket(
    const v1::GetPacketRequest& request, v1::GetPacketResponse& response) {
  ASSIGN_OR_RETURN(const auto ring, Packets(request.source_id()));
  ASSIGN_OR_RETURN(const KeptFrame kept,
                   Packet(request.ordinal(), request.source_id()));
  *response.mutable_record() = PacketView(LiveOrigin()).RecordOf(kept);
  // What headers and analyzers tell is as an event: masked at this sink too.
  *response.mutable_dissection() =
      Redactor(ModeOf(*ring))
          .Apply(Dissector(AnalyzerOptionsOf(policy_.Get()->config.flow()))
                     .Dissect(kept.frame, !ring->payload()))
          .get();
  return absl::OkStatus();
}

absl::Status HistoryServiceImpl::DoGetPacketBytes(
    const v1::GetPacketBytesRequest& request,
    v1::GetPacketBytesResponse& response) {
  ASSIGN_OR_RETURN(const auto ring, Packets(request.source_id()));
  if (!ring->payload()) return ModeRequired("bytes");
  ASSIGN_OR_RETURN(const KeptFrame kept,
                   Packet(request.ordinal(), request.source_id()));
  v1::GetPacketBytesResponse bytes;
  bytes.set_captured_bytes(kept.captured_bytes);
  WriteHex(kept, *ring, *bytes.mutable_lines());
  response = Redactor(ModeOf(*ring)).Apply(std::move(bytes)).get();
  return absl::OkStatus();
}

absl::Status HistoryServiceImpl::DoListConversations(
    const v1::ListConversationsRequest& request,
    v1::ListConversationsResponse& response) {
  ASSIGN_OR_RETURN(const FilterPtr filter, FilterOf(request));
  ASSIGN_OR_RETURN(const FlowChoice choice, ChoiceOf(request, filter.get()));
  ASSIGN_OR_RETURN(
      ConversationList list,
      ReadConversations(store_, control_, choice, Limit(request.limit())));
  for (v1::Conversation& c : list.conversations) {
    *response.add_conversations() = std::move(c);
  }
  response.set_flows_examined(list.examined);
  response.set_truncated(list.truncated);
  return absl::OkStatus();
}

absl::Status HistoryServiceImpl::DoGetConversation(
    const v1::GetConversationRequest& request,
    v1::GetConversationResponse& response) {
  RETURN_IF_ERROR(CheckName(request.id(), request.source_id()));
  RETURN_IF_ERROR(CheckRange(request.range()));
  const std::string source =
      request.source_id().empty() ? "live" : request.source_id();
  absl::StatusOr<v1::Flow> one =
      FindConversation(store_, control_, request.id(), source, request.range());
  if (!one.ok()) return IdError(one.status(), request.id());
  ASSIGN_OR_RETURN(
      ConversationFlows found,
      ReadConversation(store_, control_, *one, source, request.range()));
  *response.mutable_conversation() = std::move(found.conversation);
  for (v1::Record& record : found.flows) {
    *response.add_flows() = std::move(record);
  }
  response.set_truncated(found.truncated);
  return absl::OkStatus();
}

absl::Status HistoryServiceImpl::DoGetProtocolSummary(
    const v1::GetProtocolSummaryRequest& request,
    v1::GetProtocolSummaryResponse& response) {
  ASSIGN_OR_RETURN(const FilterPtr filter, FilterOf(request));
  ASSIGN_OR_RETURN(const FlowChoice choice, ChoiceOf(request, filter.get()));
  ASSIGN_OR_RETURN(ProtocolList list, ReadProtocols(store_, control_, choice));
  for (v1::ProtocolUse& use : list.protocols) {
    *response.add_protocols() = std::move(use);
  }
  response.set_flows_examined(list.examined);
  response.set_truncated(list.truncated);
  return absl::OkStatus();
}

absl::StatusOr<FlowHistory> HistoryServiceImpl::HistoryOf(
    const std::string& id, const std::string& source_id) {
  RETURN_IF_ERROR(CheckName(id, source_id));
  absl::StatusOr<FlowHistory> history =
      ReadFlowHistory(store_, control_, id, source_id);
  if (!history.ok()) return IdError(history.status(), id);
  return history;
}

absl::Status HistoryServiceImpl::GetFlowRecord(
    const v1::GetFlowRequest& request, v1::GetFlowResponse& response) {
  RETURN_IF_ERROR(CheckName(request.id(), request.source_id()));
  absl::StatusOr<v1::Record> record =
      FindFlow(store_, control_, request.id(), request.source_id());
  if (!record.ok()) return IdError(record.status(), request.id());
  *response.mutable_record() = *std::move(record);
  if (!request.findings()) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      const FlowHistory history,
      HistoryOf(response.record().flow().id(), response.record().source_id()));
  const v1::Flow whole = history.Whole();
  const FlowFacts facts = FactsOf(history, whole);
  const std::vector<v1::Finding> findings = Examine(facts);
  *response.mutable_summary() = Summarize(facts, findings);
  for (const v1::Finding& finding : findings) {
    *response.add_findings() = finding;
  }
  return absl::OkStatus();
}

absl::Status HistoryServiceImpl::DoGetTimeline(
    const v1::GetTimelineRequest& request, v1::GetTimelineResponse& response) {
  ASSIGN_OR_RETURN(const FlowHistory history,
                   HistoryOf(request.id(), request.source_id()));
  for (v1::TimelineEntry& entry : TimelineOf(history)) {
    *response.add_entries() = std::move(entry);
  }
  response.set_flow_id(history.parts.back().id());
  response.set_truncated(history.truncated);
  return absl::OkStatus();
}

absl::Status HistoryServiceImpl::DoFollowStream(
    const v1::FollowStreamRequest& request,
    v1::FollowStreamResponse& response) {
  RETURN_IF_ERROR(CheckName(request.id(), ""));
  ASSIGN_OR_RETURN(const auto ring, Packets(request.source_id()));
  if (request.previews() && !ring->payload()) return ModeRequired("previews");
  ASSIGN_OR_RETURN(const FlowHistory history, HistoryOf(request.id(), "live"));
  const v1::Flow whole = history.Whole();
  StreamTurns stream = TurnsOf(whole, *ring, request.previews());
  v1::FollowStreamResponse answer;
  for (v1::Turn& turn : stream.turns) *answer.add_turns() = std::move(turn);
  answer.set_flow_id(whole.id());
  answer.set_kept_packets(stream.packets);
  answer.set_packets(PacketsOf(whole));
  answer.set_truncated(stream.truncated);
  response = Redactor(ModeOf(*ring)).Apply(std::move(answer)).get();
  return absl::OkStatus();
}

absl::StatusOr<FindingFilter> HistoryServiceImpl::FindingFilterOf(
    const v1::ListExpertInfoRequest& request) {
  FindingFilter filter;
  filter.min_severity = request.min_severity();
  for (const std::string& code : request.codes()) {
    const bool known =
        std::any_of(AllFindings().begin(), AllFindings().end(),
                    [&](const FindingKind& kind) { return kind.code == code; });
    if (!known) {
      return Refuse(Reason::kARGUMENT_INVALID,
                    absl::StrCat("codes: there is no ", code.substr(0, 64)),
                    {{"field", "codes"}});
    }
    filter.codes.push_back(code);
  }
  return filter;
}

absl::Status HistoryServiceImpl::DoListExpertInfo(
    const v1::ListExpertInfoRequest& request,
    v1::ListExpertInfoResponse& response) {
  ASSIGN_OR_RETURN(const FindingFilter wanted, FindingFilterOf(request));
  const size_t limit = Limit(request.limit());
  if (!request.flow_id().empty()) {
    ASSIGN_OR_RETURN(const FlowHistory history,
                     HistoryOf(request.flow_id(), request.source_id()));
    const v1::Flow whole = history.Whole();
    const FlowFacts facts = FactsOf(history, whole);
    const std::vector<v1::Finding> findings = Examine(facts);
    *response.mutable_summary() = Summarize(facts, findings);
    for (const v1::Finding& finding : findings) {
      if (wanted.Takes(finding)) *response.add_findings() = finding;
    }
    response.set_flows_examined(1);
    response.set_events_examined(history.events.size());
    response.set_truncated(history.truncated);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const FilterPtr filter, FilterOf(request));
  ASSIGN_OR_RETURN(FlowChoice choice, ChoiceOf(request, filter.get()));
  if (!request.source_id().empty()) {
    choice.selector.clear_source_ids();
    choice.selector.add_source_ids(request.source_id());
  }
  ASSIGN_OR_RETURN(ExpertScan scan,
                   ExamineRange(store_, control_, choice, wanted, limit));
  for (v1::Finding& finding : scan.findings) {
    *response.add_findings() = std::move(finding);
  }
  response.set_flows_examined(scan.flows);
  response.set_events_examined(scan.events);
  response.set_truncated(scan.truncated);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* HistoryServiceImpl::ListPackets(
    grpc::CallbackServerContext* context, const v1::ListPacketsRequest* request,
    v1::ListPacketsResponse* response) {
  return Start(context, Method::kHistoryServiceListPackets, request, response,
               &HistoryServiceImpl::DoListPackets);
}

grpc::ServerUnaryReactor* HistoryServiceImpl::GetPacket(
    grpc::CallbackServerContext* context, const v1::GetPacketRequest* request,
    v1::GetPacketResponse* response) {
  return Start(context, Method::kHistoryServiceGetPacket, request, response,
               &HistoryServiceImpl::DoGetPacket);
}

grpc::ServerUnaryReactor* HistoryServiceImpl::GetPacketBytes(
    grpc::CallbackServerContext* context,
    const v1::GetPacketBytesRequest* request,
    v1::GetPacketBytesResponse* response) {
  return Start(context, Method::kHistoryServiceGetPacketBytes, request,
               response, &HistoryServiceImpl::DoGetPacketBytes);
}

grpc::ServerUnaryReactor* HistoryServiceImpl::ListConversations(
    grpc::CallbackServerContext* context,
    const v1::ListConversationsRequest* request,
    v1::ListConversationsResponse* response) {
  return Start(context, Method::kHistoryServiceListConversations, request,
               response, &HistoryServiceImpl::DoListConversations);
}

grpc::ServerUnaryReactor* HistoryServiceImpl::GetConversation(
    grpc::CallbackServerContext* context,
    const v1::GetConversationRequest* request,
    v1::GetConversationResponse* response) {
  return Start(context, Method::kHistoryServiceGetConversation, request,
               response, &HistoryServiceImpl::DoGetConversation);
}

grpc::ServerUnaryReactor* HistoryServiceImpl::GetProtocolSummary(
    grpc::CallbackServerContext* context,
    const v1::GetProtocolSummaryRequest* request,
    v1::GetProtocolSummaryResponse* response) {
  return Start(context, Method::kHistoryServiceGetProtocolSummary, request,
               response, &HistoryServiceImpl::DoGetProtocolSummary);
}

grpc::ServerUnaryReactor* HistoryServiceImpl::GetTimeline(
    grpc::CallbackServerContext* context, const v1::GetTimelineRequest* request,
    v1::GetTimelineResponse* response) {
  return Start(context, Method::kHistoryServiceGetTimeline, request, response,
               &HistoryServiceImpl::DoGetTimeline);
}

grpc::ServerUnaryReactor* HistoryServiceImpl::FollowStream(
    grpc::CallbackServerContext* context,
    const v1::FollowStreamRequest* request,
    v1::FollowStreamResponse* response) {
  return Start(context, Method::kHistoryServiceFollowStream, request, response,
               &HistoryServiceImpl::DoFollowStream);
}

grpc::ServerUnaryReactor* HistoryServiceImpl::ListExpertInfo(
    grpc::CallbackServerContext* context,
    const v1::ListExpertInfoRequest* request,
    v1::ListExpertInfoResponse* response) {
  return Start(context, Method::kHistoryServiceListExpertInfo, request,
               response, &HistoryServiceImpl::DoListExpertInfo);
}

}  // namespace tapline
