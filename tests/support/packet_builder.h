// Packets for tests, composed inside out:
//
//   Ethernet(0x0800, Ipv4("192.0.2.1", "192.0.2.2", 6, Tcp(1024, 80, kSyn)))
//
// Lengths and checksums are right unless fields say otherwise; break what a
// test is about by changing bytes of the result.

#ifndef TAPLINE_TESTS_SUPPORT_PACKET_BUILDER_H_
#define TAPLINE_TESTS_SUPPORT_PACKET_BUILDER_H_

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace tapline::testing {

using Bytes = std::vector<uint8_t>;
using Mac = std::array<uint8_t, 6>;

inline constexpr uint8_t kFin = 0x01;
inline constexpr uint8_t kSyn = 0x02;
inline constexpr uint8_t kRst = 0x04;
inline constexpr uint8_t kPsh = 0x08;
inline constexpr uint8_t kAck = 0x10;

// "02:00:00:00:00:01" as numbers: locally administered, last byte `n`.
inline Mac TestMac(uint8_t n) { return {2, 0, 0, 0, 0, n}; }

inline void Put8(Bytes& b, uint32_t v) { b.push_back(static_cast<uint8_t>(v)); }
inline void Put16(Bytes& b, uint32_t v) {
  Put8(b, v >> 8);
  Put8(b, v);
}
inline void Put32(Bytes& b, uint32_t v) {
  Put16(b, v >> 16);
  Put16(b, v);
}
inline void Append(Bytes& b, const Bytes& more) {
  b.insert(b.end(), more.begin(), more.end());
}
inline Bytes Join(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) Append(all, part);
  return all;
}
inline Bytes Text(const std::string& s) { return Bytes(s.begin(), s.end()); }
// `size` bytes that differ from their neighbours; `seed` varies them.
inline Bytes Pattern(size_t size, uint8_t seed = 0) {
  Bytes b(size);
  for (size_t i = 0; i < size; ++i) {
    b[i] = static_cast<uint8_t>(seed + i * 7 + i / 256);
  }
  return b;
}
inline void Set16(Bytes& b, size_t at, uint32_t v) {
  b[at] = static_cast<uint8_t>(v >> 8);
  b[at + 1] = static_cast<uint8_t>(v);
}
inline uint16_t Get16(const Bytes& b, size_t at) {
  return static_cast<uint16_t>(b[at] << 8 | b[at + 1]);
}

inline uint16_t Checksum(const Bytes& b, uint32_t sum = 0) {
  for (size_t i = 0; i < b.size(); i += 2) {
    sum += b[i] << 8;
    if (i + 1 < b.size()) sum += b[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<uint16_t>(~sum);
}

// 4 or 16 bytes of a literal address.
inline Bytes Address(const std::string& text) {
  Bytes b(16);
  if (inet_pton(AF_INET, text.c_str(), b.data()) == 1) {
    b.resize(4);
    return b;
  }
  if (inet_pton(AF_INET6, text.c_str(), b.data()) != 1) b.clear();
  return b;
}

// Link layers.

inline Bytes Ethernet(uint16_t type, const Bytes& payload,
                      const Mac& source = TestMac(1),
                      const Mac& destination = TestMac(2)) {
  Bytes b;
  for (uint8_t byte : destination) Put8(b, byte);
  for (uint8_t byte : source) Put8(b, byte);
  Put16(b, type);
  Append(b, payload);
  return b;
}

// What follows a 0x8100, 0x88a8 or 0x9100 type.
inline Bytes Vlan(uint16_t id, uint16_t type, const Bytes& payload) {
  Bytes b;
  Put16(b, id);
  Put16(b, type);
  Append(b, payload);
  return b;
}

// What follows a 0x8847 type; the last label is the bottom of the stack.
inline Bytes Mpls(std::initializer_list<uint32_t> labels,
                  const Bytes& payload) {
  Bytes b;
  size_t left = labels.size();
  for (uint32_t label : labels) {
    --left;
    Put32(b, label << 12 | (left == 0 ? 0x100 : 0) | 64);
  }
  Append(b, payload);
  return b;
}

// What follows a 0x8864 type.
inline Bytes Pppoe(uint16_t session, uint16_t protocol, const Bytes& payload) {
  Bytes b = {0x11, 0};
  Put16(b, session);
  Put16(b, static_cast<uint32_t>(payload.size() + 2));
  Put16(b, protocol);
  Append(b, payload);
  return b;
}

// What follows a 0x0806 type.
inline Bytes Arp(uint16_t operation, const Mac& sender_mac,
                 const std::string& sender, const Mac& target_mac,
                 const std::string& target) {
  Bytes b = {0, 1, 8, 0, 6, 4};
  Put16(b, operation);
  b.insert(b.end(), sender_mac.begin(), sender_mac.end());
  Append(b, Address(sender));
  b.insert(b.end(), target_mac.begin(), target_mac.end());
  Append(b, Address(target));
  return b;
}

// Transports. The checksum is filled by Ipv4 and Ipv6.

struct TcpFields {
  uint32_t sequence = 1000;
  uint32_t acknowledgment = 0;
  uint16_t window = 64240;
  // Padded to a multiple of 4 with zeros.
  Bytes options;
};

inline Bytes Tcp(uint16_t source, uint16_t destination, uint8_t flags,
                 const Bytes& payload = {}, const TcpFields& fields = {}) {
  Bytes options = fields.options;
  while (options.size() % 4 != 0) options.push_back(0);
  Bytes b;
  Put16(b, source);
  Put16(b, destination);
  Put32(b, fields.sequence);
  Put32(b, fields.acknowledgment);
  Put8(b, static_cast<uint32_t>((20 + options.size()) / 4 << 4));
  Put8(b, flags);
  Put16(b, fields.window);
  Put32(b, 0);
  Append(b, options);
  Append(b, payload);
  return b;
}

inline Bytes Udp(uint16_t source, uint16_t destination,
                 const Bytes& payload = {}) {
  Bytes b;
  Put16(b, source);
  Put16(b, destination);
  Put16(b, static_cast<uint32_t>(payload.size() + 8));
  Put16(b, 0);
  Append(b, payload);
  return b;
}

// ICMP or ICMPv6; `rest` is the second word of the header.
inline Bytes Icmp(uint8_t type, uint8_t code, uint32_t rest = 0,
                  const Bytes& payload = {}) {
  Bytes b = {type, code, 0, 0};
  Put32(b, rest);
  Append(b, payload);
  return b;
}

// Common header only.
inline Bytes Sctp(uint16_t source, uint16_t destination,
                  const Bytes& chunks = {}) {
  Bytes b;
  Put16(b, source);
  Put16(b, destination);
  Put32(b, 1);
  Put32(b, 0);
  Append(b, chunks);
  return b;
}

// Fills the checksum of a TCP, UDP, ICMP or ICMPv6 message that has room for
// it.
inline void FillTransportChecksum(Bytes& message, uint8_t protocol,
                                  const Bytes& source,
                                  const Bytes& destination) {
  size_t at = 0;
  if (protocol == 6) at = 16;
  if (protocol == 17) at = 6;
  if (protocol == 1 || protocol == 58) at = 2;
  if (at == 0 || message.size() < at + 2 || Get16(message, at) != 0) return;
  Bytes all;
  if (protocol != 1) {
    all = Join({source, destination});
    Put32(all, static_cast<uint32_t>(message.size()));
    Put32(all, protocol);
  }
  Append(all, message);
  const uint16_t sum = Checksum(all);
  Set16(message, at, sum == 0 ? 0xffff : sum);
}

// Network layer.

struct Ipv4Fields {
  uint8_t ttl = 64;
  uint16_t id = 1;
  // Of the flags word: 0x4000 do not fragment, 0x2000 more fragments.
  uint16_t flags = 0;
  // In bytes, a multiple of 8.
  uint16_t offset = 0;
  // Padded to a multiple of 4 with zeros.
  Bytes options;
};

inline void FillIpv4Checksum(Bytes& packet, size_t at = 0) {
  const size_t size = (packet[at] & 15) * 4u;
  Set16(packet, at + 10, 0);
  const auto from = packet.begin() + static_cast<ptrdiff_t>(at);
  const Bytes header(from, from + static_cast<ptrdiff_t>(size));
  Set16(packet, at + 10, Checksum(header));
}

inline Bytes Ipv4(const std::string& source, const std::string& destination,
                  uint8_t protocol, Bytes payload,
                  const Ipv4Fields& fields = {}) {
  if (fields.offset == 0 && (fields.flags & 0x2000) == 0) {
    FillTransportChecksum(payload, protocol, Address(source),
                          Address(destination));
  }
  Bytes options = fields.options;
  while (options.size() % 4 != 0) options.push_back(0);
  const size_t header = 20 + options.size();
  Bytes b = {static_cast<uint8_t>(0x40 | header / 4), 0};
  Put16(b, static_cast<uint32_t>(header + payload.size()));
  Put16(b, fields.id);
  Put16(b, fields.flags | fields.offset / 8u);
  Put8(b, fields.ttl);
  Put8(b, protocol);
  Put16(b, 0);
  Append(b, Address(source));
  Append(b, Address(destination));
  Append(b, options);
  FillIpv4Checksum(b);
  Append(b, payload);
  return b;
}

struct Ipv6Fields {
  uint8_t hop_limit = 64;
  // Extension headers, in front of the payload; the first one's number is the
  // header's next header, and the last one names `protocol` itself.
  Bytes extensions;
  uint8_t first_extension = 0;
};

inline Bytes Ipv6(const std::string& source, const std::string& destination,
                  uint8_t protocol, Bytes payload,
                  const Ipv6Fields& fields = {}) {
  FillTransportChecksum(payload, protocol, Address(source),
                        Address(destination));
  Bytes b = {0x60, 0, 0, 0};
  Put16(b, static_cast<uint32_t>(fields.extensions.size() + payload.size()));
  Put8(b, fields.extensions.empty() ? protocol : fields.first_extension);
  Put8(b, fields.hop_limit);
  Append(b, Address(source));
  Append(b, Address(destination));
  Append(b, fields.extensions);
  Append(b, payload);
  return b;
}

// An extension header of 8 bytes (hop-by-hop, destination options, routing).
inline Bytes Extension(uint8_t next, uint8_t third = 1, uint8_t fourth = 4) {
  return {next, 0, third, fourth, 0, 0, 0, 0};
}

// The 8 bytes of an IPv6 fragment header; `offset` in bytes.
inline Bytes FragmentExtension(uint8_t next, uint16_t offset, bool more,
                               uint32_t id) {
  Bytes b = {next, 0};
  Put16(b, static_cast<uint32_t>(offset | (more ? 1 : 0)));
  Put32(b, id);
  return b;
}

// Splits the payload of an IPv4 packet without options into fragments of `size`
// bytes, a multiple of 8.
inline std::vector<Bytes> FragmentIpv4(const Bytes& packet, size_t size) {
  std::vector<Bytes> fragments;
  const size_t total = packet.size() - 20;
  for (size_t at = 0; at < total; at += size) {
    const size_t n = std::min(size, total - at);
    Bytes f(packet.begin(), packet.begin() + 20);
    const auto from = packet.begin() + static_cast<ptrdiff_t>(20 + at);
    f.insert(f.end(), from, from + static_cast<ptrdiff_t>(n));
    Set16(f, 2, static_cast<uint32_t>(20 + n));
    Set16(f, 6, static_cast<uint32_t>(at / 8 | (at + n < total ? 0x2000 : 0)));
    FillIpv4Checksum(f);
    fragments.push_back(f);
  }
  return fragments;
}

// The same for an IPv6 packet without extension headers.
inline std::vector<Bytes> FragmentIpv6(const Bytes& packet, size_t size,
                                       uint32_t id) {
  std::vector<Bytes> fragments;
  const size_t total = packet.size() - 40;
  for (size_t at = 0; at < total; at += size) {
    const size_t n = std::min(size, total - at);
    Bytes f(packet.begin(), packet.begin() + 40);
    Set16(f, 4, static_cast<uint32_t>(8 + n));
    f[6] = 44;
    Append(f, FragmentExtension(packet[6], static_cast<uint16_t>(at),
                                at + n < total, id));
    const auto from = packet.begin() + static_cast<ptrdiff_t>(40 + at);
    f.insert(f.end(), from, from + static_cast<ptrdiff_t>(n));
    fragments.push_back(f);
  }
  return fragments;
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_PACKET_BUILDER_H_
