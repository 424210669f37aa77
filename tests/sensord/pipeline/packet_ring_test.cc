#include "sensord/pipeline/packet_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "sensord/decode/decoder.h"
#include "tests/support/frame_kinds.h"
#include "tests/support/frame_list.h"
#include "tests/support/packet_builder.h"

namespace tapline::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kCanary[] = "CANARY-IN-THE-PAYLOAD";

PacketRingOptions Options(size_t frames, bool payload = false) {
  PacketRingOptions options;
  options.frames = frames;
  options.payload = payload;
  return options;
}

class Source {
 public:
  explicit Source(PacketRing& ring)
      : ring_(ring), decoder_(DecoderOptions(), contexts_) {}

  void Add(const std::vector<Bytes>& frames) {
    frames_.Clear();
    for (const Bytes& frame : frames) frames_.Add(frame);
    decoder_.Decode(frames_.batch(), decoded_);
    ring_.Add(frames_.batch(), decoded_);
  }

 private:
  PacketRing& ring_;
  ContextTable contexts_;
  Decoder decoder_;
  FrameList frames_;
  DecodedBatch decoded_;
};

Bytes Segment(uint16_t port) {
  return Ethernet(0x0800, Ipv4("192.0.2.1", "198.51.100.2", 6,
                               Tcp(port, 80, kAck, Text(kCanary))));
}

std::string BytesOf(const KeptFrame& kept) {
  return std::string(reinterpret_cast<const char*>(kept.frame.data),
                     kept.frame.captured_bytes);
}

TEST(PacketRingTest, HeadersAreKeptAndPayloadIsNot) {
  PacketRing ring(Options(10));
  Source(ring).Add({Segment(1)});
  const absl::StatusOr<KeptFrame> kept = ring.Get(0);
  ASSERT_TRUE(kept.ok());
  EXPECT_EQ(kept->frame.captured_bytes, 14u + 20 + 20);
  EXPECT_EQ(kept->captured_bytes, Segment(1).size());
  EXPECT_EQ(kept->frame.wire_bytes, Segment(1).size());
  EXPECT_EQ(kept->frame.link_type, 1);
}

TEST(PacketRingTest, NoKindOfFrameLeavesItsPayloadInTheRing) {
  PacketRing ring(Options(1000));
  Source source(ring);
  const Bytes secret = Text(kCanary);
  const Bytes whole = Ipv4("192.0.2.1", "192.0.2.2", 17,
                           Udp(1, 2, Join({Pattern(40), secret})));
  std::vector<Bytes> frames = {
      Segment(1),
      Ethernet(0x0800,
               Ipv4("192.0.2.1", "192.0.2.2", 1, Icmp(8, 0, 1, secret))),
      Ethernet(0x0800, Ipv4("192.0.2.1", "192.0.2.2", 99, secret)),
      Ethernet(0x86dd, Ipv6("2001:db8::1", "2001:db8::2", 99, secret)),
      Ethernet(0x88cc, secret),
      Ethernet(0x9999, secret),
      Ethernet(0x8100, Vlan(5, 0x9999, secret)),
  };
  for (const Bytes& piece : FragmentIpv4(whole, 24)) {
    frames.push_back(Ethernet(0x0800, piece));
  }
  source.Add(frames);
  for (const KeptFrame& kept : ring.Before(UINT64_MAX, 1000)) {
    EXPECT_FALSE(absl::StrContains(BytesOf(kept), "CANARY"))
        << kept.frame.ordinal;
  }
  EXPECT_EQ(ring.range().count, frames.size());
}

TEST(PacketRingTest, WholeFramesAreKeptWherePayloadIs) {
  PacketRing ring(Options(1000, true));
  Source source(ring);
  const std::vector<Bytes> frames = FrameKinds();
  source.Add(frames);
  for (size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(BytesOf(*ring.Get(i)),
              std::string(frames[i].begin(), frames[i].end()));
  }
}

TEST(PacketRingTest, WhenPayloadEndsWhatWasKeptIsGone) {
  PacketRing ring(Options(10, true));
  Source source(ring);
  source.Add({Segment(1), Segment(2)});
  ring.EndPayload();
  EXPECT_FALSE(ring.payload());
  EXPECT_EQ(ring.range().count, 0u);
  EXPECT_FALSE(ring.Get(0).ok());
  source.Add({Segment(3)});
  ASSERT_EQ(ring.range().count, 1u);
  const std::vector<KeptFrame> kept = ring.Before(UINT64_MAX, 10);
  ASSERT_THAT(kept, SizeIs(1));
  EXPECT_EQ(BytesOf(kept[0]).find(kCanary), std::string::npos);
  EXPECT_EQ(kept[0].frame.captured_bytes, 14u + 20 + 20);
}

TEST(PacketRingTest, PayloadEndsWithTheFirstFrameOfItsTime) {
  PacketRingOptions options = Options(10, true);
  options.payload_until = FrameList::kStart;
  PacketRing ring(options);
  Source(ring).Add({Segment(1)});
  EXPECT_FALSE(ring.payload());
  const absl::StatusOr<KeptFrame> kept = ring.Get(0);
  ASSERT_TRUE(kept.ok());
  EXPECT_EQ(kept->frame.captured_bytes, 14u + 20 + 20);
}

TEST(PacketRingTest, TheNewestReplaceTheOldest) {
  PacketRing ring(Options(100));
  Source source(ring);
  for (int i = 0; i < 7; ++i) source.Add(std::vector<Bytes>(50, Segment(1)));
  const PacketRing::Range range = ring.range();
  EXPECT_EQ(range.first, 250u);
  EXPECT_EQ(range.last, 349u);
  EXPECT_EQ(range.count, 100u);
  EXPECT_TRUE(ring.Get(250).ok());
  EXPECT_THAT(std::string(ring.Get(249).status().message()),
              HasSubstr("packet 249 is not kept; 250 to 349 are"));
  EXPECT_FALSE(ring.Get(350).ok());
  EXPECT_FALSE(ring.Get(UINT64_MAX).ok());
}

TEST(PacketRingTest, BytesAreBoundedToo) {
  PacketRingOptions options = Options(1000, true);
  options.bytes = 1000;
  PacketRing ring(options);
  Source source(ring);
  const Bytes frame = Segment(1);
  source.Add(std::vector<Bytes>(100, frame));
  EXPECT_EQ(ring.range().count, 1000 / frame.size());
  for (const KeptFrame& kept : ring.Before(UINT64_MAX, 1000)) {
    EXPECT_EQ(BytesOf(kept), std::string(frame.begin(), frame.end()));
  }
}

TEST(PacketRingTest, AListIsNewestFirstAndGoesOn) {
  PacketRing ring(Options(1000));
  Source source(ring);
  source.Add(std::vector<Bytes>(300, Segment(1)));
  const std::vector<KeptFrame> first = ring.Before(UINT64_MAX, 200);
  ASSERT_THAT(first, SizeIs(200));
  EXPECT_EQ(first.front().frame.ordinal, 299u);
  EXPECT_EQ(first.back().frame.ordinal, 100u);
  const std::vector<KeptFrame> rest =
      ring.Before(first.back().frame.ordinal, 200);
  ASSERT_THAT(rest, SizeIs(100));
  EXPECT_EQ(rest.back().frame.ordinal, 0u);
  EXPECT_THAT(ring.Before(0, 10), IsEmpty());
}

TEST(PacketRingTest, ARingOfNoneKeepsNothing) {
  PacketRing ring(Options(0));
  Source(ring).Add({Segment(1)});
  EXPECT_EQ(ring.range().count, 0u);
  EXPECT_THAT(ring.Before(UINT64_MAX, 10), IsEmpty());
  EXPECT_THAT(std::string(ring.Get(0).status().message()),
              HasSubstr("no packets are kept"));
}

TEST(PacketRingTest, ReadersAlwaysSeeWholeFrames) {
  PacketRing ring(Options(64));
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop.load()) {
      uint64_t last = UINT64_MAX;
      for (const KeptFrame& kept : ring.Before(UINT64_MAX, 64)) {
        ASSERT_LT(kept.frame.ordinal, last);
        last = kept.frame.ordinal;
        ASSERT_EQ(kept.frame.captured_bytes, 54u);
        ASSERT_EQ(kept.frame.data[12], 8);
      }
    }
  });
  Source source(ring);
  for (int i = 0; i < 500; ++i) source.Add(std::vector<Bytes>(32, Segment(1)));
  stop.store(true);
  reader.join();
}

}  // namespace
}  // namespace tapline::testing
