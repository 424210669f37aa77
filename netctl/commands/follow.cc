// Who sent what on a flow.

#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/net/code_point.h"
#include "common/net/wire_text.h"
#include "common/output/escape.h"
#include "common/output/value_text.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/tables.h"

namespace tapline {
namespace {

using v1::Turn;
using Stub = v1::HistoryService::Stub;

constexpr absl::string_view kIndent = "    ";

std::vector<Column<Turn>> TurnColumns() {
  return {
      {"START", 30, false, false,
       [](const Turn& t) { return TextCell(TimestampText(t.start())); }},
      {"SENDER", 10, false, false,
       [](const Turn& t) {
         return TextCell(t.sender() == v1::SENDER_ORIGINATOR ? "originator"
                                                             : "responder");
       }},
      {"PACKETS", 7, true, false,
       [](const Turn& t) { return NumberCell(t.packets()); }},
      {"BYTES", 10, true, false,
       [](const Turn& t) { return BytesCell(t.payload_bytes()); }},
      {"MISSING", 8, true, false,
       [](const Turn& t) { return NumberCell(t.missing_bytes()); }},
      {"REPEATED", 8, true, true,
       [](const Turn& t) { return NumberCell(t.repeated_packets()); }},
      {"FIRST", 9, true, true,
       [](const Turn& t) { return NumberCell(t.first_packet()); }},
      {"LAST", 9, true, true,
       [](const Turn& t) { return NumberCell(t.last_packet()); }},
  };
}

// For one line a turn: as it came, with the mark of what was cut.
Column<Turn> PreviewColumn() {
  return {"PREVIEW", 20, false, false,
          [](const Turn& t) { return TextCell(t.preview()); }};
}

// Bytes of what stands for one character of the wire at `position`: an escaped
// byte, an escaped backslash, or a code point.
size_t UnitAt(absl::string_view preview, size_t position) {
  const absl::string_view rest = preview.substr(position);
  if (absl::StartsWith(rest, "\\x") && rest.size() >= 4) return 4;
  if (absl::StartsWith(rest, "\\\\")) return 2;
  return DecodeUtf8(preview, position).size;
}

// The preview in indented lines: one for each of its own, of at most `width`
// columns; 0: of any width.
std::string PreviewLines(absl::string_view preview, size_t width) {
  const size_t most =
      width > kIndent.size() + 1 ? width - kIndent.size() : SIZE_MAX;
  std::string out;
  size_t used = 0;
  bool ends = true;
  for (size_t i = 0; i < preview.size();) {
    const absl::string_view unit = preview.substr(i, UnitAt(preview, i));
    const size_t columns = DisplayWidth(unit);
    if (ends || used + columns > most) {
      absl::StrAppend(&out, out.empty() ? "" : "\n", kIndent);
      used = 0;
    }
    absl::StrAppend(&out, unit);
    used += columns;
    ends = unit == "\\x0a";
    i += unit.size();
  }
  if (!out.empty()) out += '\n';
  return out;
}

// The table, and under each row what that turn began with, whole: the last
// column would show a few characters of it.
std::string WithPreviews(const std::vector<Redacted<Turn>>& turns,
                         const PrintOptions& options) {
  Printer<Turn> printer(TurnColumns(), options);
  const std::vector<std::string> lines =
      absl::StrSplit(printer.List(turns), '\n');
  std::string out;
  size_t next = 0;
  if (options.headers) absl::StrAppend(&out, lines[next++], "\n");
  for (const Redacted<Turn>& turn : turns) {
    absl::StrAppend(
        &out, lines[next++], "\n",
        PreviewLines(PrintableText(turn.get().preview()), options.width));
  }
  return out;
}

std::string OneLineEach(const std::vector<Redacted<Turn>>& turns, bool previews,
                        const PrintOptions& options) {
  std::vector<Column<Turn>> columns = TurnColumns();
  // A CSV has the same columns always.
  if (previews || options.format == Format::kCsv) {
    columns.push_back(PreviewColumn());
  }
  return Printer<Turn>(std::move(columns), options).List(turns);
}

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
      options.previews && session.for_people()
          ? WithPreviews(turns, session.print_options())
          : OneLineEach(turns, options.previews, session.print_options()));
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
