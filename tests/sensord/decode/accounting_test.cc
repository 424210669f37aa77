// What holds for every input: accounting, bounds, samples, independence of the
// secret.

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "tests/support/decode_harness.h"
#include "tests/support/frame_kinds.h"

namespace tapline::testing {
namespace {

void ExpectWithinBounds(const DecodeHarness& h) {
  for (const Packet& p : h.out.packets) {
    EXPECT_LE(p.payload_captured, p.payload_bytes);
    EXPECT_LE(p.payload_bytes, p.ip_bytes);
    EXPECT_LE(p.ip_bytes, p.frame_bytes);
    EXPECT_LT(p.shard, 16);
    // Every byte is readable (the sanitizer looks).
    volatile uint8_t sink = 0;
    for (uint32_t i = 0; i < p.payload_captured; ++i) sink = p.payload[i];
    (void)sink;
  }
}

TEST(AccountingTest, EveryTruncationOfEveryKindIsAccounted) {
  DecodeHarness h;
  for (const Bytes& frame : FrameKinds()) {
    for (size_t size = 0; size <= frame.size(); ++size) {
      const Bytes cut(frame.begin(), frame.begin() + static_cast<long>(size));
      h.Decode(cut);
      ExpectWithinBounds(h);
      h.Decode(cut, 0, 1, static_cast<uint32_t>(frame.size()));
      ExpectWithinBounds(h);
    }
  }
  h.decoder.Finish();
  h.ExpectAccounted();
  EXPECT_EQ(h.Held(), 0u);
}

TEST(AccountingTest, RandomDamageIsAccounted) {
  std::mt19937 random(20);
  DecodeHarness h;
  const std::vector<Bytes> kinds = FrameKinds();
  for (int round = 0; round < 20000; ++round) {
    Bytes frame = kinds[random() % kinds.size()];
    for (unsigned n = random() % 4; n > 0; --n) {
      frame[random() % frame.size()] = static_cast<uint8_t>(random());
    }
    const uint16_t link = random() % 8 == 0 ? 101 : 1;
    h.Decode(frame, round * kMillisecondNanos, link);
    ExpectWithinBounds(h);
  }
  EXPECT_GT(h.Anomalies(), 100u);
}

TEST(AccountingTest, SecretChangesHashesOnly) {
  DecoderOptions options[2];
  options[1].seed[0] = 0x1234567890abcdef;
  options[1].seed[1] = 0xfedcba0987654321;
  DecodeHarness one(options[0]);
  DecodeHarness two(options[1]);
  std::mt19937 random(4);
  const std::vector<Bytes> kinds = FrameKinds();
  bool hashes_differ = false;
  for (int round = 0; round < 3000; ++round) {
    Bytes frame = kinds[random() % kinds.size()];
    frame[random() % frame.size()] = static_cast<uint8_t>(random());
    const UnixNanos at = round * 100 * kMillisecondNanos;
    const std::vector<Packet>& a = one.Decode(frame, at);
    const std::vector<Packet>& b = two.Decode(frame, at);
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      ASSERT_EQ(a[i].source, b[i].source);
      ASSERT_EQ(a[i].destination, b[i].destination);
      ASSERT_EQ(a[i].source_port, b[i].source_port);
      ASSERT_EQ(a[i].context, b[i].context);
      ASSERT_EQ(a[i].marks, b[i].marks);
      ASSERT_EQ(a[i].frames, b[i].frames);
      ASSERT_EQ(a[i].payload_bytes, b[i].payload_bytes);
      ASSERT_EQ(a[i].payload_captured, b[i].payload_captured);
      hashes_differ |= a[i].flow_hash != b[i].flow_hash;
    }
    ASSERT_EQ(one.out.anomalies.size(), two.out.anomalies.size());
  }
  EXPECT_TRUE(hashes_differ);
}

// A priority tag sends a frame through the general walk and changes nothing
// else.
TEST(AccountingTest, FastPathAndGeneralWalkGiveTheSamePackets) {
  std::mt19937 random(7);
  TcpFields stamped;
  stamped.options = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
  TcpFields opening;
  opening.options = {2, 4, 5, 0xb4, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 3, 3, 7};
  const Bytes kinds[] = {
      Ipv4(kA, kB, 6, Tcp(1024, 80, kPsh | kAck, Text("hello"))),
      Ipv4(kB, kA, 6, Tcp(80, 1024, kPsh | kAck, Text("hello"), stamped)),
      Ipv4(kA, kA, 17, Udp(53, 1024, Text("hello"))),
      Ipv4(kA, kB, 17, Udp(1024, 3544, Text("hello"))),
      Ipv4(kA, kB, 17, Udp(1024, 53)),
      Ipv4(kA, kB, 6, Tcp(1024, 80, kSyn, {}, opening)),
      Ipv6(kA6, kB6, 6, Tcp(1024, 80, kSyn, Text("hello"), opening)),
      Ipv6(kB6, kA6, 17, Udp(53, 1024, Text("hello"))),
  };
  DecodeHarness fast;
  DecodeHarness general;
  for (int round = 0; round < 20000; ++round) {
    Bytes packet = kinds[random() % 8];
    const bool six = packet[0] >> 4 == 6;
    if (random() % 8 != 0) {
      packet[random() % packet.size()] ^=
          static_cast<uint8_t>(1u << random() % 8);
    }
    if (!six && random() % 2 == 0 && (packet[0] & 15) == 5) {
      FillIpv4Checksum(packet);
    }
    if (random() % 4 == 0) packet.resize(packet.size() + random() % 8);
    if (random() % 8 == 0) packet.resize(packet.size() - random() % 20);
    const uint16_t type = six ? 0x86dd : 0x0800;
    const std::vector<Packet>& a = fast.Decode(Ethernet(type, packet));
    const std::vector<Packet>& b =
        general.Decode(Ethernet(0x8100, Vlan(0, type, packet)));
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      ASSERT_EQ(fast.Payload(i), general.Payload(i));
      Packet x = a[i];
      Packet y = b[i];
      x.payload = y.payload = nullptr;
      ASSERT_EQ(x.frame_bytes + 4, y.frame_bytes);
      x.frame_bytes = y.frame_bytes = 0;
      ASSERT_EQ(std::memcmp(&x, &y, sizeof(Packet)), 0) << round;
    }
    ASSERT_EQ(fast.Anomalies(), general.Anomalies());
    ExpectWithinBounds(fast);
  }
  EXPECT_GT(fast.Anomalies(), 0u);
}

TEST(AccountingTest, SamplesAreTheFirst25AndEvery1000th) {
  DecodeHarness h;
  size_t samples = 0;
  for (int i = 0; i < 3000; ++i) {
    h.Decode(Bytes(5));
    samples += h.out.anomalies.size();
  }
  EXPECT_EQ(h.Count(Anomaly::kLinkTruncated), 3000u);
  EXPECT_EQ(samples, 25u + 3u);
}

TEST(AccountingTest, AnomalyNamesAreUnique) {
  const size_t count = static_cast<size_t>(Anomaly::kCount);
  for (size_t i = 0; i < count; ++i) {
    const std::string name = AnomalyName(static_cast<Anomaly>(i));
    EXPECT_NE(name.find('.'), std::string::npos);
    for (size_t k = 0; k < i; ++k) {
      EXPECT_NE(name, AnomalyName(static_cast<Anomaly>(k)));
    }
  }
}

}  // namespace
}  // namespace tapline::testing
