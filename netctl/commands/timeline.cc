// What happened on a flow, and who sent what.

#include <memory>

#include "absl/strings/str_cat.h"
#include "common/output/layer_text.h"
#include "common/output/value_text.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/selectors.h"
#include "netctl/commands/tables.h"

namespace tapline {
namespace {

using v1::TimelineEntry;
using v1::Turn;
using Stub = v1::HistoryService::Stub;

Cell SeverityCell(const TimelineEntry& entry) {
  if (entry.severity() == v1::FINDING_SEVERITY_UNSPECIFIED) return TextCell("");
  return {FindingSeverityText(entry.severity()),
          entry.severity() == v1::FINDING_SEVERITY_ERROR ? Color::kRed
                                                         : Color::kYellow,
          ""};
}

std::vector<Column<TimelineEntry>> EntryColumns() {
  return {
      {"TIME", 30, false, false,
       [](const TimelineEntry& e) {
         return TextCell(TimestampText(e.time()));
       }},
      {"KIND", 17, false, false,
       [](const TimelineEntry& e) { return TextCell(e.kind()); }},
      {"SEVERITY", 8, false, false, SeverityCell},
      {"EVENT", 16, false, true,
       [](const TimelineEntry& e) { return TextCell(e.event_id()); }},
      {"ALERT", 16, false, true,
       [](const TimelineEntry& e) { return TextCell(e.alert_id()); }},
      {"TEXT", 30, false, false,
       [](const TimelineEntry& e) { return TextCell(e.text()); }},
  };
}

std::vector<Column<Turn>> TurnColumns() {
  return {
      {"START", 30, false, false,
       [](const Turn& t) { return TextCell(TimestampText(t.start())); }},
      {"SENDER", 10, false, false,
       [](const Turn& t) {
         return TextCell(t.sender() == v1::SENDER_ORIGINATOR ? "originator"
                                                             : "responder");
       }},
      {"PACKETS", 7, true, false,
       [](const Turn& t) { return NumberCell(t.packets()); }},
      {"BYTES", 10, true, false,
       [](const Turn& t) { return BytesCell(t.payload_bytes()); }},
      {"REPEATED", 8, true, true,
       [](const Turn& t) { return NumberCell(t.repeated_packets()); }},
      {"FIRST", 9, true, true,
       [](const Turn& t) { return NumberCell(t.first_packet()); }},
      {"LAST", 9, true, true,
       [](const Turn& t) { return NumberCell(t.last_packet()); }},
      {"PREVIEW", 20, false, false,
       [](const Turn& t) { return TextCell(t.preview()); }},
  };
}

int PrintTimeline(Session& session, const RecordName& flow) {
  v1::GetTimelineRequest request;
  flow.Fill(request);
  v1::GetTimelineResponse response;
  const grpc::Status status = session.client().Call(
      session.client().history(), &Stub::GetTimeline, request, &response);
  if (!status.ok()) return session.Fail(status);
  const int code = session.PrintList(EntryColumns(), Items(response.entries()));
  if (response.truncated()) {
    session.terminal().Say("there is more than could be read");
  }
  return code;
}

struct FollowOptions {
  std::string flow;
  bool previews = false;
  // "originator", "responder" or empty for both.
  std::string side;

  bool Takes(const Turn& turn) const {
    return side.empty() ||
           (side == "originator") == (turn.sender() == v1::SENDER_ORIGINATOR);
  }
};

int FollowStream(Session& session, const FollowOptions& options) {
  v1::FollowStreamRequest request;
  request.set_id(absl::AsciiStrToLower(options.flow));
  request.set_previews(options.previews);
  v1::FollowStreamResponse response;
  const grpc::Status status = session.client().Call(
      session.client().history(), &Stub::FollowStream, request, &response);
  if (!status.ok()) return session.Fail(status);
  // The sensor sends previews only where its mode allows them.
  const Redactor redactor(v1::CAPTURE_MODE_FULL);
  std::vector<Redacted<Turn>> turns;
  for (const Turn& turn : response.turns()) {
    if (options.Takes(turn)) turns.push_back(redactor.Apply(turn));
  }
  Printer<Turn> printer(TurnColumns(), session.print_options());
  const int code = session.Print(printer.List(turns));
  if (response.truncated() || response.kept_packets() < response.packets()) {
    session.terminal().Say(
        absl::StrCat("of ", response.packets(), " packets of the flow ",
                     response.kept_packets(), " are kept (packets.ring)"));
  }
  return code;
}

}  // namespace

void AddTimeline(Command& root, Session& session) {
  auto name = std::make_shared<RecordName>();
  Command timeline = root.Sub("timeline", "What happened on a flow, in order",
                              "netctl timeline 03bd");
  name->AddTo(timeline);
  timeline.Action([name, &session] { return PrintTimeline(session, *name); });
}

void AddFollow(Command& root, Session& session) {
  auto options = std::make_shared<FollowOptions>();
  root.Sub("follow", "Follow one flow", "netctl follow stream 03bd")
      .Sub("stream", "Who sent how much, and when",
           "netctl follow stream 03bd\nnetctl follow stream 03bd --previews")
      .Argument("FLOW", options->flow,
                "Id of a flow, or its first 4 digits or more")
      .Flag("--previews", options->previews,
            "Also the beginning of what was sent (not in METADATA mode)")
      .Text("--side", options->side, "Only what this side sent",
            {"originator", "responder"})
      .Action([options, &session] { return FollowStream(session, *options); });
}

}  // namespace tapline
