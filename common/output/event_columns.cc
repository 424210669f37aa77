// Columns of events, packets and statistics.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/output/columns.h"
#include "common/output/message_text.h"
#include "common/output/record_cells.h"
#include "common/output/value_text.h"

namespace tapline::internal {
namespace {

using v1::Record;

// The arm of the event, null without one.
const google::protobuf::FieldDescriptor* Arm(const v1::Event& event) {
  return event.GetReflection()->GetOneofFieldDescriptor(
      event, v1::Event::descriptor()->oneof_decl(0));
}

std::string EventKind(const v1::Event& event) {
  const auto* arm = Arm(event);
  return arm == nullptr ? std::string() : arm->name();
}

std::string EventText(const v1::Event& event) {
  const auto* arm = Arm(event);
  if (arm == nullptr) return "";
  return MessageText(event.GetReflection()->GetMessage(event, arm));
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

}  // namespace

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

}  // namespace tapline::internal
