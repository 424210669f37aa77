#include "common/output/columns.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/output/value_text.h"
#include "common/schema/field_info.h"
#include "common/schema/wire_text.h"

namespace tapline {
namespace {

using v1::Record;

Cell Text(std::string text) { return {std::move(text), Color::kNone, ""}; }

Cell Number(uint64_t value) { return Text(absl::StrCat(value)); }

Cell Bytes(uint64_t value) {
  return {HumanBytes(static_cast<double>(value)), Color::kNone,
          absl::StrCat(value)};
}

Cell Ratio(double value) {
  std::string raw;
  AppendDouble(value, raw);
  return {absl::StrFormat("%.1f%%", value * 100), Color::kNone, raw};
}

// With milliseconds always, so that columns line up.
Cell Time(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return Text("");
  google::protobuf::Timestamp whole = time;
  whole.set_nanos(0);
  std::string text = TimestampText(whole);
  text.pop_back();
  const int millis = std::clamp(time.nanos(), 0, 999'999'999) / 1'000'000;
  return {absl::StrFormat("%s.%03dZ", text, millis), Color::kNone,
          TimestampText(time)};
}

std::string Lower(const google::protobuf::EnumDescriptor& type, int number) {
  return absl::AsciiStrToLower(ShortEnumName(type, number));
}

std::string TransportText(v1::Transport transport) {
  return Lower(*v1::Transport_descriptor(), transport);
}

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
       [](const Record& r) { return Time(r.alert().last_seen()); }},
      {"ID", 16, false, true,
       [](const Record& r) { return Text(r.alert().id()); }},
      {"SEVERITY", 8, false, false, Severity},
      {"RULE", 13, false, false,
       [](const Record& r) { return Text(r.alert().rule()); }},
      {"SOURCE", 21, false, false,
       [](const Record& r) {
         return Text(SideOrMany(r.alert().has_source(), r.alert().source()));
       }},
      {"TARGET", 21, false, false,
       [](const Record& r) {
         return Text(SideOrMany(r.alert().has_target(), r.alert().target()));
       }},
      {"COUNT", 6, true, false,
       [](const Record& r) { return Number(r.alert().count()); }},
      {"FIRST_SEEN", 24, false, true,
       [](const Record& r) { return Time(r.alert().first_seen()); }},
      {"TECHNIQUE", 9, false, true,
       [](const Record& r) { return Text(r.alert().technique()); }},
      {"COVERAGE", 8, true, true,
       [](const Record& r) { return Ratio(r.alert().coverage()); }},
      {"SOURCE_ID", 9, false, true,
       [](const Record& r) { return Text(r.source_id()); }},
      {"ACK", 3, false, false,
       [](const Record& r) {
         return Text(r.alert().acknowledged() ? "yes" : "no");
       }},
      {"SUMMARY", 20, false, false,
       [](const Record& r) { return Text(r.alert().summary()); }},
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

// How it ended, or the state it is in while open.
Cell FlowState(const Record& r) {
  const v1::Flow& flow = r.flow();
  if (flow.end_reason() != v1::END_REASON_ACTIVE) {
    return Text(Lower(*v1::EndReason_descriptor(), flow.end_reason()));
  }
  const double stale = flow.staleness_ratio();
  const Color color = stale > 0.9    ? Color::kRed
                      : stale > 0.75 ? Color::kYellow
                                     : Color::kNone;
  const char* mark = stale > 0.9 ? "!!" : stale > 0.75 ? "!" : "";
  std::string state =
      flow.has_tcp() ? Lower(*v1::TcpState_descriptor(), flow.tcp().state())
                     : "active";
  return {absl::StrCat(state, mark), color, ""};
}

std::vector<Column<Record>> FlowColumns() {
  return {
      {"TIME", 24, false, false,
       [](const Record& r) { return Time(r.flow().start()); }},
      {"ID", 16, false, true,
       [](const Record& r) { return Text(r.flow().id()); }},
      {"PROTO", 6, false, false,
       [](const Record& r) {
         return Text(TransportText(r.flow().transport()));
       }},
      {"ORIGINATOR", 21, false, false,
       [](const Record& r) {
         return Text(EndpointText(r.flow().originator()));
       }},
      {"RESPONDER", 21, false, false,
       [](const Record& r) {
         return Text(EndpointText(r.flow().responder()));
       }},
      {"APP", 8, false, false,
       [](const Record& r) { return Text(r.flow().application().protocol()); }},
      {"PACKETS", 7, true, false,
       [](const Record& r) { return Number(FlowPackets(r.flow())); }},
      {"BYTES", 10, true, false,
       [](const Record& r) { return Bytes(FlowBytes(r.flow())); }},
      {"DURATION", 8, true, false,
       [](const Record& r) {
         std::string raw;
         AppendDouble(FlowSeconds(r.flow()), raw);
         return Cell{HumanSeconds(FlowSeconds(r.flow())), Color::kNone, raw};
       }},
      {"COMMUNITY_ID", 30, false, true,
       [](const Record& r) { return Text(r.flow().community_id()); }},
      {"FLAGS", 6, false, true,
       [](const Record& r) {
         return Text(TcpFlagsText(r.flow().from_originator().tcp_flags() |
                                  r.flow().from_responder().tcp_flags()));
       }},
      {"FLOWS", 5, true, true,
       [](const Record& r) { return Number(r.flow().aggregated_flows()); }},
      {"SOURCE_ID", 9, false, true,
       [](const Record& r) { return Text(r.source_id()); }},
      {"STATE", 12, false, false, FlowState},
      {"HOST", 20, false, false,
       [](const Record& r) { return Text(r.flow().application().host()); }},
  };
}

std::string DnsText(const v1::Dns& dns) {
  std::string text = absl::StrCat(dns.name(), " type ", dns.type());
  if (dns.answered()) absl::StrAppend(&text, " rcode ", dns.rcode());
  for (const v1::DnsAnswer& answer : dns.answers()) {
    absl::StrAppend(&text, " ", answer.data());
  }
  if (dns.malformed()) text += " malformed";
  return text;
}

const char* EventKind(const v1::Event& event) {
  switch (event.kind_case()) {
    case v1::Event::kDns:
      return "dns";
    case v1::Event::kAnomalyEvent:
      return "anomaly";
    case v1::Event::kCaptureGap:
      return "capture_gap";
    case v1::Event::kPolicyChange:
      return "policy";
    case v1::Event::kNeighbourChange:
      return "neighbour";
    case v1::Event::KIND_NOT_SET:
      return "";
  }
  return "";
}

std::string EventText(const v1::Event& event) {
  switch (event.kind_case()) {
    case v1::Event::kDns:
      return DnsText(event.dns());
    case v1::Event::kAnomalyEvent:
      return absl::StrCat(event.anomaly_event().name(), " seen ",
                          event.anomaly_event().count(), " times");
    case v1::Event::kCaptureGap:
      return absl::StrCat(event.capture_gap().reason(), " on ",
                          event.capture_gap().interface(), ", ",
                          event.capture_gap().frames(), " frames");
    case v1::Event::kPolicyChange:
      return absl::StrCat(
          "revision ", event.policy_change().revision(), " (",
          event.policy_change().origin(), ") ",
          event.policy_change().accepted() ? "in force" : "refused: ",
          event.policy_change().error());
    case v1::Event::kNeighbourChange:
      return absl::StrCat(
          event.neighbour_change().address(), " is at ",
          event.neighbour_change().mac(),
          event.neighbour_change().previous_mac().empty() ? "" : ", was ",
          event.neighbour_change().previous_mac());
    case v1::Event::KIND_NOT_SET:
      return "";
  }
  return "";
}

std::vector<Column<Record>> EventColumns() {
  return {
      {"TIME", 24, false, false,
       [](const Record& r) { return Time(r.event().time()); }},
      {"ID", 16, false, true,
       [](const Record& r) { return Text(r.event().id()); }},
      {"KIND", 11, false, false,
       [](const Record& r) { return Text(EventKind(r.event())); }},
      {"ORIGINATOR", 21, false, false,
       [](const Record& r) {
         return Text(EndpointText(r.event().originator()));
       }},
      {"RESPONDER", 21, false, false,
       [](const Record& r) {
         return Text(EndpointText(r.event().responder()));
       }},
      {"FLOW", 16, false, true,
       [](const Record& r) { return Text(r.event().flow_id()); }},
      {"SOURCE_ID", 9, false, true,
       [](const Record& r) { return Text(r.source_id()); }},
      {"DETAIL", 20, false, false,
       [](const Record& r) { return Text(EventText(r.event())); }},
  };
}

std::vector<Column<Record>> PacketColumns() {
  return {
      {"TIME", 24, false, false,
       [](const Record& r) { return Time(r.packet().time()); }},
      {"ORDINAL", 9, true, false,
       [](const Record& r) { return Number(r.packet().ordinal()); }},
      {"PROTO", 6, false, false,
       [](const Record& r) {
         return Text(TransportText(r.packet().transport()));
       }},
      {"SOURCE", 21, false, false,
       [](const Record& r) { return Text(EndpointText(r.packet().source())); }},
      {"DESTINATION", 21, false, false,
       [](const Record& r) {
         return Text(EndpointText(r.packet().destination()));
       }},
      {"BYTES", 6, true, false,
       [](const Record& r) { return Number(r.packet().frame_bytes()); }},
      {"PAYLOAD", 7, true, false,
       [](const Record& r) { return Number(r.packet().payload_bytes()); }},
      {"FLAGS", 6, false, false,
       [](const Record& r) {
         return Text(TcpFlagsText(r.packet().tcp_flags()));
       }},
      {"FLOW", 16, false, true,
       [](const Record& r) { return Text(r.packet().flow_id()); }},
      {"INFO", 20, false, false,
       [](const Record& r) { return Text(r.packet().info()); }},
  };
}

std::string TopProtocols(const v1::Stats& stats) {
  std::string out;
  for (int i = 0; i < std::min(stats.protocols_size(), 4); ++i) {
    const v1::ProtocolShare& share = stats.protocols(i);
    const double all =
        static_cast<double>(std::max<uint64_t>(stats.bytes(), 1));
    absl::StrAppendFormat(&out, "%s%s %.0f%%", i > 0 ? ", " : "",
                          share.protocol(),
                          100.0 * static_cast<double>(share.bytes()) / all);
  }
  return out;
}

std::vector<Column<Record>> StatsColumns() {
  return {
      {"TIME", 24, false, false,
       [](const Record& r) { return Time(r.stats().time()); }},
      {"WINDOW", 6, true, false,
       [](const Record& r) {
         return Text(absl::StrCat(r.stats().window().seconds(), "s"));
       }},
      {"PACKETS/S", 9, true, false,
       [](const Record& r) {
         std::string raw;
         AppendDouble(r.stats().packets_per_second(), raw);
         return Cell{HumanCount(r.stats().packets_per_second()), Color::kNone,
                     raw};
       }},
      {"RATE", 12, true, false,
       [](const Record& r) {
         std::string raw;
         AppendDouble(r.stats().bits_per_second(), raw);
         return Cell{HumanBitRate(r.stats().bits_per_second()), Color::kNone,
                     raw};
       }},
      {"FLOWS", 8, true, false,
       [](const Record& r) { return Number(r.stats().active_flows()); }},
      {"NEW", 7, true, false,
       [](const Record& r) { return Number(r.stats().new_flows()); }},
      {"ENCRYPTED", 9, true, false,
       [](const Record& r) { return Ratio(r.stats().encrypted_ratio()); }},
      {"DROPPED", 7, true, false,
       [](const Record& r) {
         const uint64_t dropped = r.stats().dropped_packets();
         return Cell{absl::StrCat(dropped),
                     dropped > 0 ? Color::kRed : Color::kNone, ""};
       }},
      {"PROTOCOLS", 20, false, false,
       [](const Record& r) { return Text(TopProtocols(r.stats())); }},
  };
}

}  // namespace

std::vector<Column<Record>> RecordColumns(v1::RecordKind kind) {
  switch (kind) {
    case v1::RECORD_KIND_FLOW:
      return FlowColumns();
    case v1::RECORD_KIND_EVENT:
      return EventColumns();
    case v1::RECORD_KIND_PACKET:
      return PacketColumns();
    case v1::RECORD_KIND_STATS:
      return StatsColumns();
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
  return PrintableText(absl::StrCat(
      "gap: ", g.count(), " ", Lower(*v1::RecordKind_descriptor(), g.kind()),
      " records lost (", g.reason(), "), sequence ", g.first_sequence(), "..",
      g.last_sequence()));
}

}  // namespace tapline
