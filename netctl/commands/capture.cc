#include <memory>

#include "absl/strings/str_cat.h"
#include "common/net/wire_text.h"
#include "common/schema/field_info.h"
#include "netctl/commands/commands.h"

namespace tapline {
namespace {

struct StartOptions {
  std::string interface;
  std::string bpf;
  bool all_traffic = false;
  bool no_promiscuous = false;
  uint32_t snap_length = 0;
  uint32_t ring_mebibytes = 0;
  uint32_t workers = 0;
};

int PrintCapture(Session& session, const v1::CaptureStatus& capture) {
  const auto redacted = session.redactor().Apply(capture);
  const v1::CaptureStatus& c = redacted.get();
  std::string text = absl::StrCat(
      "capture is ", LowerEnumName(*v1::CaptureState_descriptor(), c.state()),
      c.interface().empty() ? "" : " on ", c.interface(),
      c.bpf().empty() ? "" : ", filter '", c.bpf(), c.bpf().empty() ? "" : "'",
      c.reason().empty() ? "" : ": ", c.reason());
  return session.PrintMessage(c, PrintableText(text) + "\n");
}

int Start(Session& session, const StartOptions& options) {
  if (!options.bpf.empty() && options.all_traffic) {
    return session.FailUsage("--bpf and --no-bpf exclude each other");
  }
  v1::StartCaptureRequest request;
  if (!options.interface.empty()) request.set_interface(options.interface);
  if (!options.bpf.empty() || options.all_traffic) {
    request.set_bpf(options.bpf);
  }
  if (options.no_promiscuous) request.set_promiscuous(false);
  if (options.snap_length > 0) request.set_snap_length(options.snap_length);
  if (options.ring_mebibytes > 0) {
    request.set_ring_mebibytes(options.ring_mebibytes);
  }
  if (options.workers > 0) request.set_workers(options.workers);
  v1::StartCaptureResponse response;
  const grpc::Status status = session.client().Call(
      session.client().sensor(), &v1::SensorService::Stub::StartCapture,
      request, &response);
  if (!status.ok()) return session.Fail(status);
  if (!request.has_bpf() && !response.capture().bpf().empty()) {
    session.terminal().Say(
        "no filter was given, so the one before stays; --no-bpf removes it");
  }
  return PrintCapture(session, response.capture());
}

int Stop(Session& session) {
  v1::StopCaptureResponse response;
  const grpc::Status status = session.client().Call(
      session.client().sensor(), &v1::SensorService::Stub::StopCapture,
      v1::StopCaptureRequest(), &response);
  if (!status.ok()) return session.Fail(status);
  return PrintCapture(session, response.capture());
}

int StopReplay(Session& session, const std::string& id) {
  v1::StopReplayRequest request;
  request.set_source_id(id);
  v1::StopReplayResponse response;
  const grpc::Status status = session.client().Call(
      session.client().sensor(), &v1::SensorService::Stub::StopReplay, request,
      &response);
  if (!status.ok()) return session.Fail(status);
  return session.PrintMessage(
      response.replay(),
      absl::StrCat("replay ", PrintableText(response.replay().source_id()),
                   " stopped\n"));
}

}  // namespace

void AddCapture(Command& root, Session& session) {
  auto options = std::make_shared<StartOptions>();
  root.Sub("start", "Start", "netctl start capture -i eth0 --bpf 'not port 22'")
      .Sub("capture",
           "Start capture, or switch it to other parameters; what is not "
           "given stays as it is, or as configured")
      .Text("-i,--interface", options->interface, "Interface to capture on")
      .Text("--bpf", options->bpf,
            "Filter, see pcap-filter(7); without it the filter stays")
      .Flag("--no-bpf", options->all_traffic,
            "Without a filter: remove the one in force")
      .Flag("--no-promiscuous", options->no_promiscuous,
            "Only what is addressed to this host")
      .Number("--snap-length", options->snap_length, "Bytes of each frame")
      .Number("--ring-mebibytes", options->ring_mebibytes, "Kernel buffer")
      .Number("--workers", options->workers, "Threads that read packets")
      .Action([options, &session] { return Start(session, *options); });
  Command stop = root.Sub("stop", "Stop", "netctl stop capture");
  stop.Sub("capture", "Stop capture; the sensor goes on serving")
      .Action([&session] { return Stop(session); });
  auto id = std::make_shared<std::string>();
  stop.Sub("replay", "Stop a replay")
      .Argument("ID", *id, "Its source id, see 'netctl list replays'")
      .Action([id, &session] { return StopReplay(session, *id); });
}

}  // namespace tapline
