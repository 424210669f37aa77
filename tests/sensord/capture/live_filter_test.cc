// Filters on a live source.

#include <gmock/gmock.h>

#include <random>
#include <string>
#include <vector>

#include "live_source_fixture.h"

namespace tapline::testing {
namespace {

using LiveFilterTest = LiveSourceFixture;

TEST_F(LiveFilterTest, FilterSelectsAndCanBeReplacedWhileRunning) {
  options_.filter = "ether proto 0x88b5 and ether[14] = 0x61";
  Open();
  FrameSender sender("va");
  sender.Send(EthernetFrame(kType, "bb"));
  ASSERT_TRUE(Passes("aa"));
  EXPECT_EQ(frames_.size(), 1u);
  ASSERT_OK(source_->SetFilter("ether[14] = 0x62"));
  FrameBatch batch;
  ASSERT_OK(source_->Read(batch)) << "applies the new filter";
  sender.Send(EthernetFrame(kType, "aa"));
  ASSERT_TRUE(Passes("bb"));
  EXPECT_EQ(frames_.size(), 2u);
  ASSERT_OK(source_->SetFilter(""));
  ASSERT_OK(source_->Read(batch));
  EXPECT_TRUE(Passes("cc"));
}

// IPv4 and IPv6 frames, TCP and UDP, with fields from small ranges so that
// filters hit about as often as they miss. The last two bytes are an id.
std::string RandomFrame(std::mt19937& random, uint16_t id) {
  const bool v6 = random() % 2 == 0;
  std::string ip(v6 ? 60 : 40, '\0');
  ip[0] = v6 ? 0x60 : 0x45;
  if (!v6) ip[3] = 40;
  ip[v6 ? 5 : 8] = static_cast<char>(v6 ? 20 : 64);
  ip[v6 ? 6 : 9] = random() % 2 == 0 ? 6 : 17;
  ip[v6 ? 23 : 15] = static_cast<char>(random() % 3);
  ip[v6 ? 39 : 19] = static_cast<char>(random() % 3);
  const size_t ports = v6 ? 40 : 20;
  ip[ports + 1] = static_cast<char>(random() % 4);
  ip[ports + 3] = static_cast<char>(random() % 4);
  ip[ports + 13] = static_cast<char>(random() % 64);
  if (random() % 4 == 0) ip[6] = static_cast<char>(v6 ? ip[6] : 1);
  if (random() % 8 == 0) ip[0] = static_cast<char>(random());
  std::string frame = EthernetFrame(v6 ? 0x86dd : 0x0800, ip);
  frame.resize(80);
  frame[78] = static_cast<char>(id >> 8);
  frame[79] = static_cast<char>(id);
  return frame;
}

TEST_F(LiveFilterTest, KernelAndLibraryAgreeOnWhatAFilterSelects) {
  constexpr const char* kFilters[] = {
      "tcp",
      "udp",
      "ip",
      "ip6",
      "not tcp",
      "port 1",
      "tcp dst port 2",
      "udp src port 3",
      "portrange 1-2",
      "host 0.0.0.1",
      "dst host 0.0.0.2",
      "ip6 host ::1",
      "tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn",
      "less 80",
      "greater 81 or udp",
      "ip[8] > 63",
      "ip[6:2] & 0x1fff != 0",
      "ether[79] & 1 = 0",
      "(tcp or udp) and not port 0",
      "vlan or ip"};
  std::mt19937 random(1);
  for (const char* text : kFilters) {
    options_.filter = text;
    Open();
    const auto filter = CompileFilter(1, options_.snap_bytes, text).value();
    payloads_.clear();
    std::vector<uint16_t> expected;
    ids_.clear();
    FrameSender sender("va");
    for (uint16_t id = 0; id < 1000; ++id) {
      const std::string bytes = RandomFrame(random, id);
      ASSERT_TRUE(sender.Send(bytes));
      Frame frame;
      frame.data = reinterpret_cast<const uint8_t*>(bytes.data());
      frame.captured_bytes = frame.wire_bytes =
          static_cast<uint32_t>(bytes.size());
      if (filter->Matches(frame)) expected.push_back(id);
    }
    // Nothing more comes once the link has been idle for a while.
    ReadUntil([&] { return ids_.size() >= expected.size(); });
    const absl::Time end = absl::Now() + absl::Milliseconds(20);
    ReadUntil([&] { return absl::Now() >= end; });
    EXPECT_EQ(ids_, expected) << text;
  }
}

TEST_F(LiveFilterTest, BadFilterIsRefusedAndThePreviousStays) {
  options_.filter = "ether[14] = 0x61";
  Open();
  EXPECT_THAT(source_->SetFilter("tcp port ("),
              StatusIs(absl::StatusCode::kInvalidArgument, "syntax error"));
  EXPECT_EQ(source_->filter(), "ether[14] = 0x61");
  FrameSender("va").Send(EthernetFrame(kType, "bb"));
  ASSERT_TRUE(Passes("aa"));
  EXPECT_EQ(frames_.size(), 1u);
}

TEST_F(LiveFilterTest, BadFilterAtTheStartIsRefused) {
  options_.filter = "tcp port";
  EXPECT_THAT(LiveSource::Open(options_, clock_).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "syntax error"));
}

}  // namespace
}  // namespace tapline::testing
