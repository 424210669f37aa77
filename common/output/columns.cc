#include "common/output/columns.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/net/wire_text.h"
#include "common/output/cells.h"
#include "common/output/record_columns.h"
#include "common/output/value_text.h"
#include "common/schema/field_info.h"

namespace tapline {
namespace {

using internal::kBriefId;
using v1::Record;

Cell Severity(const Record& r) {
  const v1::Severity severity = r.alert().severity();
  return {ShortEnumName(*v1::Severity_descriptor(), severity),
          SeverityColor(severity), ""};
}

std::string SideOrMany(bool present, const v1::Endpoint& endpoint) {
  return present ? EndpointText(endpoint) : "many";
}

std::vector<Column<Record>> AlertColumns() {
  return {
      {"TIME", 24, false, false,
       [](const Record& r) { return TimeCell(r.alert().last_seen()); }},
      {"ID", 16, false, false,
       [](const Record& r) { return TextCell(r.alert().id()); }, kBriefId},
      {"SEVERITY", 8, false, false, Severity},
      {"RULE", 13, false, false,
       [](const Record& r) { return TextCell(r.alert().rule()); }},
      {"SOURCE", 21, false, false,
       [](const Record& r) {
         return TextCell(
             SideOrMany(r.alert().has_source(), r.alert().source()));
       }},
      {"TARGET", 21, false, false,
       [](const Record& r) {
         return TextCell(
             SideOrMany(r.alert().has_target(), r.alert().target()));
       }},
      {"COUNT", 6, true, false,
       [](const Record& r) { return NumberCell(r.alert().count()); }},
      {"FIRST_SEEN", 24, false, true,
       [](const Record& r) { return TimeCell(r.alert().first_seen()); }},
      {"TECHNIQUE", 9, false, true,
       [](const Record& r) { return TextCell(r.alert().technique()); }},
      {"COVERAGE", 8, true, true,
       [](const Record& r) { return RatioCell(r.alert().coverage()); }},
      {"SOURCE_ID", 9, false, true,
       [](const Record& r) { return TextCell(r.source_id()); }},
      {"ACK", 3, false, false,
       [](const Record& r) {
         return TextCell(r.alert().acknowledged() ? "yes" : "no");
       }},
      {"SUMMARY", 20, false, false,
       [](const Record& r) { return TextCell(r.alert().summary()); }},
  };
}

double FlowSeconds(const v1::Flow& flow) {
  const double nanos = flow.end().nanos() - flow.start().nanos();
  return static_cast<double>(flow.end().seconds() - flow.start().seconds()) +
         nanos / 1e9;
}

uint64_t FlowPackets(const v1::Flow& flow) {
  return flow.from_originator().packets() + flow.from_responder().packets();
}

uint64_t FlowBytes(const v1::Flow& flow) {
  return flow.from_originator().frame_bytes() +
         flow.from_responder().frame_bytes();
}

// Marked when an open flow is about to time out.
Cell FlowState(const Record& r) {
  const v1::Flow& flow = r.flow();
  if (flow.state() == v1::FLOW_STATE_UNSPECIFIED) return TextCell("");
  std::string state = LowerEnumName(*v1::FlowState_descriptor(), flow.state());
  if (flow.end_reason() != v1::END_REASON_ACTIVE) return TextCell(state);
  const double stale = flow.staleness_ratio();
  const Color color = stale > 0.9    ? Color::kRed
                      : stale > 0.75 ? Color::kYellow
                                     : Color::kNone;
  const char* mark = stale > 0.9 ? "!!" : stale > 0.75 ? "!" : "";
  return {absl::StrCat(state, mark), color, ""};
}

// What only the port says is marked.
Cell FlowProtocol(const Record& r) {
  const v1::Application& application = r.flow().application();
  const bool guess = application.basis() == v1::BASIS_PORT_HINT;
  return {absl::StrCat(application.protocol(), guess ? "?" : ""), Color::kNone,
          application.protocol()};
}

Cell FlowEncryption(const Record& r) {
  const v1::Encryption encryption = r.flow().application().encryption();
  if (encryption == v1::ENCRYPTION_UNSPECIFIED) return TextCell("");
  return TextCell(LowerEnumName(*v1::Encryption_descriptor(), encryption));
}

Cell FlowBasis(const Record& r) {
  const v1::Basis basis = r.flow().application().basis();
  if (basis == v1::BASIS_UNSPECIFIED) return TextCell("");
  return TextCell(LowerEnumName(*v1::Basis_descriptor(), basis));
}

std::vector<Column<Record>> FlowColumns() {
  return {
      {"TIME", 24, false, false,
       [](const Record& r) { return TimeCell(r.flow().start()); }},
      {"ID", 16, false, false,
       [](const Record& r) { return TextCell(r.flow().id()); }, kBriefId},
      {"PROTO", 6, false, false,
       [](const Record& r) {
         return TextCell(
             LowerEnumName(*v1::Transport_descriptor(), r.flow().transport()));
       }},
      {"ORIGINATOR", 21, false, false,
       [](const Record& r) {
         return TextCell(EndpointText(r.flow().originator()));
       }},
      {"RESPONDER", 21, false, false,
       [](const Record& r) {
         return TextCell(EndpointText(r.flow().responder()));
       }},
      {"APP", 8, false, false, FlowProtocol},
      {"BASIS", 9, false, true, FlowBasis},
      {"ENCRYPTION", 10, false, false, FlowEncryption},
      {"PACKETS", 7, true, false,
       [](const Record& r) { return NumberCell(FlowPackets(r.flow())); }},
      {"BYTES", 10, true, false,
       [](const Record& r) { return BytesCell(FlowBytes(r.flow())); }},
      {"DURATION", 8, true, false,
       [](const Record& r) {
         std::string raw;
         AppendDouble(FlowSeconds(r.flow()), raw);
         return Cell{HumanSeconds(FlowSeconds(r.flow())), Color::kNone, raw};
       }},
      {"COMMUNITY_ID", 30, false, true,
       [](const Record& r) { return TextCell(r.flow().community_id()); }},
      {"FLAGS", 6, false, true,
       [](const Record& r) {
         return TextCell(TcpFlagsText(r.flow().from_originator().tcp_flags() |
                                      r.flow().from_responder().tcp_flags()));
       }},
      {"FLOWS", 5, true, true,
       [](const Record& r) { return NumberCell(r.flow().aggregated_flows()); }},
      {"SOURCE_ID", 9, false, true,
       [](const Record& r) { return TextCell(r.source_id()); }},
      {"STATE", 11, false, false, FlowState},
      {"END", 6, false, false,
       [](const Record& r) {
         return TextCell(
             LowerEnumName(*v1::EndReason_descriptor(), r.flow().end_reason()));
       }},
      {"HOST", 20, false, false,
       [](const Record& r) { return TextCell(r.flow().application().host()); }},
  };
}

}  // namespace

std::vector<Column<Record>> RecordColumns(v1::RecordKind kind) {
  switch (kind) {
    case v1::RECORD_KIND_FLOW:
      return FlowColumns();
    case v1::RECORD_KIND_EVENT:
      return internal::EventColumns();
    case v1::RECORD_KIND_PACKET:
      return internal::PacketColumns();
    case v1::RECORD_KIND_STATS:
      return internal::StatsColumns();
    default:
      return AlertColumns();
  }
}

std::string EndpointText(const v1::Endpoint& endpoint) {
  if (endpoint.port() == 0) return endpoint.address();
  // More than one colon outside brackets would be ambiguous; a MAC address
  // never has a port.
  if (absl::StrContains(endpoint.address(), ":")) {
    return absl::StrCat("[", endpoint.address(), "]:", endpoint.port());
  }
  return absl::StrCat(endpoint.address(), ":", endpoint.port());
}

std::string TcpFlagsText(uint32_t flags) {
  constexpr absl::string_view kLetters = "FSRPAUEC";
  std::string out;
  for (size_t bit = 0; bit < kLetters.size(); ++bit) {
    if (flags & (1u << bit)) out += kLetters[bit];
  }
  return out.empty() ? "-" : out;
}

Color SeverityColor(v1::Severity severity) {
  switch (severity) {
    case v1::SEVERITY_CRITICAL:
      return Color::kBrightRed;
    case v1::SEVERITY_HIGH:
      return Color::kRed;
    case v1::SEVERITY_MEDIUM:
      return Color::kYellow;
    case v1::SEVERITY_LOW:
      return Color::kCyan;
    default:
      return Color::kNone;
  }
}

std::string GapText(const Redacted<v1::Gap>& gap) {
  const v1::Gap& g = gap.get();
  if (g.count() == 0) {
    return PrintableText(absl::StrCat(
        "gap: ", LowerEnumName(*v1::RecordKind_descriptor(), g.kind()),
        " records lost, not known how many (", g.reason(), "), from ",
        TimestampText(g.lost_since()), " to ",
        TimestampText(g.available_from())));
  }
  return PrintableText(absl::StrCat(
      "gap: ", g.count(), " ",
      LowerEnumName(*v1::RecordKind_descriptor(), g.kind()), " records lost (",
      g.reason(), "), sequence ", g.first_sequence(), "..", g.last_sequence()));
}

}  // namespace tapline
