// Fragments that overlap (reliability.md E1-E3).

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/crypto/siphash.h"
#include "fragment_pieces.h"
#include "tests/support/decode_harness.h"

namespace tapline::testing {
namespace {

TEST(FragmentOverlapTest, OverlapWithSameDataIsJoinedAndNamed) {
  DecodeHarness h;
  const Bytes udp = Udp(5000, 53, Pattern(92));
  h.frames.Add(Ethernet(0x0800, Piece(0, true, Part(udp, 0, 48))));
  h.frames.Add(Ethernet(0x0800, Piece(40, false, Part(udp, 40, 100))));
  h.Decode();
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.Payload(), AsText(Pattern(92)));
  EXPECT_EQ(h.Count(Anomaly::kFragOverlap), 1u);
  EXPECT_EQ(h.Anomalies(), 1u);
  EXPECT_EQ(h.out.packets[0].marks & kMarkAmbiguous, 0);
}

TEST(FragmentOverlapTest, OverlapWithOtherDataKeepsTheFirstAndIsAmbiguous) {
  const Bytes udp = Udp(5000, 53, Pattern(92));
  Bytes evil = udp;
  for (size_t i = 40; i < 48; ++i) evil[i] ^= 0xff;
  const Bytes low = Piece(0, true, Part(udp, 0, 48));
  const Bytes high = Piece(40, false, Part(evil, 40, 100));
  for (bool swapped : {false, true}) {
    DecodeHarness h;
    h.frames.Add(Ethernet(0x0800, swapped ? high : low));
    h.frames.Add(Ethernet(0x0800, swapped ? low : high));
    h.Decode();
    ASSERT_EQ(h.out.packets.size(), 1u);
    EXPECT_NE(h.out.packets[0].marks & kMarkAmbiguous, 0);
    EXPECT_EQ(h.Count(Anomaly::kFragOverlapDiff), 1u);
    EXPECT_EQ(h.Count(Anomaly::kFragOverlap), 0u);
    const Bytes& expected = swapped ? evil : udp;
    EXPECT_EQ(h.Payload(), AsText(Part(expected, 8, 100)));
    // Both versions of the eight bytes that came twice are kept as hashes.
    ASSERT_EQ(h.out.anomalies.size(), 1u);
    const auto hash = [](const Bytes& b) {
      return SipHashBytes<SipHash13>(SipKey{}, b.data() + 40, 8);
    };
    const uint64_t hashes[2] = {hash(udp), hash(evil)};
    EXPECT_EQ(h.out.anomalies[0].first_hash, hashes[swapped ? 1 : 0]);
    EXPECT_EQ(h.out.anomalies[0].other_hash, hashes[swapped ? 0 : 1]);
  }
}

TEST(FragmentOverlapTest, HashesOfAnOddLastByteCoverWhatIsCaptured) {
  DecodeHarness h;
  const Bytes udp = Udp(5000, 53, Pattern(13));
  Bytes evil = Part(udp, 8, 21);
  evil.back() ^= 1;
  h.frames.Add(Ethernet(0x0800, Piece(8, false, Part(udp, 8, 21))));
  h.frames.Add(Ethernet(0x0800, Piece(8, false, evil)));
  h.Decode();
  ASSERT_EQ(h.out.anomalies.size(), 1u);
  EXPECT_EQ(h.out.anomalies[0].first_hash,
            SipHashBytes<SipHash13>(SipKey{}, udp.data() + 8, 13));
  EXPECT_EQ(h.out.anomalies[0].other_hash,
            SipHashBytes<SipHash13>(SipKey{}, evil.data(), 13));
}

TEST(FragmentOverlapTest, TeardropInsideAnEarlierFragmentChangesNothing) {
  DecodeHarness h;
  const Bytes udp = Udp(5000, 53, Pattern(92));
  h.frames.Add(Ethernet(0x0800, Piece(0, true, Part(udp, 0, 64))));
  h.frames.Add(Ethernet(0x0800, Piece(24, true, Bytes(16, 0xee))));
  h.frames.Add(Ethernet(0x0800, Piece(64, false, Part(udp, 64, 100))));
  h.Decode();
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.Payload(), AsText(Pattern(92)));
  EXPECT_EQ(h.out.packets[0].frames, 3);
  EXPECT_EQ(h.Count(Anomaly::kFragOverlapDiff), 1u);
}

TEST(FragmentOverlapTest, DuplicateIsCountedAndHarmless) {
  DecodeHarness h;
  const Bytes udp = Udp(5000, 53, Pattern(92));
  const Bytes first = Piece(0, true, Part(udp, 0, 48));
  h.frames.Add(Ethernet(0x0800, first));
  h.frames.Add(Ethernet(0x0800, first));
  h.frames.Add(Ethernet(0x0800, Piece(48, false, Part(udp, 48, 100))));
  h.Decode();
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.out.packets[0].frames, 3);
  EXPECT_EQ(h.Count(Anomaly::kFragDuplicate), 1u);
  EXPECT_EQ(h.Anomalies(), 1u);
}

TEST(FragmentOverlapTest, OverlapInIpv6DiscardsTheDatagram) {
  const Bytes udp = Udp(5000, 53, Pattern(92));
  DecodeHarness h;
  h.DecodeIp(Piece6(0, true, Part(udp, 0, 48)));
  h.DecodeIp(Piece6(40, false, Part(udp, 40, 100)));
  EXPECT_TRUE(h.out.packets.empty());
  // Also what comes later, even if it would fill the hole.
  h.DecodeIp(Piece6(48, false, Part(udp, 48, 100)));
  EXPECT_TRUE(h.out.packets.empty());
  EXPECT_EQ(h.Dropped(Anomaly::kIp6FragOverlap), 3u);
  EXPECT_EQ(h.Held(), 0u);
  // Another id is not concerned.
  h.DecodeIp(Piece6(0, true, Part(udp, 0, 48), 8));
  h.DecodeIp(Piece6(48, false, Part(udp, 48, 100), 8));
  EXPECT_EQ(h.out.packets.size(), 1u);
}

TEST(FragmentOverlapTest, ExactRepetitionInIpv6IsADuplicate) {
  const Bytes udp = Udp(5000, 53, Pattern(92));
  DecodeHarness h;
  h.DecodeIp(Piece6(0, true, Part(udp, 0, 48)));
  h.DecodeIp(Piece6(0, true, Part(udp, 0, 48)));
  h.DecodeIp(Piece6(48, false, Part(udp, 48, 100)));
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.Count(Anomaly::kFragDuplicate), 1u);
  // The same bytes cut elsewhere are an overlap.
  h.DecodeIp(Piece6(0, true, Part(udp, 0, 48), 9));
  h.DecodeIp(Piece6(0, true, Part(udp, 0, 40), 9));
  EXPECT_EQ(h.Dropped(Anomaly::kIp6FragOverlap), 2u);
}

}  // namespace
}  // namespace tapline::testing
