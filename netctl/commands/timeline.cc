// What happened on a flow.

#include <memory>

#include "common/output/inspection_columns.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/selectors.h"
#include "netctl/commands/tables.h"

namespace tapline {
namespace {

using Stub = v1::HistoryService::Stub;

int PrintTimeline(Session& session, const RecordName& flow) {
  v1::GetTimelineRequest request;
  flow.Fill(request);
  v1::GetTimelineResponse response;
  const grpc::Status status = session.client().Call(
      session.client().history(), &Stub::GetTimeline, request, &response);
  if (!status.ok()) return session.Fail(status);
  const int code =
      session.PrintList(TimelineColumns(), Items(response.entries()));
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
