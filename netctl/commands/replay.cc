#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/net/wire_text.h"
#include "common/schema/field_info.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/tables.h"

namespace tapline {
namespace {

using v1::Replay;

struct ReplayOptions {
  std::vector<std::string> files;
  std::string speed = "1";
  std::string id;
  uint32_t workers = 0;
};

double Percent(const Replay& replay) {
  if (replay.total_bytes() == 0) return 0;
  return 100.0 * static_cast<double>(replay.read_bytes()) /
         static_cast<double>(replay.total_bytes());
}

std::string StateText(const Replay& replay) {
  return LowerEnumName(*v1::ReplayState_descriptor(), replay.state());
}

std::string SuppressedText(const v1::Summary& summary) {
  if (summary.suppressed_alerts() == 0) return "";
  return absl::StrCat(" (", summary.suppressed_alerts(),
                      " more suppressed, see 'netctl list suppressions')");
}

std::string SummaryText(const Replay& replay) {
  const v1::Summary& s = replay.summary();
  return PrintableText(
      absl::StrCat("replay ", replay.source_id(), " ", StateText(replay), ": ",
                   s.packets(), " packets, ", s.flows(), " flows, ", s.events(),
                   " events, ", s.alerts(), " alerts", SuppressedText(s),
                   replay.error().empty() ? "" : "; ", replay.error()));
}

// Progress on stderr: one line that is rewritten on a terminal, nothing
// elsewhere.
void ShowProgress(Session& session, const Replay& replay) {
  if (!session.terminal().err_is_tty()) return;
  session.terminal().Err(absl::StrFormat(
      "\r%s: %.0f%%, %d packets, %d alerts ", PrintableText(replay.source_id()),
      Percent(replay), replay.summary().packets(), replay.summary().alerts()));
}

int RunReplay(Session& session, const ReplayOptions& options) {
  v1::StartReplayRequest request;
  for (const std::string& file : options.files) request.add_files(file);
  double speed = 0;
  if (options.speed != "max" && (!absl::SimpleAtod(options.speed, &speed) ||
                                 !(speed > 0) || speed > 1e6)) {
    return session.FailUsage("--speed must be a number like 1 or 10, or max");
  }
  request.set_speed(speed);
  request.set_source_id(options.id);
  request.set_workers(options.workers);
  grpc::ClientContext context;
  const InterruptScope scope(session.interrupt(), context);
  const auto reader = session.client().sensor().StartReplay(&context, request);
  v1::StartReplayResponse response;
  Replay newest;
  while (reader->Read(&response)) {
    newest = session.redactor().Apply(response.replay()).get();
    ShowProgress(session, newest);
  }
  const grpc::Status status = reader->Finish();
  if (session.terminal().err_is_tty()) session.terminal().Err("\n");
  if (session.interrupt().IsSet()) {
    session.terminal().Say(
        absl::StrCat("the replay goes on; end it with 'netctl stop replay ",
                     newest.source_id(), "'"));
    return kExitInterrupted;
  }
  if (!status.ok()) return session.Fail(status);
  session.PrintMessage(newest, SummaryText(newest) + "\n");
  return newest.state() == v1::REPLAY_STATE_FAILED ? kExitFailure : kExitOk;
}

std::vector<Column<Replay>> ReplayColumns() {
  return {
      {"ID", 16, false, false,
       [](const Replay& r) { return TextCell(r.source_id()); }},
      {"STATE", 8, false, false,
       [](const Replay& r) { return TextCell(StateText(r)); }},
      {"DONE", 5, true, false,
       [](const Replay& r) {
         return TextCell(absl::StrFormat("%.0f%%", Percent(r)));
       }},
      {"PACKETS", 9, true, false,
       [](const Replay& r) { return NumberCell(r.summary().packets()); }},
      {"ALERTS", 6, true, false,
       [](const Replay& r) { return NumberCell(r.summary().alerts()); }},
      {"SUPPRESSED", 10, true, true,
       [](const Replay& r) {
         return NumberCell(r.summary().suppressed_alerts());
       }},
      {"ERROR", 10, false, true,
       [](const Replay& r) { return TextCell(r.error()); }},
      {"FILES", 20, false, false,
       [](const Replay& r) { return TextCell(absl::StrJoin(r.files(), " ")); }},
  };
}

}  // namespace

int ListReplays(Session& session) {
  v1::ListReplaysResponse response;
  const grpc::Status status = session.client().Call(
      session.client().sensor(), &v1::SensorService::Stub::ListReplays,
      v1::ListReplaysRequest(), &response);
  if (!status.ok()) return session.Fail(status);
  return session.PrintList(ReplayColumns(), Items(response.replays()));
}

void AddReplay(Command& root, Session& session) {
  auto options = std::make_shared<ReplayOptions>();
  root.Sub("replay", "Replay capture files of the sensor's host",
           "netctl replay /srv/scan.pcap --speed max\n"
           "netctl watch alerts --source my-replay")
      .Arguments("FILE", options->files, "Files on the sensor's host, in order")
      .Text("--speed", options->speed, "1 as recorded, 10 ten times, or max")
      .Text("--id", options->id, "Source id of the records")
      .Number("--workers", options->workers, "Threads that read packets")
      .Action([options, &session] { return RunReplay(session, *options); });
}

}  // namespace tapline
