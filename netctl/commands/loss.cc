#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/net/wire_text.h"
#include "common/output/columns.h"
#include "netctl/commands/commands.h"

namespace tapline {
namespace {

void AppendStage(const v1::StageLoss& stage, std::string& out) {
  absl::StrAppendFormat(
      &out, "%-12s %-9s %12d %12d %9d\n", PrintableText(stage.stage()),
      PrintableText(stage.item()), stage.in(), stage.out(), stage.in_flight());
  for (const v1::Dropped& dropped : stage.dropped()) {
    absl::StrAppendFormat(&out, "  dropped %s %d\n",
                          PrintableText(dropped.reason()), dropped.count());
  }
}

// in = out + dropped + in flight, for the whole path and for each stage.
std::string LossText(const Redactor& redactor,
                     const v1::GetLossResponse& response) {
  const v1::Loss& loss = response.loss();
  uint64_t dropped = 0;
  std::string out = absl::StrFormat("%-12s %-9s %12s %12s %9s\n", "STAGE",
                                    "ITEM", "IN", "OUT", "IN_FLIGHT");
  absl::StrAppendFormat(&out, "%-12s %-9s %12d %12d %9d\n", "all", "frames",
                        loss.in(), loss.out(), loss.in_flight());
  for (const v1::Dropped& item : loss.dropped()) {
    dropped += item.count();
    absl::StrAppendFormat(&out, "  dropped %s %s %d\n",
                          PrintableText(item.stage()),
                          PrintableText(item.reason()), item.count());
  }
  for (const v1::StageLoss& stage : response.stages()) {
    AppendStage(stage, out);
  }
  for (const v1::AnomalyCount& anomaly : response.anomalies()) {
    if (anomaly.count() == 0) continue;
    absl::StrAppendFormat(&out, "anomaly %s %d\n",
                          PrintableText(anomaly.name()), anomaly.count());
  }
  for (const v1::Gap& gap : response.gaps()) {
    absl::StrAppend(&out, GapText(redactor.Apply(gap)), "\n");
  }
  const bool balanced = loss.in() == loss.out() + dropped + loss.in_flight();
  absl::StrAppend(
      &out, balanced ? "accounts balance\n" : "ACCOUNTS DO NOT BALANCE\n");
  return out;
}

int PrintLoss(Session& session) {
  v1::GetLossResponse response;
  const grpc::Status status = session.client().Call(
      session.client().sensor(), &v1::SensorService::Stub::GetLoss,
      v1::GetLossRequest(), &response);
  if (!status.ok()) return session.Fail(status);
  return session.PrintMessage(response, LossText(session.redactor(), response));
}

}  // namespace

void AddLoss(Command& root, Session& session) {
  root.Sub("loss", "Show what was lost where, to the packet", "netctl loss")
      .Action([&session] { return PrintLoss(session); });
}

}  // namespace tapline
