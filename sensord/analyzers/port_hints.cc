#include "sensord/analyzers/port_hints.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_join.h"

namespace tapline {
namespace {

constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;

size_t Home(uint16_t port) { return port * 40503u >> 7; }

}  // namespace

void PortHints::Add(uint8_t transport, uint16_t port, Protocol protocol) {
  auto& table = ports_[transport == kUdp];
  size_t i = Home(port) % kSlots;
  while (table[i].port != 0) i = (i + 1) % kSlots;
  table[i] = {port, protocol};
}

PortHints::PortHints(absl::Span<const AnalyzerUnit* const> units) {
  for (const AnalyzerUnit* unit : units) {
    for (const UnitPort& row : unit->ports) {
      Add(row.transport, row.port, row.protocol);
    }
  }
  struct Row {
    uint8_t transport;
    uint16_t port;
    Protocol protocol;
  };
  static constexpr Row kRows[] = {
#define PORT(transport, port, protocol) \
  {k##transport, port, Protocol::k##protocol},
#include "sensord/analyzers/ports.def"
#undef PORT
  };
  for (const Row& row : kRows) Add(row.transport, row.port, row.protocol);
#define IP_PROTOCOL(number, protocol) \
  transports_[number] = Protocol::k##protocol;
#include "sensord/analyzers/ip_protocols.def"
#undef IP_PROTOCOL
}

Protocol PortHints::ByPort(uint8_t ip_protocol, uint16_t port) const {
  if (port == 0) return Protocol::kUnknown;
  const auto& table = ports_[ip_protocol == kUdp];
  for (size_t i = Home(port) % kSlots; table[i].port != 0;
       i = (i + 1) % kSlots) {
    if (table[i].port == port) return table[i].protocol;
  }
  return Protocol::kUnknown;
}

bool PortHints::IsUsual(uint8_t ip_protocol, uint16_t port,
                        absl::string_view protocol) const {
  if (port == 0) return false;
  const auto& table = ports_[ip_protocol == kUdp];
  // A port may be usual for several.
  for (size_t i = Home(port) % kSlots; table[i].port != 0;
       i = (i + 1) % kSlots) {
    if (table[i].port == port && ProtocolName(table[i].protocol) == protocol) {
      return true;
    }
  }
  return false;
}

std::string PortHints::UsualPorts(uint8_t ip_protocol,
                                  absl::string_view protocol) const {
  std::vector<uint16_t> ports;
  for (const Slot& slot : ports_[ip_protocol == kUdp]) {
    if (slot.port != 0 && ProtocolName(slot.protocol) == protocol) {
      ports.push_back(slot.port);
    }
  }
  std::sort(ports.begin(), ports.end());
  return absl::StrJoin(ports, ", ");
}

}  // namespace tapline
