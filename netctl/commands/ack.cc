#include <memory>

#include "absl/strings/str_cat.h"
#include "common/net/wire_text.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/selectors.h"

namespace tapline {
namespace {

struct AckOptions {
  RecordName name;
  std::string note;
};

int Acknowledge(Session& session, const AckOptions& options) {
  v1::AcknowledgeAlertRequest request;
  options.name.Fill(request);
  if (!options.note.empty()) request.set_note(options.note);
  v1::AcknowledgeAlertResponse response;
  const grpc::Status status = session.client().Call(
      session.client().history(), &v1::HistoryService::Stub::AcknowledgeAlert,
      request, &response);
  if (!status.ok()) return session.Fail(status);
  const auto record =
      session.redactor().Apply(std::move(*response.mutable_record()));
  const v1::Alert& alert = record.get().alert();
  if (session.json()) return session.Print(JsonLine(record));
  return session.Print(absl::StrCat(
      "alert ", PrintableText(alert.id()), " (", PrintableText(alert.rule()),
      ") acknowledged by ", PrintableText(alert.acknowledged_by()), "\n"));
}

}  // namespace

void AddAck(Command& root, Session& session) {
  Command ack = root.Sub("ack", "Acknowledge",
                         "netctl ack alert 5a1f --note 'our own scanner'");
  auto options = std::make_shared<AckOptions>();
  Command alert = ack.Sub("alert", "Mark an alert as seen",
                          "netctl ack alert 5a1f --note 'our own scanner'");
  options->name.AddTo(alert);
  alert
      .Text("--note", options->note,
            "Why, for whoever looks next; without it "
            "an earlier note stays")
      .Action([options, &session] { return Acknowledge(session, *options); });
}

}  // namespace tapline
