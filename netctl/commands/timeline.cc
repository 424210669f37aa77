// What happened on a flow.

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

}  // namespace

void AddTimeline(Command& root, Session& session) {
  auto name = std::make_shared<RecordName>();
  Command timeline = root.Sub("timeline", "What happened on a flow, in order",
                              "netctl timeline 03bd");
  name->AddTo(timeline);
  timeline.Action([name, &session] { return PrintTimeline(session, *name); });
}

}  // namespace tapline
