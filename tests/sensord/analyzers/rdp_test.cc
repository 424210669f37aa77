#include "sensord/analyzers/rdp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/conversation.h"
#include "tests/support/der_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;
constexpr auto kUdp = Conversation::kUdp;

std::string Tpkt(const std::string& payload) {
  return absl::StrCat(Hex("0300"), Big16(payload.size() + 4), payload);
}
std::string Connection(const std::string& code, const std::string& user_data) {
  return Tpkt(
      absl::StrCat(Big8(6 + user_data.size()), code, Zeros(5), user_data));
}
std::string Negotiation(uint8_t type, uint8_t flags, uint32_t value) {
  return absl::StrCat(Big8(type), Big8(flags), Little16(8), Little32(value));
}
std::string Request(const std::string& cookie, uint32_t protocols) {
  return Connection("\xe0", cookie + Negotiation(1, 0, protocols));
}
std::string Confirm(uint32_t protocol) {
  return Connection("\xd0", Negotiation(2, 0, protocol));
}

// [MS-RDPBCGR] 4.1.1 and 4.1.2: a request with the cookie of user "eltons", and
// the server's answer, both without TLS.
std::string PublishedRequest() {
  return Hex("0300002c 27e00000000000") + "Cookie: mstshash=eltons\r\n" +
         Hex("0100080000000000");
}
std::string PublishedConfirm() {
  return Hex("03000013 0ed00000123400 0200080000000000");
}

// Settings in GCC in MCS, as far as they are looked at.
std::string ClientConnect(const std::string& name) {
  std::string padded = Utf16(name);
  padded.resize(32);
  const std::string core = absl::StrCat(
      Little32(0x00080004), Little16(1280), Little16(1024),
      Little32(0xaa03ca01), Little32(1033), Little32(3790), padded, Zeros(20));
  const std::string blocks =
      absl::StrCat(Little16(0xc004), Little16(12), Zeros(8), Little16(0xc001),
                   Little16(core.size() + 4), core);
  const std::string gcc =
      absl::StrCat(Hex("000500147c0001811c0008001000 01c000"), "Duca",
                   Big16(0x8000 | blocks.size()), blocks);
  return Tpkt(absl::StrCat(
      Hex("02f080"),
      Der(0x7f65,
          absl::StrCat(Der(4, "\1"), Der(4, "\1"), Hex("0101ff"),
                       Der(0x30, DerInteger(34)), Der(0x30, DerInteger(1)),
                       Der(0x30, DerInteger(65535)), Der(4, gcc)))));
}
std::string ServerConnect(uint32_t method, uint32_t level) {
  const std::string blocks = absl::StrCat(
      Little16(0x0c01), Little16(8), Little32(0x00080004), Little16(0x0c02),
      Little16(12), Little32(method), Little32(level));
  const std::string gcc =
      absl::StrCat(Hex("000500147c00012a14760a01010001c000"), "McDn",
                   Big8(blocks.size()), blocks);
  return Tpkt(absl::StrCat(
      Hex("02f080"),
      Der(0x7f66, absl::StrCat(Hex("0a0100"), DerInteger(0),
                               Der(0x30, DerInteger(34)), Der(4, gcc)))));
}

TEST(RdpTest, ThePublishedExchangeIsReadToItsEncryption) {
  for (const size_t piece : {0u, 1u, 10u}) {
    Conversation c(kTcp, 3389);
    c.InPiecesOf(piece);
    c.Client(PublishedRequest()).Server(PublishedConfirm());
    EXPECT_THAT(c.Events(), IsEmpty());
    c.Client(ClientConnect("ELTONS-DEV2")).Server(ServerConnect(2, 2));
    EXPECT_EQ(c.told().protocol, Protocol::kRdp);
    EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
    EXPECT_EQ(c.told().encrypted, 1);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    const v1::Rdp rdp = c.Events()[0].rdp();
    EXPECT_EQ(rdp.user(), "e***");
    EXPECT_THAT(rdp.security_offered(), IsEmpty());
    EXPECT_EQ(rdp.security(), "rdp");
    EXPECT_EQ(rdp.client_version(), "5.0");
    EXPECT_EQ(rdp.client_build(), 3790u);
    EXPECT_EQ(rdp.client_name(), "ELTONS-DEV2");
    EXPECT_EQ(rdp.desktop_width(), 1280u);
    EXPECT_EQ(rdp.desktop_height(), 1024u);
    EXPECT_EQ(rdp.keyboard_layout(), 1033u);
    EXPECT_EQ(rdp.encryption_method(), "128bit");
    EXPECT_EQ(rdp.encryption_level(), "client_compatible");
    EXPECT_FALSE(c.wants());
  }
}

TEST(RdpTest, WithTlsTheFlowIsIdentifiedAnew) {
  Conversation c(kTcp, 3389);
  c.Client(Request("Cookie: mstshash=CORP\\alice\r\n", 0xb));
  c.Server(Confirm(2));
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Rdp rdp = c.Events()[0].rdp();
  EXPECT_EQ(rdp.user(), "a***");
  EXPECT_THAT(rdp.security_offered(),
              ElementsAre("tls", "credssp", "credssp_early"));
  EXPECT_EQ(rdp.security(), "credssp");
  EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kRdp));
  EXPECT_TRUE(c.wants());
}

TEST(RdpTest, ARefusalTellsItsReason) {
  Conversation c(kTcp, 3389);
  c.Client(Request("", 0)).Server(Connection("\xd0", Negotiation(3, 0, 5)));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].rdp().failure(), "HYBRID_REQUIRED_BY_SERVER");
  EXPECT_EQ(c.Events()[0].rdp().security(), "");
  EXPECT_FALSE(c.wants());
}

TEST(RdpTest, WithoutAnAnswerTheRequestIsToldAtTheEnd) {
  Conversation c(kTcp, 3389);
  c.Client(Connection("\xe0", Negotiation(1, 1, 3))).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].rdp().security(), "");
  EXPECT_TRUE(c.Events()[0].rdp().restricted_admin());
}

TEST(RdpTest, WhatIsKnownIsToldAtAGap) {
  Conversation c(kTcp, 3389);
  c.Client(PublishedRequest()).Gap(false, 19);
  EXPECT_FALSE(c.wants());
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].rdp().user(), "e***");
}

TEST(RdpTest, WithoutEncryptionThatIsSaid) {
  Conversation c(kTcp, 3389);
  c.Client(PublishedRequest()).Server(PublishedConfirm());
  c.Client(ClientConnect("pc")).Server(ServerConnect(0, 0));
  EXPECT_EQ(c.told().encrypted, 0);
  EXPECT_EQ(c.Events()[0].rdp().encryption_method(), "none");
}

TEST(RdpTest, AnOldServerAnswersWithoutNegotiation) {
  Conversation c(kTcp, 3389);
  c.Client(PublishedRequest()).Server(Connection("\xd0", "")).End();
  EXPECT_EQ(c.Events()[0].rdp().security(), "rdp");
}

TEST(RdpTest, EveryTruncationIsSurvived) {
  for (const std::string& connect :
       {ClientConnect("ELTONS-DEV2"), ServerConnect(2, 2)}) {
    const std::string payload = connect.substr(4);
    for (size_t size = 1; size < payload.size(); ++size) {
      Conversation c(kTcp, 3389);
      c.Client(PublishedRequest()).Server(PublishedConfirm());
      c.Client(Tpkt(payload.substr(0, size)));
      EXPECT_THAT(c.told().anomalies, ElementsAre("rdp.malformed")) << size;
      EXPECT_THAT(c.Events(), SizeIs(1));
    }
  }
  for (size_t size = 0; size < PublishedRequest().size(); ++size) {
    Conversation c(kTcp, 3389);
    c.Client(PublishedRequest().substr(0, size)).End();
    EXPECT_THAT(c.Events(), IsEmpty());
  }
}

TEST(RdpTest, EachBrokenRuleIsAnAnomaly) {
  Conversation framing(kTcp, 3389);
  framing.Client(PublishedRequest() + "x");
  EXPECT_THAT(framing.told().anomalies, ElementsAre("rdp.framing"));
  Conversation short_tpkt(kTcp, 3389);
  short_tpkt.Client(PublishedRequest() + Hex("03000004"));
  EXPECT_THAT(short_tpkt.told().anomalies, ElementsAre("rdp.framing"));
  for (const std::string& answer :
       {Connection("\xd0", Negotiation(9, 0, 0)), Connection("\xd0", "abc"),
        Tpkt(Hex("0270")), Tpkt(Hex("02f080")),
        Tpkt(Hex("02f080") + Der(0x7f66, "x"))}) {
    Conversation c(kTcp, 3389);
    c.Client(PublishedRequest()).Server(answer);
    EXPECT_THAT(c.told().anomalies, ElementsAre("rdp.malformed"));
    EXPECT_FALSE(c.wants());
  }
}

TEST(RdpTest, RdpIsKnownOnAnyPort) {
  Conversation c(kTcp, 9999);
  c.InPiecesOf(1).Client(PublishedRequest());
  EXPECT_EQ(c.told().protocol, Protocol::kRdp);
}

TEST(RdpTest, ABareConnectionRequestIsRdpOnItsPortAlone) {
  const std::string bare = Connection("\xe0", "");
  Conversation usual(kTcp, 3389);
  usual.Client(bare);
  EXPECT_EQ(usual.told().protocol, Protocol::kRdp);
  Conversation other(kTcp, 9999);
  other.Client(bare);
  EXPECT_NE(other.told().protocol, Protocol::kRdp);
}

TEST(RdpTest, OtherProtocolsAreNotRdp) {
  // S7 over COTP; Q.931 in TPKT; TLS; SMB.
  for (const std::string& bytes :
       {Hex("03000016 11e00000000100 c1020100c2020102c0010a"),
        Hex("0300000b 080200010502"), Hex("1603010005 0100000100"),
        Hex("00000054fe534d4240000000"), std::string("\3\0\0\4", 4)}) {
    Conversation c(kTcp, 9999);
    c.Client(bytes);
    EXPECT_NE(c.told().protocol, Protocol::kRdp);
  }
}

TEST(RdpTest, OverUdpTheFirstDatagramIsKnown) {
  const std::string syn =
      absl::StrCat(Hex("ffffffff 0040 0001 12345678 04d0 04d0"), Zeros(1216));
  Conversation c(kUdp, 3389);
  c.Client(syn);
  EXPECT_EQ(c.told().protocol, Protocol::kRdp);
  EXPECT_FALSE(c.wants());
  for (const std::string& bytes :
       {Hex("ffffffff 0040 0001 12345678 04d0"),
        Hex("ffffffff 0040 0000 12345678 04d0 04d0"),
        Hex("ffffffff 0040 0001 12345678 0000 04d0"),
        Hex("ffffffff 54536f7572636520456e67696e65")}) {
    Conversation other(kUdp, 9999);
    other.Client(bytes);
    EXPECT_NE(other.told().protocol, Protocol::kRdp);
  }
}

}  // namespace
}  // namespace tapline::testing
