#include "absl/strings/str_cat.h"
#include "common/schema/wire_text.h"
#include "netctl/commands/commands.h"

namespace tapline {
namespace {

// The sensor's version as well, if one answers.
int PrintVersion(Session& session) {
  std::string text = absl::StrCat("netctl ", kNetctlVersion, "\n");
  v1::GetStatusResponse response;
  const grpc::Status status = session.client().Call(
      session.client().sensor(), &v1::SensorService::Stub::GetStatus,
      v1::GetStatusRequest(), &response);
  if (!status.ok()) {
    const int code = session.Print(text);
    session.terminal().Say(Explain(status, session.client().address()).message);
    return code;
  }
  absl::StrAppend(&text, "sensord ", PrintableText(response.version()), "\n");
  if (response.version() != kNetctlVersion) {
    session.terminal().Say("versions differ; commands may be missing");
  }
  return session.Print(text);
}

}  // namespace

void AddVersion(Command& root, Session& session) {
  root.Sub("version", "Print the versions of netctl and of the sensor")
      .Action([&session] { return PrintVersion(session); });
}

}  // namespace tapline
