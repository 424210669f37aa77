#include "tests/golden/captures/decode_captures.h"

#include "tests/support/tunnel_builder.h"

namespace tapline::testing {
namespace {

constexpr const char* kA = "192.0.2.1";
constexpr const char* kB = "198.51.100.2";
constexpr const char* kA6 = "2001:db8::1";
constexpr const char* kB6 = "2001:db8::2";

Bytes V4(const Bytes& packet) { return Ethernet(0x0800, packet); }
Bytes V6(const Bytes& packet) { return Ethernet(0x86dd, packet); }
Bytes Syn() { return Ipv4(kA, kB, 6, Tcp(1024, 80, kSyn)); }
Bytes Datagram() { return Udp(5000, 53, Pattern(92)); }
Bytes Part(const Bytes& b, long from, long to) {
  return Bytes(b.begin() + from, b.begin() + to);
}
Bytes Piece(uint16_t offset, bool more, const Bytes& data,
            uint8_t protocol = 17, uint16_t id = 7) {
  Ipv4Fields fields;
  fields.id = id;
  fields.offset = offset;
  fields.flags = more ? 0x2000 : 0;
  return V4(Ipv4(kA, kB, protocol, data, fields));
}
Bytes Piece6(uint16_t offset, bool more, const Bytes& data) {
  Ipv6Fields fields;
  fields.first_extension = 44;
  fields.extensions = FragmentExtension(17, offset, more, 7);
  return V6(Ipv6(kA6, kB6, 17, data, fields));
}

void AddFragments(std::vector<GoldenCapture>& all) {
  const Bytes udp = Datagram();
  Bytes evil = udp;
  for (size_t i = 40; i < 48; ++i) evil[i] ^= 0xff;
  const Bytes tcp = Tcp(1024, 80, kSyn, Text("data"));
  const Bytes low = Piece(0, true, Part(udp, 0, 48));
  const Bytes high = Piece(48, false, Part(udp, 48, 100));
  Bytes broken = low;
  broken[14 + 11] ^= 1;
  all.push_back({"e01_overlap_same",
                 1,
                 {low, Piece(40, false, Part(udp, 40, 100))},
                 2,
                 1,
                 {"ip.frag_overlap"}});
  all.push_back({"e02_overlap_differs",
                 1,
                 {low, Piece(40, false, Part(evil, 40, 100))},
                 2,
                 1,
                 {"ip.frag_overlap_diff"}});
  all.push_back({"e03_overlap_ipv6",
                 1,
                 {Piece6(0, true, Part(udp, 0, 48)),
                  Piece6(40, false, Part(udp, 40, 100))},
                 0,
                 0,
                 {"ip6.frag_overlap"}});
  all.push_back({"e04_tiny_first",
                 1,
                 {Piece(0, true, Part(tcp, 0, 8), 6),
                  Piece(8, false, Part(tcp, 8, 24), 6)},
                 2,
                 1,
                 {"ip.frag_tiny"}});
  all.push_back({"e05_ping_of_death",
                 1,
                 {Piece(65528, false, Bytes(16), 1)},
                 0,
                 0,
                 {"ip.frag_too_long"}});
  all.push_back({"e05_never_ending",
                 1,
                 {Piece(0, true, Bytes(48)), Piece(48, true, Bytes(48))},
                 0,
                 0,
                 {"ip.fragment_incomplete"}});
  all.push_back(
      {"e05_duplicate", 1, {low, low, high}, 3, 1, {"ip.frag_duplicate"}});
  all.push_back({"e05_out_of_order", 1, {high, low}, 2, 1, {}});
  all.push_back({"e06_same_id_other_protocol",
                 1,
                 {low, Piece(48, false, Part(udp, 48, 100), 6), high},
                 2,
                 1,
                 {"ip.fragment_incomplete"}});
  all.push_back({"e07_atomic_fragment",
                 1,
                 {Piece6(0, false, udp)},
                 1,
                 1,
                 {"ip6.atomic_fragment"}});
  all.push_back({"e09_bad_checksum_fragment",
                 1,
                 {broken, high},
                 1,
                 1,
                 {"ip.bad_checksum", "ip.fragment_incomplete"}});
}

void AddLengths(std::vector<GoldenCapture>& all) {
  Bytes checksum = Syn();
  checksum[10] ^= 0x55;
  Bytes total = Syn();
  Set16(total, 2, 60000);
  FillIpv4Checksum(total);
  Bytes header = Syn();
  header[0] = 0x44;
  Bytes length = Udp(1, 2, Pattern(10));
  Set16(length, 4, 60000);
  Bytes offset = Tcp(1, 2, kAck, Pattern(10));
  offset[12] = 0x40;
  Bytes zero = Ipv6(kA6, kB6, 17, Udp(1, 2));
  Set16(zero, 46, 0);
  Bytes padded = V4(Syn());
  padded.resize(60, 0xee);
  all.push_back(
      {"e09_bad_checksum", 1, {V4(checksum)}, 1, 1, {"ip.bad_checksum"}});
  all.push_back(
      {"e11_udp_zero_checksum", 1, {V6(zero)}, 1, 1, {"udp.zero_checksum6"}});
  all.push_back(
      {"e12_total_length", 1, {V4(total)}, 1, 1, {"ip.length_exceeds_frame"}});
  all.push_back(
      {"e12_header_length", 1, {V4(header)}, 0, 0, {"ip.bad_header_length"}});
  all.push_back({"e12_udp_length",
                 1,
                 {V4(Ipv4(kA, kB, 17, length))},
                 1,
                 1,
                 {"udp.bad_length"}});
  all.push_back({"e12_data_offset",
                 1,
                 {V4(Ipv4(kA, kB, 6, offset))},
                 1,
                 1,
                 {"tcp.bad_data_offset"}});
  all.push_back({"e13_padding", 1, {padded}, 1, 1, {}});
}

// The decoder takes a low TTL as it is; the flow stage judges it.
void AddTtl(std::vector<GoldenCapture>& all) {
  const auto data = [](uint8_t ttl, const char* text) {
    Ipv4Fields fields;
    fields.ttl = ttl;
    return V4(Ipv4(kA, kB, 6, Tcp(1024, 80, kAck, Text(text)), fields));
  };
  all.push_back({"e08_ttl_shift",
                 1,
                 {data(64, "real"), data(3, "junk"), data(64, "real")},
                 3,
                 3,
                 {}});
}

void AddLinks(std::vector<GoldenCapture>& all) {
  Bytes tags = Vlan(9, 0x0800, Syn());
  for (int i = 0; i < 4; ++i) tags = Vlan(8, 0x8100, tags);
  const Bytes snap = Join({{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, Syn()});
  all.push_back({"e32_vlans",
                 1,
                 {Ethernet(0x8100, Vlan(0, 0x0800, Syn())),
                  Ethernet(0x88a8, Vlan(1, 0x8100, Vlan(2, 0x0800, Syn())))},
                 2,
                 2,
                 {}});
  all.push_back(
      {"e32_five_tags", 1, {Ethernet(0x8100, tags)}, 0, 0, {"vlan.too_many"}});
  all.push_back({"e33_mpls",
                 1,
                 {Ethernet(0x8847, Mpls({16, 17}, Syn())),
                  Ethernet(0x8847, Mpls({16}, V4(Syn())))},
                 2,
                 2,
                 {}});
  all.push_back({"e33_mpls_ambiguous",
                 1,
                 {Ethernet(0x8847, Mpls({16}, Bytes(40, 0xff)))},
                 0,
                 0,
                 {"mpls.ambiguous_payload"}});
  all.push_back({"e37_pppoe_and_snap",
                 1,
                 {Ethernet(0x8864, Pppoe(1, 0x21, Syn())),
                  Ethernet(static_cast<uint16_t>(snap.size()), snap)},
                 2,
                 2,
                 {}});
  all.push_back(
      {"e37_raw_ip", 101, {Syn(), Ipv6(kA6, kB6, 17, Udp(1, 2))}, 2, 2, {}});
  all.push_back({"e37_type_confusion",
                 1,
                 {Ethernet(1501, Syn())},
                 0,
                 0,
                 {"link.unknown_type"}});
}

void AddTunnels(std::vector<GoldenCapture>& all) {
  const auto in_ip = [](uint8_t protocol, const Bytes& payload) {
    return Ipv4("203.0.113.1", "203.0.113.2", protocol, payload);
  };
  const Bytes frame = V4(Syn());
  Bytes deep = Syn();
  for (int i = 0; i < 5; ++i) deep = in_ip(4, deep);
  Bytes extensions;
  for (int i = 0; i < 99; ++i) Append(extensions, Extension(60));
  Append(extensions, Extension(17));
  Ipv6Fields hundred;
  hundred.first_extension = 60;
  hundred.extensions = extensions;
  all.push_back({"e34_tunnels",
                 1,
                 {V4(in_ip(47, GreWithKey(0x6558, 5, frame))),
                  V4(in_ip(47, Erspan2(5, frame))),
                  V4(in_ip(17, Udp(1, 4789, Vxlan(1, frame)))),
                  V4(in_ip(17, Udp(1, 6081, Geneve(1, 0x6558, frame)))),
                  V4(in_ip(17, Udp(1, 2152, GtpU(1, Syn()))))},
                 5,
                 10,
                 {}});
  all.push_back(
      {"e34_five_deep", 1, {V4(deep)}, 1, 5, {"tunnel.depth_exceeded"}});
  all.push_back(
      {"e35_inside_itself", 1, {V4(in_ip(4, in_ip(4, Syn())))}, 1, 3, {}});
  all.push_back({"e36_hundred_headers",
                 1,
                 {V6(Ipv6(kA6, kB6, 17, Udp(1, 2), hundred))},
                 1,
                 1,
                 {"ip6.ext_header_limit"}});
}

}  // namespace

std::vector<GoldenCapture> DecodeCaptures() {
  std::vector<GoldenCapture> all;
  AddFragments(all);
  AddLengths(all);
  AddTtl(all);
  AddLinks(all);
  AddTunnels(all);
  return all;
}

}  // namespace tapline::testing
