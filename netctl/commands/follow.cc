// Who sent what on a flow.

#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/output/inspection_columns.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/tables.h"

namespace tapline {
namespace {

using v1::Turn;
using Stub = v1::HistoryService::Stub;

struct FollowOptions {
  std::string flow;
  bool previews = false;
  // "originator", "responder" or empty for both.
  std::string side;

  bool Takes(const Turn& turn) const {
    return side.empty() ||
           (side == "originator") == (turn.sender() == v1::SENDER_ORIGINATOR);
  }
};

int FollowStream(Session& session, const FollowOptions& options) {
  v1::FollowStreamRequest request;
  request.set_id(absl::AsciiStrToLower(options.flow));
  request.set_previews(options.previews);
  v1::FollowStreamResponse response;
  const grpc::Status status = session.client().Call(
      session.client().history(), &Stub::FollowStream, request, &response);
  if (!status.ok()) return session.Fail(status);
  // The sensor sends previews only where its mode allows them.
  const Redactor redactor(v1::CAPTURE_MODE_FULL);
  std::vector<Redacted<Turn>> turns;
  for (const Turn& turn : response.turns()) {
    if (options.Takes(turn)) turns.push_back(redactor.Apply(turn));
  }
  const int code = session.Print(
      TurnsText(turns, options.previews, session.print_options()));
  if (response.kept_packets() < response.packets()) {
    session.terminal().Say(
        absl::StrCat("of ", response.packets(), " packets of the flow ",
                     response.kept_packets(), " are kept (packets.ring)"));
  }
  if (response.truncated()) {
    session.terminal().Say(absl::StrCat("only the first ",
                                        response.turns_size(),
                                        " turns are told; the flow has more"));
  }
  return code;
}

}  // namespace

void AddFollow(Command& root, Session& session) {
  auto options = std::make_shared<FollowOptions>();
  root.Sub("follow", "Follow one flow", "netctl follow stream 03bd")
      .Sub("stream", "Who sent how much, and when",
           "netctl follow stream 03bd\nnetctl follow stream 03bd --previews")
      .Argument("FLOW", options->flow,
                "Id of a flow, or its first 4 digits or more")
      .Flag("--previews", options->previews,
            "Also the beginning of what was sent (not in METADATA mode), other "
            "than printable text as \\xHH")
      .Text("--side", options->side, "Only what this side sent",
            {"originator", "responder"})
      .Action([options, &session] { return FollowStream(session, *options); });
}

}  // namespace tapline
