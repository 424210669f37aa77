#include "common/output/inspection_columns.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/net/code_point.h"
#include "common/net/wire_text.h"
#include "common/output/cells.h"
#include "common/output/escape.h"
#include "common/output/layer_text.h"
#include "common/output/value_text.h"
#include "common/schema/field_info.h"

namespace tapline {
namespace {

using v1::Conversation;
using v1::Finding;
using v1::TimelineEntry;
using v1::Turn;

Color ColorOf(v1::FindingSeverity severity) {
  switch (severity) {
    case v1::FINDING_SEVERITY_ERROR:
      return Color::kRed;
    case v1::FINDING_SEVERITY_WARN:
      return Color::kYellow;
    default:
      return Color::kNone;
  }
}

Cell EvidenceCell(const Finding& finding) {
  return TextCell(EvidenceText(finding));
}

Cell SeverityCell(const TimelineEntry& entry) {
  if (entry.severity() == v1::FINDING_SEVERITY_UNSPECIFIED) return TextCell("");
  return {FindingSeverityText(entry.severity()),
          entry.severity() == v1::FINDING_SEVERITY_ERROR ? Color::kRed
                                                         : Color::kYellow,
          ""};
}

std::string ProtocolNames(const Conversation& conversation) {
  constexpr int kShown = 4;
  std::string names;
  for (int i = 0; i < std::min(conversation.protocols_size(), kShown); ++i) {
    absl::StrAppend(&names, i > 0 ? "," : "",
                    conversation.protocols(i).protocol());
  }
  const int more = conversation.protocols_size() - kShown;
  if (more > 0) absl::StrAppend(&names, ",+", more);
  return names;
}

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

}  // namespace

std::string EvidenceText(const Finding& finding) {
  std::string text;
  for (const v1::FindingValue& value : finding.evidence()) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", value.name(), " ",
                    value.seen());
    if (!value.threshold().empty()) {
      absl::StrAppend(&text, " (", value.threshold(), ")");
    }
  }
  return text;
}

std::vector<Column<Finding>> FindingColumns() {
  return {
      {"TIME", 24, false, true,
       [](const Finding& f) { return TextCell(TimestampText(f.time())); }},
      {"SEVERITY", 8, false, false,
       [](const Finding& f) {
         return Cell{FindingSeverityText(f.severity()), ColorOf(f.severity()),
                     ""};
       }},
      {"CODE", 24, false, false,
       [](const Finding& f) { return TextCell(f.code()); }},
      {"FLOW", 16, false, false,
       [](const Finding& f) { return TextCell(f.flow_id()); }, 8},
      {"COUNT", 5, true, false,
       [](const Finding& f) { return NumberCell(f.count()); }},
      {"CATEGORY", 10, false, true,
       [](const Finding& f) {
         return TextCell(
             LowerEnumName(*v1::FindingCategory_descriptor(), f.category()));
       }},
      {"KIND", 20, false, true,
       [](const Finding& f) {
         return TextCell(
             f.kind() == v1::FLOW_RISK_UNSPECIFIED
                 ? ""
                 : LowerEnumName(*v1::FlowRisk_descriptor(), f.kind()));
       }},
      {"EVIDENCE", 30, false, false, EvidenceCell},
      {"SUMMARY", 30, false, true,
       [](const Finding& f) { return TextCell(f.summary()); }},
      {"ACTION", 30, false, true,
       [](const Finding& f) { return TextCell(f.action()); }},
  };
}

std::vector<Column<TimelineEntry>> TimelineColumns() {
  return {
      {"TIME", 30, false, false,
       [](const TimelineEntry& e) {
         return TextCell(TimestampText(e.time()));
       }},
      {"KIND", 17, false, false,
       [](const TimelineEntry& e) { return TextCell(e.kind()); }},
      {"SEVERITY", 8, false, false, SeverityCell},
      {"EVENT", 16, false, true,
       [](const TimelineEntry& e) { return TextCell(e.event_id()); }},
      {"ALERT", 16, false, true,
       [](const TimelineEntry& e) { return TextCell(e.alert_id()); }},
      {"TEXT", 30, false, false,
       [](const TimelineEntry& e) { return TextCell(e.text()); }},
  };
}

std::vector<Column<Conversation>> ConversationColumns() {
  return {
      {"ID", 16, false, false,
       [](const Conversation& c) { return TextCell(c.id()); }, 8},
      {"ORIGINATOR", 15, false, false,
       [](const Conversation& c) {
         return TextCell(c.originator().address());
       }},
      {"RESPONDER", 15, false, false,
       [](const Conversation& c) { return TextCell(c.responder().address()); }},
      {"FLOWS", 7, true, false,
       [](const Conversation& c) { return NumberCell(c.flows()); }},
      {"OPEN", 5, true, false,
       [](const Conversation& c) { return NumberCell(c.open_flows()); }},
      {"SENT", 10, true, false,
       [](const Conversation& c) { return BytesCell(c.originator_bytes()); }},
      {"RECEIVED", 10, true, false,
       [](const Conversation& c) { return BytesCell(c.responder_bytes()); }},
      {"ALERTS", 6, true, false,
       [](const Conversation& c) { return NumberCell(c.alerts()); }},
      {"FIRST_SEEN", 30, false, true,
       [](const Conversation& c) {
         return TextCell(TimestampText(c.first_seen()));
       }},
      {"LAST_SEEN", 30, false, true,
       [](const Conversation& c) {
         return TextCell(TimestampText(c.last_seen()));
       }},
      {"PROTOCOLS", 20, false, false,
       [](const Conversation& c) { return TextCell(ProtocolNames(c)); }},
  };
}

std::string TurnsText(const std::vector<Redacted<Turn>>& turns, bool previews,
                      const PrintOptions& options) {
  const bool for_people =
      options.format == Format::kTable || options.format == Format::kWide;
  return previews && for_people ? WithPreviews(turns, options)
                                : OneLineEach(turns, previews, options);
}

}  // namespace tapline
