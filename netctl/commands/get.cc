#include <memory>

#include "netctl/commands/commands.h"

namespace tapline {
namespace {

using Stub = v1::HistoryService::Stub;

// One record with everything in it: YAML unless another format is asked for.
template <typename Request, typename Response>
int GetRecord(Session& session, const std::string& id,
              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                           Response*)) {
  Request request;
  request.set_id(id);
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
  auto alert = std::make_shared<std::string>();
  get.Sub("alert", "One alert with its evidence")
      .Argument("ID", *alert, "Id, or its first 4 digits or more")
      .Action([alert, &session] {
        return GetRecord(session, *alert, &Stub::GetAlert);
      });
  auto flow = std::make_shared<std::string>();
  get.Sub("flow", "One flow")
      .Argument("ID", *flow, "Id of the flow")
      .Action([flow, &session] {
        return GetRecord(session, *flow, &Stub::GetFlow);
      });
}

}  // namespace tapline
