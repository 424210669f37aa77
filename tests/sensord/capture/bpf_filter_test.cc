#include "sensord/capture/bpf_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/status_matchers.h"

namespace tapline {
namespace {

using testing::StatusIs;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// Ethernet, IPv4, UDP from port 1000 to `port`.
std::string UdpFrame(uint16_t port) {
  std::string frame(14 + 20 + 8, '\0');
  frame[12] = 8;
  frame[14] = 0x45;
  frame[17] = 28;
  frame[23] = 17;
  frame[34] = 3;
  frame[35] = '\xe8';
  frame[36] = static_cast<char>(port >> 8);
  frame[37] = static_cast<char>(port);
  return frame;
}

bool Matches(const BpfFilter& filter, const std::string& bytes) {
  Frame frame;
  frame.data = reinterpret_cast<const uint8_t*>(bytes.data());
  frame.captured_bytes = frame.wire_bytes = static_cast<uint32_t>(bytes.size());
  return filter.Matches(frame);
}

TEST(BpfFilterTest, CompiledFilterSelectsFrames) {
  auto filter = CompileFilter(1, 262144, "udp dst port 53");
  ASSERT_OK(filter);
  EXPECT_TRUE(Matches(**filter, UdpFrame(53)));
  EXPECT_FALSE(Matches(**filter, UdpFrame(54)));
  EXPECT_FALSE(Matches(**filter, ""));
  EXPECT_EQ((*filter)->text(), "udp dst port 53");
}

TEST(BpfFilterTest, EmptyTextMatchesEverything) {
  auto filter = CompileFilter(1, 262144, "");
  ASSERT_OK(filter);
  EXPECT_TRUE(Matches(**filter, UdpFrame(1)));
}

TEST(BpfFilterTest, BadTextIsRefusedWithTheCompilersWords) {
  EXPECT_THAT(CompileFilter(1, 262144, "tcp port").status(),
              StatusIs(kInvalid, "syntax error"));
  EXPECT_THAT(CompileFilter(1, 262144, "port 70000").status(),
              StatusIs(kInvalid, "filter: "));
  EXPECT_THAT(CompileFilter(1, 262144, "tcp and (udp").status(),
              StatusIs(kInvalid, "syntax error"));
}

TEST(BpfFilterTest, FilterThatCanNeverMatchIsRefused) {
  EXPECT_THAT(CompileFilter(1, 262144, "ip and not ip").status(),
              StatusIs(kInvalid, "rejects all packets"));
}

TEST(BpfFilterTest, FilterThatDoesNotFitTheLinkTypeIsRefused) {
  EXPECT_THAT(
      CompileFilter(101, 262144, "ether host 02:00:00:00:00:01").status(),
      StatusIs(kInvalid, "link type RAW"));
}

TEST(BpfFilterTest, TooLongTextIsRefusedBeforeItIsCompiled) {
  EXPECT_THAT(CompileFilter(1, 262144, std::string(1 << 20, '(')).status(),
              StatusIs(kInvalid, "1048576 bytes"));
  EXPECT_THAT(CompileFilter(1, 262144, absl::string_view("ip\0udp", 6)),
              StatusIs(kInvalid, "zero byte"));
}

TEST(BpfFilterTest, DeepestNestingAllowedIsRefusedNotCrashing) {
  std::string text(30000, '(');
  text += "ip";
  text += std::string(30000, ')');
  EXPECT_THAT(CompileFilter(1, 262144, text).status(), StatusIs(kInvalid, ""));
}

}  // namespace
}  // namespace tapline
