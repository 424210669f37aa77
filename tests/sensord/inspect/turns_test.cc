#include "sensord/inspect/turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace tapline {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// Packets of one TCP flow.
class Flow {
 public:
  explicit Flow(bool previews = false,
                const std::vector<std::string>& protocols = {})
      : builder_(previews ? std::make_unique<PayloadGuard>(protocols)
                          : nullptr) {}

  Flow& Send(bool from_originator, uint32_t sequence, const std::string& bytes,
             uint8_t flags = kTcpAck) {
    Packet packet;
    packet.ip_protocol = kIpProtoTcp;
    packet.ordinal = ordinal_++;
    packet.time = static_cast<UnixNanos>(packet.ordinal) * kSecondNanos;
    packet.tcp_sequence = sequence;
    packet.tcp_flags = flags;
    packet.payload = reinterpret_cast<const uint8_t*>(bytes.data());
    packet.payload_bytes = static_cast<uint32_t>(bytes.size());
    packet.payload_captured = packet.payload_bytes;
    builder_.Add(packet, from_originator);
    return *this;
  }
  Flow& There(uint32_t sequence, const std::string& bytes) {
    return Send(true, sequence, bytes);
  }
  Flow& Back(uint32_t sequence, const std::string& bytes) {
    return Send(false, sequence, bytes);
  }
  std::vector<v1::Turn> Take() { return builder_.Take(); }
  const TurnBuilder& builder() const { return builder_; }

 private:
  TurnBuilder builder_;
  uint64_t ordinal_ = 0;
};

TEST(TurnsTest, WhatOneSideSendsIsOneTurn) {
  const std::vector<v1::Turn> turns = Flow()
                                          .Send(true, 9, "", kTcpSyn)
                                          .There(10, "abc")
                                          .Back(70, "")
                                          .There(13, "de")
                                          .Back(70, "xyz")
                                          .Take();
  ASSERT_THAT(turns, SizeIs(2));
  EXPECT_EQ(turns[0].sender(), v1::SENDER_ORIGINATOR);
  EXPECT_EQ(turns[0].payload_bytes(), 5u);
  EXPECT_EQ(turns[0].packets(), 2u);
  EXPECT_EQ(turns[0].first_packet(), 1u);
  EXPECT_EQ(turns[0].last_packet(), 3u);
  EXPECT_EQ(turns[0].start().seconds(), 1);
  EXPECT_EQ(turns[0].end().seconds(), 3);
  EXPECT_EQ(turns[1].sender(), v1::SENDER_RESPONDER);
  EXPECT_EQ(turns[1].payload_bytes(), 3u);
  EXPECT_EQ(turns[1].preview(), "");
}

TEST(TurnsTest, WhatComesAgainIsNotCountedTwice) {
  const std::vector<v1::Turn> turns = Flow(true)
                                          .There(10, "abc")
                                          .There(10, "abc")
                                          .There(11, "bcd")
                                          .Back(70, "x")
                                          .There(10, "abc")
                                          .Take();
  ASSERT_THAT(turns, SizeIs(2));
  EXPECT_EQ(turns[0].payload_bytes(), 4u);
  EXPECT_EQ(turns[0].repeated_packets(), 1u);
  EXPECT_EQ(turns[0].preview(), "abcd");
}

TEST(TurnsTest, WhatFillsAHoleIsNewAndStandsWhereItBelongs) {
  const std::vector<v1::Turn> turns = Flow(true)
                                          .There(10, "ab")
                                          .There(16, "gh")
                                          .There(12, "cd")
                                          .There(13, "def")
                                          .There(10, "abcdefgh")
                                          .Take();
  ASSERT_THAT(turns, SizeIs(1));
  EXPECT_EQ(turns[0].payload_bytes(), 8u);
  EXPECT_EQ(turns[0].packets(), 5u);
  EXPECT_EQ(turns[0].repeated_packets(), 1u);
  EXPECT_EQ(turns[0].missing_bytes(), 0u);
  EXPECT_EQ(turns[0].preview(), "abcdefgh");
}

TEST(TurnsTest, AHoleIsToldAndShown) {
  const std::vector<v1::Turn> turns = Flow(true)
                                          .There(10, "HELLO")
                                          .There(20, "WORLD")
                                          .Back(7, "ok")
                                          .There(28, "again")
                                          .Take();
  ASSERT_THAT(turns, SizeIs(3));
  EXPECT_EQ(turns[0].payload_bytes(), 10u);
  EXPECT_EQ(turns[0].missing_bytes(), 5u);
  EXPECT_EQ(turns[0].preview(), "HELLO[5 bytes missing]WORLD");
  EXPECT_EQ(turns[1].missing_bytes(), 0u);
  EXPECT_EQ(turns[2].missing_bytes(), 3u);
  EXPECT_EQ(turns[2].preview(), "[3 bytes missing]again");
}

TEST(TurnsTest, ASegmentFillsAllTheHolesItSpans) {
  const std::vector<v1::Turn> turns = Flow(true)
                                          .There(0, "aa")
                                          .There(4, "bb")
                                          .There(8, "cc")
                                          .There(2, "XXbbYYcc")
                                          .Take();
  ASSERT_THAT(turns, SizeIs(1));
  EXPECT_EQ(turns[0].payload_bytes(), 10u);
  EXPECT_EQ(turns[0].missing_bytes(), 0u);
  EXPECT_EQ(turns[0].packets(), 4u);
  EXPECT_EQ(turns[0].preview(), "aaXXbbYYcc");
}

TEST(TurnsTest, WhatOvertookTheBeginningStandsBehindIt) {
  for (const bool syn : {true, false}) {
    Flow flow(true);
    if (syn) flow.Send(true, 99, "", kTcpSyn);
    const std::vector<v1::Turn> turns =
        flow.There(107, "CC").There(100, "AAAAA").There(105, "BB").Take();
    ASSERT_THAT(turns, SizeIs(1));
    EXPECT_EQ(turns[0].payload_bytes(), 9u);
    EXPECT_EQ(turns[0].missing_bytes(), 0u);
    EXPECT_EQ(turns[0].preview(), "AAAAABBCC");
  }
}

TEST(TurnsTest, WhatComesLateBelongsToItsTurn) {
  const std::vector<v1::Turn> turns = Flow(true)
                                          .There(10, "ab")
                                          .There(14, "ef")
                                          .Back(7, "ok")
                                          .There(12, "cd")
                                          .Take();
  ASSERT_THAT(turns, SizeIs(2));
  EXPECT_EQ(turns[0].preview(), "abcdef");
  EXPECT_EQ(turns[0].packets(), 3u);
  EXPECT_EQ(turns[0].last_packet(), 3u);
  EXPECT_EQ(turns[0].missing_bytes(), 0u);
}

TEST(TurnsTest, AnotherNumberingIsNoHole) {
  const std::vector<v1::Turn> turns = Flow(true)
                                          .There(10, "ab")
                                          .There(0x70000000, "xy")
                                          .There(0x70000002, "z")
                                          .Take();
  ASSERT_THAT(turns, SizeIs(1));
  EXPECT_EQ(turns[0].missing_bytes(), 0u);
  EXPECT_EQ(turns[0].preview(), "abxyz");
}

TEST(TurnsTest, APreviewKeepsTheBeginningInWhateverOrderItComes) {
  const std::string half(TurnPreview::kBytes / 2, 'x');
  const std::vector<v1::Turn> turns =
      Flow(true)
          .Send(true, 0, "", kTcpSyn)
          .There(1 + 2 * TurnPreview::kBytes, "never shown ")
          .There(1 + TurnPreview::kBytes / 2, half + "yyyy")
          .There(1, half)
          .Take();
  ASSERT_THAT(turns, SizeIs(1));
  const size_t end = 2 * TurnPreview::kBytes + 12;
  EXPECT_EQ(turns[0].preview(),
            absl::StrCat(half, half, "... (", end - TurnPreview::kBytes,
                         " more bytes)"));
}

TEST(TurnsTest, NumbersWithoutBytesMoveNothing) {
  const std::vector<v1::Turn> turns = Flow()
                                          .There(10, "abc")
                                          .Send(true, 900'000, "", kTcpRst)
                                          .There(13, "de")
                                          .Take();
  ASSERT_THAT(turns, SizeIs(1));
  EXPECT_EQ(turns[0].payload_bytes(), 5u);
  EXPECT_EQ(turns[0].repeated_packets(), 0u);
}

TEST(TurnsTest, HolesAreBounded) {
  Flow flow;
  flow.There(0, "x");
  for (uint32_t i = 1; i <= 2 * TurnBuilder::kMaxHoles; ++i) {
    flow.There(2 * i, "x");
  }
  for (uint32_t i = 0; i < 2 * TurnBuilder::kMaxHoles; ++i) {
    flow.There(2 * i + 1, "y");
  }
  const std::vector<v1::Turn> turns = flow.Take();
  ASSERT_THAT(turns, SizeIs(1));
  EXPECT_EQ(turns[0].payload_bytes(), 1 + 3 * TurnBuilder::kMaxHoles);
  EXPECT_EQ(turns[0].repeated_packets(), TurnBuilder::kMaxHoles);
  EXPECT_EQ(turns[0].missing_bytes(), TurnBuilder::kMaxHoles);
}

TEST(TurnsTest, APreviewHasNoCredentials) {
  const std::vector<v1::Turn> turns =
      Flow(true)
          .There(1, "PASS hunter2\r\n")
          .Back(1, "230 in\r\n")
          .There(15, std::string(493, ' ') + "https://ann:hunter2x")
          .Back(9, std::string(510, ' ') + "ghp_0123456789abcdef")
          .Take();
  ASSERT_THAT(turns, SizeIs(4));
  for (const v1::Turn& turn : turns) {
    EXPECT_THAT(turn.preview(), Not(HasSubstr("hunter2"))) << turn.preview();
    EXPECT_THAT(turn.preview(), Not(HasSubstr("gh"))) << turn.preview();
  }
  EXPECT_EQ(turns[0].preview(), "PASS [redacted:secret]\\x0d\\x0a");
  EXPECT_EQ(turns[1].preview(), "230 in\\x0d\\x0a");
}

// The protocol says which lines are a login, whatever they look like.
TEST(TurnsTest, APreviewFollowsTheLoginOfItsProtocol) {
  const std::vector<v1::Turn> turns = Flow(true, {"smtp"})
                                          .Send(true, 0, "", kTcpSyn)
                                          .Send(false, 0, "", kTcpSyn)
                                          .Back(1, "334 UGFzc3dvcmQ6\r\n")
                                          .There(1, "pw")
                                          .There(3, "9\r\n")
                                          .Back(19, "235 ok\r\n")
                                          .There(6, "QUIT\r\n")
                                          .Take();
  ASSERT_THAT(turns, SizeIs(4));
  EXPECT_EQ(turns[0].preview(), "334 UGFzc3dvcmQ6\\x0d\\x0a");
  EXPECT_EQ(turns[1].preview(), "[redacted:secret]\\x0d\\x0a");
  EXPECT_EQ(turns[3].preview(), "QUIT\\x0d\\x0a");
}

// Nobody knows what was said before.
TEST(TurnsTest, APreviewFromTheMiddleWithholdsWhatMayBeALogin) {
  const std::vector<v1::Turn> turns =
      Flow(true, {"ldap"}).There(700, "ldapsecret").Take();
  EXPECT_EQ(turns.at(0).preview(), "[redacted: 10 bytes of ldap]");
}

TEST(TurnsTest, SequenceNumbersWrap) {
  const std::vector<v1::Turn> turns =
      Flow().There(0xfffffffe, "abcd").There(2, "ef").Take();
  ASSERT_THAT(turns, SizeIs(1));
  EXPECT_EQ(turns[0].payload_bytes(), 6u);
}

TEST(TurnsTest, APreviewIsTheBeginningWithoutSecretsAndControls) {
  const std::vector<v1::Turn> turns =
      Flow(true)
          .There(1, std::string("USER ann\r\n\0", 11))
          .Back(1, absl::StrCat("Authorization: Bearer abcdefghijkl ",
                                std::string(10'000, 'x')))
          .Take();
  ASSERT_THAT(turns, SizeIs(2));
  EXPECT_EQ(turns[0].preview(), "USER ann\\x0d\\x0a\\x00");
  EXPECT_THAT(turns[1].preview(), HasSubstr("[redacted:"));
  EXPECT_THAT(turns[1].preview(), Not(HasSubstr("abcdef")));
  EXPECT_LE(turns[1].preview().size(), 4 * TurnPreview::kBytes);
}

TEST(TurnsTest, APreviewThatIsCutSaysHowMuchIsMissing) {
  const std::string whole(TurnPreview::kBytes, ' ');
  const std::vector<v1::Turn> turns =
      Flow(true).There(1, whole).Back(1, whole + std::string(1234, ' ')).Take();
  ASSERT_THAT(turns, SizeIs(2));
  EXPECT_EQ(turns[0].preview(), whole);
  EXPECT_EQ(turns[1].preview(), whole + "... (1234 more bytes)");
}

TEST(TurnsTest, WhatWasNotCapturedIsMissingToo) {
  Packet packet;
  packet.ip_protocol = 17;
  packet.payload = reinterpret_cast<const uint8_t*>("ab c");
  packet.payload_bytes = 100;
  packet.payload_captured = 3;
  TurnBuilder builder(
      std::make_unique<PayloadGuard>(std::vector<std::string>()));
  builder.Add(packet, true);
  EXPECT_EQ(builder.Take().at(0).preview(), "ab ... (97 more bytes)");
}

// A handshake's random bytes are now and then letters of UTF-8.
TEST(TurnsTest, BinaryDataIsAsciiAndEscapesOnly) {
  const std::vector<v1::Turn> turns =
      Flow(true)
          .There(1, std::string("\x16\x03\x01\0 caf\xc3\xa9 \\", 12))
          .Back(1, "caf\xc3\xa9 \xc3")
          .There(13, "caf\xc3\xa9 \\\r\n")
          .Take();
  ASSERT_THAT(turns, SizeIs(3));
  EXPECT_EQ(turns[0].preview(), "\\x16\\x03\\x01\\x00 caf\\xc3\\xa9 \\\\");
  EXPECT_EQ(turns[1].preview(), "caf\\xc3\\xa9 \\xc3");
  EXPECT_EQ(turns[2].preview(), "caf\xc3\xa9 \\\\\\x0d\\x0a");
}

TEST(TurnsTest, TurnsAreBoundedAndSaidSo) {
  Flow flow;
  for (uint32_t i = 0; i <= TurnBuilder::kMaxTurns; ++i) {
    flow.Send(i % 2 == 0, i / 2, "x");
  }
  EXPECT_FALSE(flow.builder().complete());
  EXPECT_THAT(flow.Take(), SizeIs(TurnBuilder::kMaxTurns));
}

}  // namespace
}  // namespace tapline
