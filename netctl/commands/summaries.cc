// Lists of what flows add up to, and of packets.

#include "netctl/commands/summaries.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/output/columns.h"
#include "common/output/inspection_columns.h"
#include "common/output/value_text.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/filter_options.h"
#include "netctl/commands/selectors.h"
#include "netctl/commands/tables.h"

namespace tapline {
namespace {

using v1::ProtocolUse;
using Stub = v1::HistoryService::Stub;

struct SummaryOptions {
  SelectorOptions selector;
  FilterOptions filter;
  RangeOptions range;
  uint32_t limit = 100;
};

std::vector<Column<ProtocolUse>> ProtocolColumns() {
  return {
      {"PROTOCOL", 12, false, false,
       [](const ProtocolUse& u) { return TextCell(u.protocol()); }},
      {"FLOWS", 8, true, false,
       [](const ProtocolUse& u) { return NumberCell(u.flows()); }},
      {"PACKETS", 10, true, false,
       [](const ProtocolUse& u) { return NumberCell(u.packets()); }},
      {"BYTES", 10, true, false,
       [](const ProtocolUse& u) { return BytesCell(u.bytes()); }},
      {"SHARE", 6, true, false,
       [](const ProtocolUse& u) { return RatioCell(u.share()); }},
      {"ENCRYPTED", 9, true, false,
       [](const ProtocolUse& u) { return RatioCell(u.encrypted_ratio()); }},
  };
}

// What every answer over many flows ends with.
void SayTruncated(Session& session, bool truncated, uint64_t examined) {
  if (!truncated) return;
  session.terminal().Say(
      absl::StrCat("only the newest ", examined,
                   " flows were added up; see --since and --until"));
}

// The request's selector and filter; an exit code when that is all, or wrong.
template <typename Request>
std::optional<int> Choose(Session& session, const SummaryOptions& options,
                          v1::RecordKind kind, Request& request) {
  if (const auto explained = options.filter.Explain(session, kind)) {
    return explained;
  }
  request.set_filter(options.filter.Text());
  auto selector = options.selector.Build();
  if (!selector.ok()) return session.FailUsage(selector.status().message());
  *request.mutable_selector() = *std::move(selector);
  return std::nullopt;
}

// The same for flows of a time range.
template <typename Request>
std::optional<int> ChooseFlows(Session& session, const SummaryOptions& options,
                               Request& request) {
  auto range = options.range.Build(absl::Now());
  if (!range.ok()) return session.FailUsage(range.status().message());
  *request.mutable_range() = *std::move(range);
  return Choose(session, options, v1::RECORD_KIND_FLOW, request);
}

int ListConversations(Session& session, const SummaryOptions& options) {
  v1::ListConversationsRequest request;
  if (const auto code = ChooseFlows(session, options, request)) return *code;
  request.set_limit(options.limit);
  v1::ListConversationsResponse response;
  const grpc::Status status = session.client().Call(
      session.client().history(), &Stub::ListConversations, request, &response);
  if (!status.ok()) return options.filter.Fail(session, status);
  const int code =
      session.PrintList(ConversationColumns(), Items(response.conversations()));
  SayTruncated(session, response.truncated(), response.flows_examined());
  return code;
}

int ListProtocols(Session& session, const SummaryOptions& options) {
  v1::GetProtocolSummaryRequest request;
  if (const auto code = ChooseFlows(session, options, request)) return *code;
  v1::GetProtocolSummaryResponse response;
  const grpc::Status status =
      session.client().Call(session.client().history(),
                            &Stub::GetProtocolSummary, request, &response);
  if (!status.ok()) return options.filter.Fail(session, status);
  const int code =
      session.PrintList(ProtocolColumns(), Items(response.protocols()));
  SayTruncated(session, response.truncated(), response.flows_examined());
  return code;
}

int ListPackets(Session& session, const SummaryOptions& options) {
  v1::ListPacketsRequest request;
  if (const auto code =
          Choose(session, options, v1::RECORD_KIND_PACKET, request)) {
    return *code;
  }
  std::vector<v1::Record> records;
  while (records.size() < options.limit) {
    constexpr size_t kPage = 1000;
    request.set_page_size(
        static_cast<uint32_t>(std::min(options.limit - records.size(), kPage)));
    v1::ListPacketsResponse response;
    const grpc::Status status = session.client().Call(
        session.client().history(), &Stub::ListPackets, request, &response);
    if (!status.ok()) return options.filter.Fail(session, status);
    for (v1::Record& record : *response.mutable_records()) {
      records.push_back(std::move(record));
    }
    request.set_page_token(response.next_page_token());
    if (response.next_page_token().empty()) break;
  }
  return session.PrintList(RecordColumns(v1::RECORD_KIND_PACKET), records,
                           kIdColumn);
}

}  // namespace

void AddSummaries(Command& list, Session& session) {
  auto conversations = std::make_shared<SummaryOptions>();
  Command conversations_command =
      list.Sub("conversations", "Flows added up by their two addresses",
               "netctl list conversations --since 1h --ip 192.0.2.66");
  conversations->selector.AddTo(conversations_command, false);
  conversations->filter.AddTo(conversations_command);
  conversations->range.AddTo(conversations_command);
  conversations_command.Number("--limit,-n", conversations->limit,
                               "At most this many (100)");
  conversations_command.Action([conversations, &session] {
    return ListConversations(session, *conversations);
  });

  auto protocols = std::make_shared<SummaryOptions>();
  Command protocols_command =
      list.Sub("protocols", "Flows added up by protocol",
               "netctl list protocols --since 24h");
  protocols->selector.AddTo(protocols_command, false);
  protocols->filter.AddTo(protocols_command);
  protocols->range.AddTo(protocols_command);
  protocols_command.Action(
      [protocols, &session] { return ListProtocols(session, *protocols); });

  auto packets = std::make_shared<SummaryOptions>();
  Command packets_command =
      list.Sub("packets", "The newest packets of the live capture",
               "netctl list packets --ip 192.0.2.66 --limit 20");
  packets->selector.AddTo(packets_command, false);
  packets->filter.AddTo(packets_command);
  packets_command.Number("--limit,-n", packets->limit,
                         "At most this many (100)");
  packets_command.Action(
      [packets, &session] { return ListPackets(session, *packets); });
}

}  // namespace tapline
