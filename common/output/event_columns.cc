// Columns of events, packets and statistics.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/output/cells.h"
#include "common/output/columns.h"
#include "common/output/message_text.h"
#include "common/output/record_columns.h"
#include "common/output/value_text.h"
#include "common/schema/field_info.h"

namespace tapline::internal {
namespace {

using v1::Record;

// A handshake with its certificates has over a thousand.
constexpr size_t kMostDetail = 160;

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
       [](const Record& r) { return TimeCell(r.event().time()); }},
      {"ID", 16, false, true,
       [](const Record& r) { return TextCell(r.event().id()); }},
      {"KIND", 13, false, false,
       [](const Record& r) { return TextCell(EventKind(r.event())); }},
      {"ORIGINATOR", 21, false, false,
       [](const Record& r) {
         return TextCell(EndpointText(r.event().originator()));
       }},
      {"RESPONDER", 21, false, false,
       [](const Record& r) {
         return TextCell(EndpointText(r.event().responder()));
       }},
      {"FLOW", 16, false, false,
       [](const Record& r) { return TextCell(r.event().flow_id()); }, kBriefId},
      {"SOURCE_ID", 9, false, true,
       [](const Record& r) { return TextCell(r.source_id()); }},
      {"DETAIL", 20, false, false,
       [](const Record& r) { return TextCell(EventText(r.event())); }, 0,
       kMostDetail},
  };
}

std::vector<Column<Record>> PacketColumns() {
  return {
      {"TIME", 24, false, false,
       [](const Record& r) { return TimeCell(r.packet().time()); }},
      {"ORDINAL", 9, true, false,
       [](const Record& r) { return NumberCell(r.packet().ordinal()); }},
      {"PROTO", 6, false, false,
       [](const Record& r) {
         return TextCell(LowerEnumName(*v1::Transport_descriptor(),
                                       r.packet().transport()));
       }},
      {"SOURCE", 21, false, false,
       [](const Record& r) {
         return TextCell(EndpointText(r.packet().source()));
       }},
      {"DESTINATION", 21, false, false,
       [](const Record& r) {
         return TextCell(EndpointText(r.packet().destination()));
       }},
      {"BYTES", 6, true, false,
       [](const Record& r) { return NumberCell(r.packet().frame_bytes()); }},
      {"PAYLOAD", 7, true, false,
       [](const Record& r) { return NumberCell(r.packet().payload_bytes()); }},
      {"FLAGS", 6, false, false,
       [](const Record& r) {
         return TextCell(TcpFlagsText(r.packet().tcp_flags()));
       }},
      {"FLOW", 16, false, true,
       [](const Record& r) { return TextCell(r.packet().flow_id()); }},
      {"INFO", 20, false, false,
       [](const Record& r) { return TextCell(r.packet().info()); }},
  };
}

std::vector<Column<Record>> StatsColumns() {
  return {
      {"TIME", 24, false, false,
       [](const Record& r) { return TimeCell(r.stats().time()); }},
      {"WINDOW", 6, true, false,
       [](const Record& r) {
         return TextCell(absl::StrCat(r.stats().window().seconds(), "s"));
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
       [](const Record& r) { return NumberCell(r.stats().active_flows()); }},
      {"NEW", 7, true, false,
       [](const Record& r) { return NumberCell(r.stats().new_flows()); }},
      {"ENCRYPTED", 9, true, false,
       [](const Record& r) { return RatioCell(r.stats().encrypted_ratio()); }},
      {"DROPPED", 7, true, false,
       [](const Record& r) {
         const uint64_t dropped = r.stats().dropped_packets();
         return Cell{absl::StrCat(dropped),
                     dropped > 0 ? Color::kRed : Color::kNone, ""};
       }},
      {"PROTOCOLS", 20, false, false,
       [](const Record& r) { return TextCell(TopProtocols(r.stats())); }},
  };
}

}  // namespace tapline::internal
