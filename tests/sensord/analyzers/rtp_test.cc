#include "sensord/analyzers/rtp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "dns_bytes.h"
#include "google/protobuf/text_format.h"
#include "http2_bytes.h"
#include "probe_bytes.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kUdp = Conversation::kUdp;

std::string Big16(uint32_t value) { return Big32(value).substr(2); }

// 20 ms of PCMU at 8000 Hz: 160 bytes.
std::string Rtp(uint16_t sequence, uint32_t ssrc = 0x1234, uint8_t type = 0) {
  return std::string("\x80", 1) + static_cast<char>(type) + Big16(sequence) +
         Big32(sequence * 160u) + Big32(ssrc) + std::string(160, 'x');
}

// A sender report with a report block about `about`, and a description.
std::string Report(uint32_t ssrc, uint32_t about) {
  return FromHex("81c8000c") + Big32(ssrc) + std::string(8, 't') + Big32(1) +
         Big32(777) + Big32(1000) + Big32(about) + FromHex("10000005") +
         std::string(16, '\0') + FromHex("81ca0002") + Big32(ssrc) +
         std::string("\1\0\0\0", 4);
}

std::string Text(v1::Rtp rtp) {
  rtp.clear_first_time();
  rtp.clear_last_time();
  std::string text;
  google::protobuf::TextFormat::PrintToString(rtp, &text);
  return text;
}

TEST(RtpTest, ACallIsKnownByWhatGoesOn) {
  Conversation c(kUdp, 20002, 30000);
  for (uint16_t i = 0; i < 10; ++i) {
    c.Client(Rtp(static_cast<uint16_t>(65533 + i))).Wait(18 * 1000000);
    if (i == 2) {
      EXPECT_EQ(c.told().protocol, Protocol::kUnknown);
    }
    c.Server(Rtp(i, 0x5678, 8));
    if (i == 3) {
      EXPECT_EQ(c.told().protocol, Protocol::kRtp);
    }
  }
  EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  // One is lost, one comes late.
  c.Client(Rtp(9)).Client(Rtp(8)).Client(Rtp(11));
  c.Server(Report(0x5678, 0x1234)).Client(Report(0x1234, 0x5678));
  c.Client(FromHex("80c9000100001234 81cb0001 00001234")).End();
  ASSERT_THAT(c.Events(), SizeIs(2));
  v1::Rtp first = c.Events()[0].rtp();
  EXPECT_GT(first.jitter_ns(), 0u);
  first.clear_jitter_ns();
  EXPECT_EQ(Text(first),
            "ssrc: 4660\n"
            "encoding: \"PCMU\"\n"
            "packets: 13\n"
            "payload_bytes: 2080\n"
            "lost: 2\n"
            "reordered: 1\n"
            "rtcp_packets: 2\n"
            "reported_packets: 777\n"
            "reported_lost: 5\n"
            "left: true\n");
  v1::Rtp second = c.Events()[1].rtp();
  second.clear_jitter_ns();
  EXPECT_EQ(Text(second),
            "ssrc: 22136\n"
            "payload_type: 8\n"
            "encoding: \"PCMA\"\n"
            "from_responder: true\n"
            "packets: 10\n"
            "payload_bytes: 1600\n"
            "rtcp_packets: 1\n"
            "reported_packets: 777\n"
            "reported_lost: 5\n");
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(RtpTest, RtcpOnItsOwnPortIsKnownAtOnce) {
  Conversation c(kUdp, 20001, 30001);
  c.Client(Report(1, 2));
  EXPECT_EQ(c.told().protocol, Protocol::kRtcp);
  c.Server(FromHex("80c9000100000002")).End();
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].rtp().rtcp_packets(), 1u);
  EXPECT_EQ(c.Events()[0].rtp().packets(), 0u);
}

TEST(RtpTest, ChanceIsNotClaimed) {
  // What begins like RTP and does not go on; the last is followed by DNS.
  Conversation c(kUdp, 9999);
  for (uint32_t i = 0; i < 10; ++i) {
    c.Client(Rtp(7, 0x1234 + i));
  }
  EXPECT_EQ(c.told().protocol, Protocol::kUnknown);
  EXPECT_TRUE(c.wants());
  Conversation same(kUdp, 9999);
  for (int i = 0; i < 20; ++i) same.Client(Rtp(7));
  EXPECT_EQ(same.told().protocol, Protocol::kUnknown);
  Conversation jumps(kUdp, 9999);
  for (int i = 0; i < 20; ++i) {
    jumps.Client(Rtp(static_cast<uint16_t>(i * 5000)));
  }
  EXPECT_EQ(jumps.told().protocol, Protocol::kUnknown);
  for (Conversation* each : {&c, &same, &jumps}) {
    each->End();
    EXPECT_THAT(each->Events(), IsEmpty());
    EXPECT_THAT(each->told().anomalies, IsEmpty());
  }
}

TEST(RtpTest, WhatTurnsOutToBeSomethingElseIsAskedAboutAnew) {
  Conversation c(kUdp, 9999);
  c.Client(Rtp(1)).Client(Rtp(2)).Client(DnsQuery(1, "a.b", 1));
  EXPECT_EQ(c.told().protocol, Protocol::kDns);
  EXPECT_THAT(c.told().dns_messages, SizeIs(1));
  EXPECT_THAT(c.told().earlier, IsEmpty());
  Conversation port(kUdp, 53);
  port.Client(Rtp(1));
  EXPECT_EQ(port.told().protocol, Protocol::kDns);
  Conversation never(kUdp, 9999);
  never.Client(Rtp(1));
  for (int i = 0; i < 8; ++i) never.Client("nothing known");
  EXPECT_FALSE(never.wants());
}

TEST(RtpTest, OtherPacketsOfACallArePassedOver) {
  Conversation c(kUdp, 20000, 30000);
  for (uint16_t i = 0; i < 4; ++i) c.Client(Rtp(i));
  // STUN, DTLS, a keep-alive, encrypted RTCP.
  c.Client(FromHex("000100002112a442") + std::string(12, 'x'));
  c.Client(FromHex("16fefd")).Client("x");
  c.Client(FromHex("80c80006") + std::string(38, 'x')).Client(Rtp(4)).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].rtp().packets(), 5u);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
  EXPECT_EQ(c.told().protocol, Protocol::kRtp);
}

TEST(RtpTest, SourcesAreBounded) {
  Conversation c(kUdp, 20000, 30000);
  for (uint16_t i = 0; i < 4; ++i) c.Client(Rtp(i));
  for (uint32_t i = 0; i < 100; ++i) c.Client(Rtp(1, i));
  c.End();
  EXPECT_THAT(c.Events(), SizeIs(8));
  EXPECT_THAT(c.told().anomalies, ElementsAre("rtp.too_many_sources"));
  EXPECT_LT(c.peak_memory(), 4096u);
}

TEST(RtpTest, EveryTruncationAndEachRuleBrokenIsNotTried) {
  const std::string packet = FromHex("b2600001000000010000123400000000") +
                             FromHex("00000000 bede0001 00000000") + "xy" +
                             FromHex("000003");
  // Two sources, an extension, two bytes, three of padding.
  EXPECT_EQ(ProbeDatagram(rtp::Unit(), packet), Match::kTry);
  for (size_t size = 0; size < packet.size() - 4; ++size) {
    const Match match = ProbeDatagram(rtp::Unit(), packet.substr(0, size));
    EXPECT_EQ(match, Match::kNo) << size;
  }
  const auto with = [&packet](size_t at, char byte) {
    std::string text = packet;
    text[at] = byte;
    return ProbeDatagram(rtp::Unit(), text);
  };
  EXPECT_EQ(with(0, '\x72'), Match::kNo);   // version 1
  EXPECT_EQ(with(0, '\xbf'), Match::kNo);   // fifteen sources
  EXPECT_EQ(with(1, '\x48'), Match::kNo);   // type 72
  EXPECT_EQ(with(1, '\x32'), Match::kNo);   // type 50
  EXPECT_EQ(with(23, '\x09'), Match::kNo);  // a longer extension
  EXPECT_EQ(with(32, '\x40'), Match::kNo);  // more padding
  EXPECT_EQ(with(32, '\x00'), Match::kNo);  // none
  std::string report = Report(1, 2);
  EXPECT_EQ(ProbeDatagram(rtp::Unit(), report), Match::kYes);
  for (size_t size = 0; size < report.size(); ++size) {
    // What is left may be a report alone.
    EXPECT_EQ(ProbeDatagram(rtp::Unit(), report.substr(0, size)),
              size == 52 ? Match::kYes : Match::kNo)
        << size;
  }
}

}  // namespace
}  // namespace tapline::testing
