// What a flow probably carries, by its numbers alone: the ports of the units,
// ports.def for protocols without one, and ip_protocols.def.

#ifndef TAPLINE_SENSORD_ANALYZERS_PORT_HINTS_H_
#define TAPLINE_SENSORD_ANALYZERS_PORT_HINTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sensord/analyzers/analyzer.h"
#include "sensord/event/protocol.h"

namespace tapline {

// Thread safety: immutable.
class PortHints {
 public:
  explicit PortHints(absl::Span<const AnalyzerUnit* const> units);

  // kUnknown without a hint. `ip_protocol` is TCP (6) or UDP (17); others have
  // no ports.
  Protocol ByPort(uint8_t ip_protocol, uint16_t port) const;

  // Whether the port is one of those that `protocol` ("ssh") is usual on.
  bool IsUsual(uint8_t ip_protocol, uint16_t port,
               absl::string_view protocol) const;
  // All of them, ascending: "80, 8080"; empty when it has none.
  std::string UsualPorts(uint8_t ip_protocol, absl::string_view protocol) const;

  // Of a transport other than TCP and UDP; kUnknown for both of these.
  Protocol ByTransport(uint8_t ip_protocol) const {
    return transports_[ip_protocol];
  }

 private:
  void Add(uint8_t transport, uint16_t port, Protocol protocol);

  // Open addressing, at most half full.
  static constexpr size_t kSlots = 512;
  struct Slot {
    uint16_t port = 0;
    Protocol protocol = Protocol::kUnknown;
  };

  std::array<std::array<Slot, kSlots>, 2> ports_;
  std::array<Protocol, 256> transports_{};
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_PORT_HINTS_H_
