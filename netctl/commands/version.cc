#include "absl/strings/str_cat.h"
#include "common/net/wire_text.h"
#include "netctl/commands/commands.h"

namespace tapline {
namespace {

// netctl's own version even when no sensor answers, which is a failure all the
// same: half of what was asked for is missing.
int PrintVersion(Session& session) {
  std::string text = absl::StrCat("netctl ", kNetctlVersion, "\n");
  v1::GetStatusResponse response;
  const grpc::Status status = session.client().Call(
      session.client().sensor(), &v1::SensorService::Stub::GetStatus,
      v1::GetStatusRequest(), &response);
  if (!status.ok()) {
    session.Print(text);
    return session.Fail(status);
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
