// One flow of one protocol: whole flow through the set, its hint the unit's own
// port. The unit is named by TAPLINE_FUZZ_UNIT (a file of sensord/analyzers,
// without .cc); its corpus is the folder of that name.
//
// Input: a byte of choices, then segments: direction and gap in the first byte,
// size in the next two (big endian), then its bytes. The last two bytes are
// also code and type where the unit's protocol is beside TCP and UDP.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "sensord/analyzers/analyzer_set.h"
#include "sensord/flow/flow_engine.h"
#include "tests/support/conversation.h"

#define ANALYZED(id, unit, name, encrypted) \
  namespace tapline::unit {                 \
  const AnalyzerUnit& Unit();               \
  }
#include "common/net/protocols.def"
#undef ANALYZED

namespace {

struct NamedUnit {
  absl::string_view name;
  const tapline::AnalyzerUnit& (*unit)();
};

constexpr NamedUnit kUnits[] = {
#define ANALYZED(id, unit, name, encrypted) {#unit, tapline::unit::Unit},
#include "common/net/protocols.def"
#undef ANALYZED
};

// Ends the process when the environment names none.
const tapline::AnalyzerUnit& ChosenUnit() {
  const char* chosen = std::getenv("TAPLINE_FUZZ_UNIT");
  for (const NamedUnit& named : kUnits) {
    if (chosen != nullptr && named.name == chosen) return named.unit();
  }
  std::fprintf(stderr, "TAPLINE_FUZZ_UNIT must name a unit:");
  for (const NamedUnit& named : kUnits) {
    std::fprintf(stderr, " %s", named.name.data());
  }
  std::fprintf(stderr, "\n");
  std::exit(2);
}

// What one flow may hold: the segment at hand, and what an analyzer may keep of
// both directions.
constexpr size_t kMaxMemory = 512 << 10;
// Enough to show work that grows with their number, few enough that their heads
// are not most of an input.
constexpr uint32_t kMaxSegments = 4096;

uint16_t PortOf(const tapline::AnalyzerUnit& unit, uint8_t transport) {
  for (const tapline::UnitPort& port : unit.ports) {
    if (port.transport == transport) return port.port;
  }
  return 9999;
}

// Whether a flow would hand over its next datagram, or bytes.
bool AsksOn(tapline::testing::Conversation& c, bool datagrams, uint32_t sent) {
  const bool unknown = c.told().basis == tapline::ProtocolBasis::kNone ||
                       c.told().basis == tapline::ProtocolBasis::kPortHint;
  return c.wants() &&
         !(datagrams && unknown && sent >= tapline::kMaxUnknownDatagrams);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tapline::testing::Conversation;
  if (size < 1) return 0;
  static const tapline::AnalyzerUnit& unit = ChosenUnit();
  const uint8_t choice = *data++;
  --size;
  const bool udp = unit.udp && (!unit.tcp || (choice & 1) != 0);
  uint8_t transport = udp ? Conversation::kUdp : Conversation::kTcp;
  if (unit.ip_protocol != 0) transport = unit.ip_protocol;
  const uint16_t port = (choice & 2) != 0 ? 9999 : PortOf(unit, transport);
  Conversation c(transport, port);
  if ((choice & 4) != 0) c.Midstream();
  const bool datagrams = transport != Conversation::kTcp;
  for (uint32_t sent = 0;
       sent < kMaxSegments && size >= 3 && AsksOn(c, datagrams, sent); ++sent) {
    const uint8_t head = data[0];
    const size_t wanted = static_cast<size_t>(data[1]) << 8 | data[2];
    data += 3;
    size -= 3;
    const size_t taken = std::min(wanted, size);
    const std::string bytes(reinterpret_cast<const char*>(data), taken);
    data += taken;
    size -= taken;
    // ICMP's header goes with the packet.
    if (unit.ip_protocol != 0 && taken >= 2) {
      c.Icmp(data[-1], data[-2] & 15, wanted);
    }
    if ((head & 6) == 6) c.Gap((head & 1) == 0, wanted + 1);
    if ((head & 1) == 0) {
      c.Client(bytes);
    } else {
      c.Server(bytes);
    }
  }
  c.End();
  // Ends the process when one is no message.
  c.told().CheckEvents();
  if (c.peak_memory() > kMaxMemory) std::abort();
  return 0;
}
