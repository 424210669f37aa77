#include <memory>

#include "netctl/commands/commands.h"
#include "netctl/commands/selectors.h"

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
  Command get_flow = get.Sub("flow", "One flow", "netctl get flow 03bd");
  flow->AddTo(get_flow);
  get_flow.Action(
      [flow, &session] { return GetRecord(session, *flow, &Stub::GetFlow); });
}

}  // namespace tapline
