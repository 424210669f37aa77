// Fragments (reliability.md E4-E7, E9, R9).

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "fragment_pieces.h"
#include "sensord/decode/fragment_table.h"
#include "tests/support/decode_harness.h"
#include "tests/support/tunnel_builder.h"

namespace tapline::testing {
namespace {

TEST(FragmentTest, DatagramIsJoinedInEveryOrder) {
  const Bytes payload = Pattern(100);
  const Bytes whole = Ipv4(kA, kB, 17, Udp(5000, 53, payload));
  std::vector<Bytes> pieces = FragmentIpv4(whole, 40);
  ASSERT_EQ(pieces.size(), 3u);
  std::vector<int> order = {0, 1, 2};
  do {
    DecodeHarness h;
    for (int i : order) h.frames.Add(Ethernet(0x0800, pieces[i]));
    h.Decode();
    ASSERT_EQ(h.out.packets.size(), 1u);
    const Packet& p = h.out.packets[0];
    EXPECT_EQ(p.marks, kMarkReassembled);
    EXPECT_EQ(p.frames, 3);
    EXPECT_EQ(p.source_port, 5000);
    EXPECT_EQ(p.destination_port, 53);
    EXPECT_EQ(p.frame_bytes, 3 * 34 + 108u);
    EXPECT_EQ(p.ip_bytes, 3 * 20 + 108u);
    EXPECT_EQ(p.payload_bytes, 100u);
    EXPECT_EQ(p.ordinal, 2u);
    EXPECT_EQ(h.Payload(), AsText(payload));
    EXPECT_EQ(h.Decoded(), 3u);
    EXPECT_EQ(h.Held(), 0u);
    EXPECT_EQ(h.Anomalies(), 0u);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(FragmentTest, Ipv6DatagramIsJoined) {
  const Bytes payload = Pattern(3000);
  const Bytes whole = Ipv6(kA6, kB6, 17, Udp(5000, 53, payload));
  DecodeHarness h;
  for (const Bytes& piece : FragmentIpv6(whole, 1232, 9)) {
    h.frames.Add(Ethernet(0x86dd, piece));
  }
  h.Decode();
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.out.packets[0].marks, kMarkReassembled);
  EXPECT_EQ(h.out.packets[0].ip_protocol, 17);
  EXPECT_EQ(h.out.packets[0].destination_port, 53);
  EXPECT_EQ(h.Payload(), AsText(payload));
  EXPECT_EQ(h.Anomalies(), 0u);
}

TEST(FragmentTest, LargestDatagramIsJoinedFromTheBack) {
  const Bytes payload = Pattern(65535 - 20 - 8);
  const Bytes whole = Ipv4(kA, kB, 17, Udp(5000, 53, payload));
  std::vector<Bytes> pieces = FragmentIpv4(whole, 1480);
  DecodeHarness h;
  for (auto it = pieces.rbegin(); it != pieces.rend(); ++it) {
    h.frames.Add(Ethernet(0x0800, *it));
  }
  h.Decode();
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.Payload(), AsText(payload));
  EXPECT_EQ(h.out.packets[0].frames, pieces.size());
}

TEST(FragmentTest, FragmentsAreJoinedAcrossBatches) {
  DecodeHarness h;
  const Bytes udp = Udp(5000, 53, Pattern(92));
  EXPECT_TRUE(h.DecodeIp(Piece(0, true, Part(udp, 0, 48))).empty());
  EXPECT_EQ(h.Held(), 1u);
  h.DecodeIp(Piece(48, false, Part(udp, 48, 100)), 29 * kSecondNanos);
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.Payload(), AsText(Pattern(92)));
  EXPECT_EQ(h.Held(), 0u);
  EXPECT_EQ(h.Decoded(), 2u);
}

TEST(FragmentTest, TinyFirstFragmentWaitsForTheHeader) {
  DecodeHarness h;
  const Bytes tcp = Tcp(1024, 80, kSyn, Text("data"));
  h.DecodeIp(Piece(0, true, Part(tcp, 0, 8), 7, 6));
  EXPECT_TRUE(h.out.packets.empty());
  h.DecodeIp(Piece(8, false, Part(tcp, 8, 24), 7, 6));
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.out.packets[0].tcp_flags, kTcpSyn);
  EXPECT_EQ(h.out.packets[0].destination_port, 80);
  EXPECT_EQ(h.Payload(), "data");
  EXPECT_EQ(h.Count(Anomaly::kFragTiny), 2u);
}

TEST(FragmentTest, RefusedFragmentsAreNamed) {
  const struct {
    Bytes packet;
    Anomaly anomaly;
  } kCases[] = {
      {Piece(65528, false, Bytes(16)), Anomaly::kFragTooLong},
      {Piece(8, true, Bytes(12)), Anomaly::kFragBadLength},
      {Piece(8, true, {}), Anomaly::kFragEmpty},
  };
  for (const auto& c : kCases) {
    DecodeHarness h;
    h.DecodeIp(c.packet);
    EXPECT_TRUE(h.out.packets.empty());
    EXPECT_EQ(h.Dropped(c.anomaly), 1u) << AnomalyName(c.anomaly);
    EXPECT_EQ(h.Held(), 0u);
  }
}

TEST(FragmentTest, ContradictingEndsAreRefused) {
  DecodeHarness h;
  const Bytes udp = Udp(5000, 53, Pattern(92));
  h.DecodeIp(Piece(48, false, Part(udp, 48, 100)));
  h.DecodeIp(Piece(96, false, Bytes(8)));  // another end
  h.DecodeIp(Piece(104, true, Bytes(8)));  // beyond it
  h.DecodeIp(Piece(96, true, Bytes(8)));   // more after it
  EXPECT_EQ(h.Dropped(Anomaly::kFragBadEnd), 3u);
  h.DecodeIp(Piece(0, true, Part(udp, 0, 48)));
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.Payload(), AsText(Pattern(92)));
}

TEST(FragmentTest, BadHeaderChecksumIsCountedByItselfAndNotJoined) {
  DecodeHarness h;
  const Bytes udp = Udp(5000, 53, Pattern(92));
  Bytes broken = Piece(0, true, Part(udp, 0, 48));
  broken[11] ^= 1;
  h.DecodeIp(broken);
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.out.packets[0].destination_port, 53);
  EXPECT_NE(h.out.packets[0].marks & kMarkNoTransport, 0);
  EXPECT_EQ(h.Count(Anomaly::kIpBadChecksum), 1u);
  broken = Piece(48, true, Part(udp, 48, 96));
  broken[11] ^= 1;
  h.DecodeIp(broken);
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_NE(h.out.packets[0].marks & kMarkNoTransport, 0);
  h.DecodeIp(Piece(48, false, Part(udp, 48, 100)));
  EXPECT_TRUE(h.out.packets.empty());
  EXPECT_EQ(h.Held(), 1u);
}

TEST(FragmentTest, IncompleteDatagramIsDroppedAfterTheTimeout) {
  DecodeHarness h;
  h.DecodeIp(Piece(0, true, Bytes(48)));
  h.DecodeIp(Piece(96, true, Bytes(48)), 5 * kSecondNanos);
  h.DecodeIp(Ipv4(kA, kB, 17, Udp(1, 2)), 30 * kSecondNanos - 1);
  EXPECT_EQ(h.Held(), 2u);
  // The clock alone, without frames, is enough.
  h.frames.Clear();
  h.frames.Advance(31 * kSecondNanos);
  h.Decode();
  EXPECT_EQ(h.Held(), 0u);
  EXPECT_EQ(h.Dropped(Anomaly::kFragTimeout), 2u);
  EXPECT_EQ(h.Count(Anomaly::kFragTimeout), 1u);
  ASSERT_EQ(h.out.anomalies.size(), 1u);
  EXPECT_EQ(h.out.anomalies[0].clock, FrameList::kStart + 30 * kSecondNanos);
  EXPECT_EQ(h.out.anomalies[0].packet, -1);
}

TEST(FragmentTest, LateFragmentStartsAnew) {
  DecodeHarness h;
  const Bytes udp = Udp(5000, 53, Pattern(92));
  h.frames.Add(Piece(0, true, Part(udp, 0, 48)), 0, 101);
  h.frames.Add(Piece(48, false, Part(udp, 48, 100)), 30 * kSecondNanos, 101);
  h.Decode();
  EXPECT_TRUE(h.out.packets.empty());
  EXPECT_EQ(h.Dropped(Anomaly::kFragTimeout), 1u);
  EXPECT_EQ(h.Held(), 1u);
}

TEST(FragmentTest, FinishDropsWhatIsHeld) {
  DecodeHarness h;
  h.DecodeIp(Piece(0, true, Bytes(48)));
  h.DecodeIp(Piece(0, true, Bytes(48), 8));
  h.decoder.Finish();
  h.ExpectAccounted();
  EXPECT_EQ(h.Dropped(Anomaly::kFragIncomplete), 2u);
  EXPECT_EQ(h.Held(), 0u);
}

TEST(FragmentTest, SameIdInAnotherProtocolVlanOrTunnelIsAnotherDatagram) {
  const Bytes udp = Udp(5000, 53, Pattern(92));
  const Bytes low = Piece(0, true, Part(udp, 0, 48));
  const Bytes high = Piece(48, false, Part(udp, 48, 100));
  const Bytes foreign[] = {
      Ethernet(0x0800, Piece(48, false, Part(udp, 48, 100), 7, 6)),
      Ethernet(0x0800, Piece(48, false, Part(udp, 48, 100), 8)),
      Ethernet(0x8100, Vlan(5, 0x0800, high)),
      Ethernet(0x0800, Ipv4("203.0.113.1", "203.0.113.2", 4, high)),
  };
  DecodeHarness h;
  h.Decode(Ethernet(0x0800, low));
  for (const Bytes& frame : foreign) {
    for (const Packet& p : h.Decode(frame)) {
      EXPECT_EQ(p.marks & kMarkReassembled, 0);
      EXPECT_EQ(p.ip_protocol, 4);
    }
  }
  h.Decode(Ethernet(0x0800, high));
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.Payload(), AsText(Pattern(92)));
}

TEST(FragmentTest, FragmentsInsideATunnelLeaveTheOuterPackets) {
  DecodeHarness h;
  const Bytes udp = Udp(5000, 53, Pattern(92));
  const auto outer = [](const Bytes& inner) {
    return Ipv4("203.0.113.1", "203.0.113.2", 4, inner);
  };
  h.DecodeIp(outer(Piece(0, true, Part(udp, 0, 48))));
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.out.packets[0].marks, 0);
  EXPECT_EQ(h.Held(), 0u);
  EXPECT_EQ(h.Decoded(), 1u);
  h.DecodeIp(outer(Piece(48, false, Part(udp, 48, 100))));
  ASSERT_EQ(h.out.packets.size(), 2u);
  EXPECT_NE(h.out.packets[0].marks & kMarkCarriesTunnel, 0);
  EXPECT_EQ(h.out.packets[0].frames, 1);
  EXPECT_EQ(h.out.packets[1].frames, 2);
  EXPECT_EQ(h.Payload(1), AsText(Pattern(92)));
}

TEST(FragmentTest, FragmentedTunnelIsJoinedAndItsInnerRead) {
  DecodeHarness h;
  const Bytes inner = Ipv4(kA, kB, 17, Udp(5000, 53, Pattern(200)));
  const Bytes whole = Ipv4("203.0.113.1", "203.0.113.2", 17,
                           Udp(4444, 4789, Vxlan(3, Ethernet(0x0800, inner))));
  std::vector<Bytes> pieces = FragmentIpv4(whole, 64);
  for (const Bytes& piece : pieces) h.frames.Add(piece, 0, 101);
  h.Decode();
  ASSERT_EQ(h.out.packets.size(), 2u);
  EXPECT_EQ(h.out.packets[0].frames, pieces.size());
  EXPECT_EQ(h.out.packets[1].frames, pieces.size());
  EXPECT_EQ(h.Payload(1), AsText(Pattern(200)));
  EXPECT_EQ(h.Decoded(), pieces.size());
}

TEST(FragmentTest, SnapLengthLeavesTheContiguousStart) {
  DecodeHarness h;
  const Bytes udp = Udp(5000, 53, Pattern(192));
  const Bytes first = Piece(0, true, Part(udp, 0, 96));
  const Bytes cut(first.begin(), first.begin() + 20 + 64);
  h.frames.Add(cut, 0, 101, static_cast<uint32_t>(first.size()));
  h.frames.Add(Piece(96, false, Part(udp, 96, 200)), 0, 101);
  h.Decode();
  ASSERT_EQ(h.out.packets.size(), 1u);
  const Packet& p = h.out.packets[0];
  EXPECT_EQ(p.marks, kMarkReassembled | kMarkTruncated);
  EXPECT_EQ(p.payload_bytes, 192u);
  EXPECT_EQ(p.payload_captured, 56u);
  EXPECT_EQ(h.Payload(), AsText(Part(Pattern(192), 0, 56)));
}

TEST(FragmentTest, NestedFragmentHeaderIsNotFollowed) {
  DecodeHarness h;
  Ipv6Fields fields;
  fields.first_extension = 44;
  fields.extensions = FragmentExtension(44, 0, true, 1);
  const Bytes inner = FragmentExtension(17, 0, true, 2);
  h.DecodeIp(Ipv6(kA6, kB6, 17, inner, fields));
  fields.extensions = FragmentExtension(44, 8, false, 1);
  h.DecodeIp(Ipv6(kA6, kB6, 17, Bytes(16), fields));
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_NE(h.out.packets[0].marks & kMarkNoTransport, 0);
  EXPECT_EQ(h.Count(Anomaly::kIp6NestedFragment), 1u);
}

// R9: a flood of fragments that never complete, of which `lone` says whether
// each is alone or comes in pairs.
double SurvivalUnderFlood(int flood_per_exchange, size_t flood_size) {
  DecoderOptions options;
  options.fragment_bytes = 1 << 20;
  DecodeHarness h(options);
  uint32_t next = 1;
  const Bytes udp = Udp(5000, 53, Pattern(2000));
  int joined = 0;
  constexpr int kTries = 50;
  for (int i = 0; i < kTries; ++i) {
    const uint16_t id = static_cast<uint16_t>(i + 1);
    h.frames.Clear();
    h.frames.Add(Piece(0, true, Part(udp, 0, 1480), id), 0, 101);
    for (int k = 0; k < flood_per_exchange; ++k) {
      Bytes lone = Piece(0, true, Bytes(flood_size));
      const uint32_t from = next++;
      lone[12] = static_cast<uint8_t>(from >> 24);
      lone[13] = static_cast<uint8_t>(from >> 16);
      lone[14] = static_cast<uint8_t>(from >> 8);
      lone[15] = static_cast<uint8_t>(from);
      FillIpv4Checksum(lone);
      h.frames.Add(lone, 0, 101);
    }
    h.frames.Add(Piece(1480, false, Part(udp, 1480, 2008), id), 0, 101);
    h.Decode();
    if (!h.out.packets.empty()) ++joined;
  }
  EXPECT_GT(h.Dropped(Anomaly::kFragEvicted), 0u);
  return static_cast<double>(joined) / kTries;
}

TEST(FragmentTest, ExchangeSurvivesFloodOfLoneFragments) {
  EXPECT_EQ(SurvivalUnderFlood(400, 64), 1.0);
  EXPECT_EQ(SurvivalUnderFlood(200, 1024), 1.0);
}

TEST(FragmentTest, MemoryStaysWithinItsBound) {
  FragmentTable table(1 << 20, 30 * kSecondNanos, SipKey{1, 2});
  const Bytes data(1024);
  LostDatagram lost;
  size_t most = 0;
  for (uint32_t i = 0; i < 20000; ++i) {
    Fragment f;
    f.data = data.data();
    f.captured = f.wire = 1024;
    f.more = true;
    while (table.PopForRoom(f.wire, &lost)) EXPECT_EQ(lost.held, 1u);
    FragmentKey key;
    key.id = i;
    key.version = 4;
    EXPECT_EQ(table.Insert(key, f).verdict, FragmentVerdict::kHeld);
    most = std::max(most, table.datagrams());
  }
  EXPECT_LT(most * 1024, size_t{1} << 20);
  EXPECT_GT(most * 1024, size_t{1} << 19);
  size_t popped = 0;
  while (table.PopAny(&lost)) ++popped;
  EXPECT_GT(popped, 0u);
  EXPECT_EQ(table.datagrams(), 0u);
}

}  // namespace
}  // namespace tapline::testing
