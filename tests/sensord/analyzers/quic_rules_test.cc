// Hostile and old packets of QUIC through the whole set.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sensord/analyzers/source_limit.h"
#include "tests/support/conversation.h"
#include "tests/support/quic_builder.h"

namespace tapline::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kUdp = Conversation::kUdp;

TlsBytes HelloMessage() {
  ClientHello hello;
  hello.extensions = {SniExtension({"a.example"})};
  return Message(1, hello.Body());
}

TEST(QuicRulesTest, EveryTruncationIsHarmless) {
  const QuicEnds ends;
  const TlsBytes datagram =
      ClientInitial(ends, 0, CryptoFrame(0, HelloMessage()));
  for (size_t size = 0; size < datagram.size(); ++size) {
    Conversation c(kUdp, 443);
    c.Client(datagram.substr(0, size)).End();
    for (const v1::Event& e : c.Events()) {
      EXPECT_FALSE(e.quic().hello_seen()) << size;
    }
  }
}

TEST(QuicRulesTest, ABadTagIsAnAnomaly) {
  const QuicEnds ends;
  TlsBytes datagram = ClientInitial(ends, 0, CryptoFrame(0, HelloMessage()));
  datagram.back() ^= 1;
  Conversation c(kUdp, 443);
  c.Client(datagram).End();
  EXPECT_THAT(c.told().anomalies, ElementsAre("quic.bad_tag"));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_FALSE(c.Events()[0].quic().hello_seen());
}

TEST(QuicRulesTest, EachBrokenRuleIsAnAnomaly) {
  QuicEnds ends;
  const TlsBytes crypto = CryptoFrame(0, HelloMessage());
  const auto anomalies = [](const TlsBytes& datagram) {
    Conversation c(kUdp, 443);
    c.Client(datagram).End();
    return c.told().anomalies;
  };
  EXPECT_THAT(anomalies(ClientInitial(ends, 0, crypto)), IsEmpty());
  EXPECT_THAT(anomalies(InitialPacket(ends, true, 0, crypto)),
              ElementsAre("quic.small_initial"));
  EXPECT_THAT(anomalies(ClientInitial(ends, 0, crypto + "\x1d")),
              ElementsAre("quic.bad_frame"));
  EXPECT_THAT(anomalies(ClientInitial(ends, 0, TlsBytes("\x06\0\x7f\xff", 4))),
              ElementsAre("quic.bad_frame"));
  EXPECT_THAT(anomalies(ClientInitial(ends, 0, CryptoFrame(65536, "far away"))),
              ElementsAre("quic.crypto_oversize"));
  EXPECT_THAT(anomalies(ClientInitial(
                  ends, 0, CryptoFrame(0, TlsBytes("\1\1\0\0xx", 6)))),
              ElementsAre("quic.crypto_oversize"));
  EXPECT_THAT(anomalies(ClientInitial(
                  ends, 0, CryptoFrame(0, TlsBytes("\x0b\0\0\1x", 5)))),
              ElementsAre("tls.hello_malformed"));
  TlsBytes scattered;
  for (uint64_t i = 0; i < 70; ++i) scattered += CryptoFrame(3 * i + 9, "x");
  EXPECT_THAT(anomalies(ClientInitial(ends, 0, scattered)),
              ElementsAre("quic.crypto_scattered"));
  ends.original = "short";
  EXPECT_THAT(anomalies(ClientInitial(ends, 0, crypto)),
              ElementsAre("quic.short_connection_id"));
  // Shorter than what the mask is taken from.
  EXPECT_THAT(anomalies(LongHead(ends, 0, true) + TlsBytes("\0\x05xxxxx", 7)),
              ElementsAre("quic.bad_header"));
}

TEST(QuicRulesTest, PiecesThatDisagreeMarkTheFlow) {
  const QuicEnds ends;
  const TlsBytes hello = HelloMessage();
  TlsBytes other = hello.substr(10, 30);
  other[5] ^= 1;
  Conversation c(kUdp, 443);
  c.Client(ClientInitial(ends, 0,
                         CryptoFrame(10, hello.substr(10)) +
                             CryptoFrame(10, other) +
                             CryptoFrame(0, hello.substr(0, 12))));
  EXPECT_THAT(c.told().anomalies, ElementsAre("quic.crypto_overlap_diff"));
  EXPECT_TRUE(c.told().ambiguous);
  EXPECT_EQ(c.told().host, "a.example");
}

TEST(QuicRulesTest, WorkAndMemoryOfAFlowAreBounded) {
  QuicEnds ends;
  Conversation c(kUdp, 443);
  // Every datagram a new connection that never gets anywhere.
  for (int i = 0; i < 100; ++i) {
    ends.original = "id" + std::to_string(1000000 + i);
    c.Client(ClientInitial(ends, 0, CryptoFrame(60000, TlsBytes(900, 'x'))));
  }
  EXPECT_LT(c.peak_memory(), 80u << 10);
  c.End();
  EXPECT_THAT(c.Events(), SizeIs(1));
}

TEST(QuicRulesTest, AnUnknownVersionIsLeftAlone) {
  QuicEnds ends;
  ends.version = 0x12345678;
  Conversation c(kUdp, 443);
  c.Client(LongHead(ends, 0, true) + TlsBytes(1200, 'x'));
  EXPECT_EQ(c.told().protocol, Protocol::kQuic);
  EXPECT_NE(c.told().basis, ProtocolBasis::kDecoded);
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.Events(), IsEmpty());
  Conversation elsewhere(kUdp, 9999);
  elsewhere.Client(LongHead(ends, 0, true) + TlsBytes(1200, 'x'));
  EXPECT_EQ(elsewhere.told().protocol, Protocol::kUnknown);
}

TEST(QuicRulesTest, NeighboursAreNotQuic) {
  for (const TlsBytes& bytes :
       {TlsBytes("\x16\xfe\xfd\0\0\0\0\0\0\0\0", 11),
        TlsBytes("\0\1\0\0\x21\x12\xa4\x42", 8), TlsBytes("\x80\x60\0\1", 4),
        TlsBytes("\xc0\0\0\0\1\xff", 6), TlsBytes("\x12\x34\1\0\0\1", 6)}) {
    Conversation c(kUdp, 9999);
    c.Client(bytes + TlsBytes(1300, '\1'));
    EXPECT_NE(c.told().protocol, Protocol::kQuic);
  }
}

// --- Google's versions ------------------------------------------------------

// "CHLO" with SNI and UAID, as QUIC Crypto lays it out.
TlsBytes GoogleChlo() {
  const auto little = [](uint32_t value, size_t bytes) {
    TlsBytes out;
    for (size_t i = 0; i < bytes; ++i) {
      out += static_cast<char>(value >> (8 * i));
    }
    return out;
  };
  const std::string pad(200, '-'), sni = "www.example.com",
                                   agent = "Chrome/1 ann@example.org";
  const auto end1 = static_cast<uint32_t>(pad.size());
  const auto end2 = static_cast<uint32_t>(end1 + sni.size());
  const auto end3 = static_cast<uint32_t>(end2 + agent.size());
  return "CHLO" + little(3, 2) + little(0, 2) + TlsBytes("PAD\0", 4) +
         little(end1, 4) + TlsBytes("SNI\0", 4) + little(end2, 4) + "UAID" +
         little(end3, 4) + pad + sni + agent;
}

TEST(QuicRulesTest, GooglesFirstVersionsSayTheServerInClear) {
  const TlsBytes stream = TlsBytes(12, 'h') + "\xa0\1\4\0" + GoogleChlo();
  for (const TlsBytes& head : {TlsBytes("\x09"
                                        "12345678Q043\1"),
                               TlsBytes("\x0d"
                                        "12345678Q025\1"),
                               TlsBytes("\xc3Q046\x50"
                                        "12345678\0\0\0\1",
                                        18)}) {
    Conversation c(kUdp, 443);
    c.Client(head + stream);
    EXPECT_EQ(c.told().host, "www.example.com");
    c.Server(TlsBytes("\x08"
                      "12345678",
                      9) +
             TlsBytes(90, 'x'));
    c.Client(TlsBytes("\x08"
                      "12345678",
                      9) +
             TlsBytes(90, 'x'))
        .End();
    ASSERT_THAT(c.Events(), SizeIs(1));
    const v1::Quic q = c.Events()[0].quic();
    EXPECT_EQ(q.sni(), "www.example.com");
    EXPECT_EQ(q.user_agent(), "Chrome/1 [redacted:email]");
    EXPECT_EQ(q.version()[0], 'Q');
    EXPECT_EQ(q.original_connection_id(), "3132333435363738");
    EXPECT_EQ(q.state(), v1::QUIC_STATE_CONNECTED);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(QuicRulesTest, GooglesLastVersionHidesTheSameHello) {
  QuicEnds ends;
  ends.version = 0x51303530;
  Conversation c(kUdp, 443);
  c.Client(ClientInitial(ends, 1, CryptoFrame(0, GoogleChlo(), 8))).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].quic().sni(), "www.example.com");
  EXPECT_EQ(c.Events()[0].quic().version(), "Q050");
}

TEST(QuicRulesTest, EveryTruncationOfGooglesHelloIsHarmless) {
  const TlsBytes whole = TlsBytes(
                             "\x09"
                             "12345678Q043\1") +
                         TlsBytes(12, 'h') + "\xa0\1\4\0" + GoogleChlo();
  for (size_t size = 0; size < whole.size(); ++size) {
    Conversation c(kUdp, 443);
    c.Client(whole.substr(0, size)).End();
    for (const v1::Event& e : c.Events()) {
      EXPECT_EQ(e.quic().user_agent(), "");
    }
  }
}

// --- The limit --------------------------------------------------------------

TEST(SourceLimitTest, EachSourceHasItsShareOfASecond) {
  SourceLimit limit(3, 100);
  const IpAddress a = IpAddress::FromV4(0x0a000001);
  const IpAddress b = IpAddress::FromV4(0x0a000002);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.Take(a, 5 * kSecondNanos));
  EXPECT_FALSE(limit.Take(a, 6 * kSecondNanos - 1));
  EXPECT_TRUE(limit.Take(b, 6 * kSecondNanos - 1));
  EXPECT_TRUE(limit.Take(a, 6 * kSecondNanos));
}

TEST(SourceLimitTest, AllTogetherHaveOneToo) {
  SourceLimit limit(100, 5);
  int taken = 0;
  for (uint32_t i = 0; i < 20; ++i) {
    taken += limit.Take(IpAddress::FromV4(i), kSecondNanos) ? 1 : 0;
  }
  EXPECT_EQ(taken, 5);
  EXPECT_TRUE(limit.Take(IpAddress::FromV4(uint32_t{1}), 2 * kSecondNanos));
}

}  // namespace
}  // namespace tapline::testing
