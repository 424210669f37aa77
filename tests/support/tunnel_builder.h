// Tunnel headers for tests, in the style of packet_builder.h.

#ifndef TAPLINE_TESTS_SUPPORT_TUNNEL_BUILDER_H_
#define TAPLINE_TESTS_SUPPORT_TUNNEL_BUILDER_H_

#include <cstdint>

#include "tests/support/packet_builder.h"

namespace tapline::testing {

// Payload of IP protocol 47 (RFC 2784, 2890).
inline Bytes Gre(uint16_t type, const Bytes& inner) {
  Bytes b = {0, 0};
  Put16(b, type);
  Append(b, inner);
  return b;
}

inline Bytes GreWithKey(uint16_t type, uint32_t key, const Bytes& inner) {
  Bytes b = {0x20, 0};
  Put16(b, type);
  Put32(b, key);
  Append(b, inner);
  return b;
}

// Enhanced GRE of PPTP (RFC 2637), around a PPP frame.
inline Bytes GrePptp(uint16_t call, const Bytes& ppp) {
  Bytes b = {0x30, 0x01, 0x88, 0x0b};
  Put16(b, static_cast<uint32_t>(ppp.size()));
  Put16(b, call);
  Put32(b, 1);
  Append(b, ppp);
  return b;
}

// ERSPAN types II and III with their GRE headers, around an Ethernet frame.
inline Bytes Erspan2(uint16_t session, const Bytes& frame) {
  Bytes b = {0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0};
  Put16(b, session);
  Put32(b, 0);
  Append(b, frame);
  return b;
}
// `subheader` adds the 8 bytes of a platform specific one.
inline Bytes Erspan3(uint16_t session, const Bytes& frame,
                     bool subheader = false) {
  Bytes b = {0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 0};
  Put16(b, session);
  Put32(b, 0);
  Put32(b, subheader ? 1 : 0);
  if (subheader) Append(b, Bytes(8));
  Append(b, frame);
  return b;
}

// Payloads of UDP.

// Port 4789 (RFC 7348), around an Ethernet frame.
inline Bytes Vxlan(uint32_t vni, const Bytes& frame) {
  Bytes b = {8, 0, 0, 0};
  Put32(b, vni << 8);
  Append(b, frame);
  return b;
}

// Port 6081 (RFC 8926); `options` is a multiple of 4 bytes.
inline Bytes Geneve(uint32_t vni, uint16_t type, const Bytes& inner,
                    const Bytes& options = {}) {
  Bytes b = {static_cast<uint8_t>(options.size() / 4), 0};
  Put16(b, type);
  Put32(b, vni << 8);
  Append(b, options);
  Append(b, inner);
  return b;
}

// Port 2152 (3GPP TS 29.281): a T-PDU around an IP packet.
inline Bytes GtpU(uint32_t teid, const Bytes& packet) {
  Bytes b = {0x30, 255};
  Put16(b, static_cast<uint32_t>(packet.size()));
  Put32(b, teid);
  Append(b, packet);
  return b;
}
// With sequence number and one extension header of 4 bytes.
inline Bytes GtpUExtended(uint32_t teid, const Bytes& packet) {
  Bytes b = {0x36, 255};
  Put16(b, static_cast<uint32_t>(packet.size() + 8));
  Put32(b, teid);
  Append(b, {0, 1, 0, 0x85, 1, 0, 9, 0});
  Append(b, packet);
  return b;
}

// Port 3544 (RFC 4380), around an IPv6 packet.
inline Bytes TeredoAuthentication() {
  Bytes b = {0, 1, 2, 3};
  Append(b, Bytes(2 + 3 + 8 + 1));
  return b;
}
inline Bytes TeredoOrigin() { return {0, 0, 1, 2, 3, 4, 5, 6}; }

// Port 37008: TaZmen Sniffer Protocol, a received Ethernet frame, one tag.
inline Bytes Tzsp(const Bytes& frame) {
  Bytes b = {1, 0, 0, 1, 0x0a, 1, 0xc3, 1};
  Append(b, frame);
  return b;
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_TUNNEL_BUILDER_H_
