// One frame of each kind the decoder knows; the seed of tests that damage them.

#ifndef TAPLINE_TESTS_SUPPORT_FRAME_KINDS_H_
#define TAPLINE_TESTS_SUPPORT_FRAME_KINDS_H_

#include <vector>

#include "tests/support/packet_builder.h"
#include "tests/support/tunnel_builder.h"

namespace tapline::testing {

// Over Ethernet.
inline std::vector<Bytes> FrameKinds() {
  constexpr const char* kA = "192.0.2.1";
  constexpr const char* kB = "198.51.100.2";
  constexpr const char* kA6 = "2001:db8::1";
  constexpr const char* kB6 = "2001:db8::2";
  const Bytes inner = Ipv4(kA, kB, 6, Tcp(1024, 80, kSyn, Text("x")));
  const Bytes frame = Ethernet(0x0800, inner);
  const Bytes udp = Udp(1, 2, Pattern(40));
  const Bytes udp6 = Ipv6(kB6, kA6, 17, udp);
  Ipv6Fields extended;
  extended.first_extension = 0;
  extended.extensions = Join({Extension(43), Extension(60), Extension(17)});
  TcpFields options;
  options.options = {2, 4, 5, 0xb4, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 3, 3, 7};
  Ipv4Fields ip_options;
  ip_options.options = {7, 7, 4, 1, 2, 3, 4, 0};
  const auto ip = [](uint8_t protocol, const Bytes& payload) {
    return Ethernet(0x0800,
                    Ipv4("203.0.113.1", "203.0.113.2", protocol, payload));
  };
  const Bytes teredo = Join({TeredoAuthentication(), TeredoOrigin(),
                             Ipv6("2001:0:1::1", kB6, 17, udp)});
  std::vector<Bytes> kinds = {
      frame,
      Ethernet(0x86dd, Ipv6(kA6, kB6, 17, udp)),
      Ethernet(0x86dd, Ipv6(kA6, kB6, 17, udp, extended)),
      Ethernet(0x0800, Ipv4(kA, kB, 6, Tcp(1, 2, kSyn, {}, options))),
      Ethernet(0x0800, Ipv4(kA, kB, 17, udp, ip_options)),
      Ethernet(0x0800, Ipv4(kA, kB, 1, Icmp(3, 1, 0, inner))),
      Ethernet(0x86dd, Ipv6(kA6, kB6, 58, Icmp(1, 4, 0, udp6))),
      Ethernet(0x0800, Ipv4(kA, kB, 132, Sctp(1, 2))),
      Ethernet(0x0806, Arp(1, TestMac(1), kA, TestMac(2), kB)),
      Ethernet(0x88a8, Vlan(1, 0x8100, Vlan(2, 0x0800, inner))),
      Ethernet(0x8847, Mpls({16, 17}, inner)),
      Ethernet(0x8847, Mpls({16}, Join({Bytes(4), frame}))),
      Ethernet(0x8864, Pppoe(1, 0x21, inner)),
      Ethernet(8, {0xaa, 0xaa, 3, 0, 0, 0, 8, 0}),
      ip(47, GreWithKey(0x6558, 5, frame)),
      ip(47, Erspan3(5, frame, true)),
      ip(47, GrePptp(1, Join({Bytes{0xff, 3, 0, 0x21}, inner}))),
      ip(4, inner),
      ip(41, Ipv6(kA6, kB6, 17, udp)),
      ip(17, Udp(1, 4789, Vxlan(1, frame))),
      ip(17, Udp(1, 6081, Geneve(1, 0x6558, frame, Bytes(8)))),
      ip(17, Udp(1, 2152, GtpUExtended(1, inner))),
      ip(17, Udp(1, 3544, teredo)),
      ip(17, Udp(1, 37008, Tzsp(frame))),
  };
  for (const Bytes& piece : FragmentIpv4(Ipv4(kA, kB, 17, udp), 24)) {
    kinds.push_back(Ethernet(0x0800, piece));
  }
  for (const Bytes& piece : FragmentIpv6(Ipv6(kA6, kB6, 17, udp), 24, 5)) {
    kinds.push_back(Ethernet(0x86dd, piece));
  }
  return kinds;
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_FRAME_KINDS_H_
