#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/net/wire_text.h"
#include "common/output/columns.h"
#include "common/output/inspection_columns.h"
#include "common/output/layer_text.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/selectors.h"
#include "netctl/commands/tables.h"

namespace tapline {
namespace {

using Stub = v1::HistoryService::Stub;

// One record with everything in it: YAML unless another format is asked for.
template <typename Request, typename Response>
int GetRecord(Session& session, const RecordName& name,
              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                           Response*)) {
  Request request;
  name.Fill(request);
  Response response;
  const grpc::Status status = session.client().Call(session.client().history(),
                                                    method, request, &response);
  if (!status.ok()) return session.Fail(status);
  const auto record =
      session.redactor().Apply(std::move(*response.mutable_record()));
  return session.Print(session.json() ? JsonLine(record) : MessageYaml(record));
}

// The flow as a row, with what is odd about it in two more columns.
std::string FlowCsv(Session& session, const Redacted<v1::GetFlowResponse>& flow,
                    const std::vector<Column<v1::Record>>& columns) {
  std::vector<TextTable::Heading> headings;
  std::vector<Cell> cells;
  for (const Column<v1::Record>& column : columns) {
    headings.push_back({column.title, column.width, column.right});
    cells.push_back(column.get(flow.get().record()));
  }
  std::vector<std::string> codes;
  for (const v1::Finding& finding : flow.get().findings()) {
    codes.push_back(finding.code());
  }
  headings.push_back({"SUMMARY", 20, false});
  cells.push_back(TextCell(flow.get().summary().text()));
  headings.push_back({"FINDINGS", 20, false});
  cells.push_back(TextCell(absl::StrJoin(codes, " ")));
  const TextTable table(std::move(headings), session.print_options());
  return table.Header() + table.Row(cells);
}

// The record and what is odd about the flow.
int GetFlow(Session& session, const RecordName& name) {
  v1::GetFlowRequest request;
  name.Fill(request);
  request.set_findings(true);
  v1::GetFlowResponse response;
  const grpc::Status status = session.client().Call(
      session.client().history(), &Stub::GetFlow, request, &response);
  if (!status.ok()) return session.Fail(status);
  if (session.format() == Format::kCsv) {
    return session.Print(FlowCsv(session, session.redactor().Apply(response),
                                 RecordColumns(v1::RECORD_KIND_FLOW)));
  }
  const auto record = session.redactor().Apply(response.record());
  if (!session.for_people()) {
    return session.PrintMessage(response, MessageYaml(record));
  }
  const int code = session.Print(absl::StrCat(
      MessageYaml(record), "\n",
      session.redactor().Text(response.summary().text()).get(), "\n"));
  if (code != kExitOk || response.findings_size() == 0) return code;
  return session.PrintList(FindingColumns(), Items(response.findings()));
}

int GetConversation(Session& session, const RecordName& name,
                    const RangeOptions& range) {
  v1::GetConversationRequest request;
  name.Fill(request);
  auto times = range.Build(absl::Now());
  if (!times.ok()) return session.FailUsage(times.status().message());
  *request.mutable_range() = *std::move(times);
  v1::GetConversationResponse response;
  const grpc::Status status = session.client().Call(
      session.client().history(), &Stub::GetConversation, request, &response);
  if (!status.ok()) return session.Fail(status);
  if (response.truncated()) {
    session.terminal().Say("there are more flows; see --since and --until");
  }
  if (!session.for_people()) return session.PrintMessage(response, "");
  const int code = session.PrintList<v1::Conversation>(
      ConversationColumns(), {response.conversation()});
  if (code != kExitOk) return code;
  if (const int blank = session.Print("\n"); blank != kExitOk) return blank;
  return session.PrintList(RecordColumns(v1::RECORD_KIND_FLOW),
                           Items(response.flows()), kIdColumn);
}

int PrintBytes(Session& session, uint64_t ordinal) {
  v1::GetPacketBytesRequest request;
  request.set_ordinal(ordinal);
  v1::GetPacketBytesResponse response;
  const grpc::Status status = session.client().Call(
      session.client().history(), &Stub::GetPacketBytes, request, &response);
  if (!status.ok()) return session.Fail(status);
  // The sensor sends bytes only where its mode allows them.
  const auto bytes = Redactor(v1::CAPTURE_MODE_FULL).Apply(std::move(response));
  if (session.json()) return session.Print(MessageJson(bytes) + "\n");
  return session.Print(HexText(bytes.get().lines()));
}

int GetPacket(Session& session, const std::string& text, bool hex) {
  v1::GetPacketRequest request;
  uint64_t ordinal = 0;
  if (!absl::SimpleAtoi(text, &ordinal)) {
    return session.FailUsage(
        absl::StrCat(PrintableText(text), " is no ordinal of a packet"));
  }
  request.set_ordinal(ordinal);
  v1::GetPacketResponse response;
  const grpc::Status status = session.client().Call(
      session.client().history(), &Stub::GetPacket, request, &response);
  if (!status.ok()) return session.Fail(status);
  const auto tree = session.redactor().Apply(response.dissection());
  const int code = session.PrintMessage(response, DissectionText(tree));
  if (code != kExitOk || !hex) return code;
  return PrintBytes(session, ordinal);
}

}  // namespace

void AddGet(Command& root, Session& session) {
  Command get = root.Sub("get", "Show one record with all its fields",
                         "netctl get alert 5a1f");
  auto alert = std::make_shared<RecordName>();
  Command get_alert = get.Sub(
      "alert", "One alert with its evidence",
      "netctl get alert 5a1f\nnetctl get alert 5a1f --source my-replay");
  alert->AddTo(get_alert);
  get_alert.Action([alert, &session] {
    return GetRecord(session, *alert, &Stub::GetAlert);
  });
  auto flow = std::make_shared<RecordName>();
  Command get_flow = get.Sub("flow", "One flow, and what is odd about it",
                             "netctl get flow 03bd");
  flow->AddTo(get_flow);
  get_flow.Action([flow, &session] { return GetFlow(session, *flow); });

  auto conversation = std::make_shared<RecordName>();
  auto range = std::make_shared<RangeOptions>();
  Command get_conversation = get.Sub(
      "conversation", "All flows between two addresses",
      "netctl get conversation 9a01   # of the conversation or of a flow");
  conversation->AddTo(get_conversation);
  range->AddTo(get_conversation);
  get_conversation.Action([conversation, range, &session] {
    return GetConversation(session, *conversation, *range);
  });

  auto ordinal = std::make_shared<std::string>();
  auto hex = std::make_shared<bool>(false);
  get.Sub("packet", "One of the newest packets, layer by layer",
          "netctl list packets\nnetctl get packet 1234")
      .Argument("ORDINAL", *ordinal, "As `list packets` shows it: frame.number less one")
      .Flag("--hex", *hex, "Also its bytes (not in METADATA mode)")
      .Action([ordinal, hex, &session] {
        return GetPacket(session, *ordinal, *hex);
      });
}

}  // namespace tapline
