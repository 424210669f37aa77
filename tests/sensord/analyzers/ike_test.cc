#include "sensord/analyzers/ike.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/conversation.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kUdp = Conversation::kUdp;

const std::string kInitiator = Hex("0102030405060708");
const std::string kResponder = Hex("1112131415161718");
const std::string kNobody(8, '\0');
// RFC 3947.
const std::string kNatTraversal = Hex("4a131c81070358455c5728f20e95452f");

std::string Message(const std::string& responder, const char* rest,
                    const std::string& payloads) {
  const std::string head = kInitiator + responder + Hex(rest);
  return head + Big32(head.size() + 4 + payloads.size()) + payloads;
}

std::string Payload(uint8_t next, const std::string& body) {
  return Big8(next) + Hex("00") + Big16(4 + body.size()) + body;
}

// RFC 7296 3.3: one proposal of AES-CBC 256, PRF SHA-256, HMAC SHA-256-128,
// group 14, and behind them a second cipher.
const std::string kProposal2 =
    Hex("00 00 0034 01 01 00 05"
        "03 00 000c 01 00 000c 800e 0100"
        "03 00 0008 02 00 0005"
        "03 00 0008 03 00 000c"
        "03 00 0008 04 00 000e"
        "00 00 0008 01 00 0003");

std::string Init(const std::string& more = std::string(), uint8_t next = 0) {
  return Message(kNobody, "21 20 22 08 00000000",
                 Payload(next, kProposal2) + more);
}

std::string InitAnswer() {
  return Message(kResponder, "21 20 22 20 00000000",
                 Payload(41, kProposal2) + Payload(0, Hex("00 00 4004") + "h"));
}

TEST(IkeTest, AnInitOfVersion2IsToldWithWhatWasChosen) {
  Conversation c(kUdp, 500, 500);
  c.Client(Init(Payload(0, Hex("00 00 4004") + "h"), 41)).Server(InitAnswer());
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "ike { version: \"2.0\" exchange: \"sa_init\" "
            "initiator_spi: \"0102030405060708\" "
            "responder_spi: \"1112131415161718\" answered: true "
            "rtt_ns: 1000000 encryption: \"12/256\" integrity: 12 prf: 5 "
            "dh_group: 14 nat_traversal: true }");
  EXPECT_EQ(c.told().protocol, Protocol::kIke);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(IkeTest, ARefusalIsToldWithItsNumber) {
  Conversation c(kUdp, 500, 500);
  c.Client(Init());
  c.Server(
      Message(kNobody, "29 20 22 20 00000000", Payload(0, Hex("00 00 000e"))));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ike().error(), 14u);
  EXPECT_EQ(c.Events()[0].ike().encryption(), "12/256");
}

// RFC 2409: 3DES, SHA, shared key, group 2, a lifetime of four bytes.
std::string MainMode(const std::string& responder) {
  const std::string attributes =
      Hex("8001 0005 8002 0002 8003 0001 8004 0002 000c 0004 00015180");
  const std::string transform = Hex("00 00") + Big16(8 + attributes.size()) +
                                Hex("01 01 0000") + attributes;
  const std::string proposal = Hex("00 00") + Big16(8 + transform.size()) +
                               Hex("01 01 00 01") + transform;
  return Message(responder, "01 10 02 00 00000000",
                 Payload(13, Hex("00000001 00000001") + proposal) +
                     Payload(0, kNatTraversal));
}

TEST(IkeTest, MainModeOfVersion1) {
  Conversation c(kUdp, 500, 500);
  c.Client(MainMode(kNobody)).Server(MainMode(kResponder));
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Ike ike = c.Events()[0].ike();
  EXPECT_EQ(ike.version(), "1.0");
  EXPECT_EQ(ike.exchange(), "main");
  EXPECT_EQ(ike.encryption(), "5");
  EXPECT_EQ(ike.prf(), 2u);
  EXPECT_EQ(ike.authentication(), 1u);
  EXPECT_EQ(ike.dh_group(), 2u);
  EXPECT_TRUE(ike.nat_traversal());
  EXPECT_THAT(ike.vendor_ids(),
              ElementsAre("4a131c81070358455c5728f20e95452f",
                          "4a131c81070358455c5728f20e95452f"));
}

TEST(IkeTest, NobodyAnswered) {
  Conversation c(kUdp, 500, 500);
  c.Client(Init()).Client(Init()).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_FALSE(c.Events()[0].ike().answered());
  EXPECT_EQ(c.Events()[0].ike().dh_group(), 14u);
}

TEST(IkeTest, BehindTranslationItIsMarkedAndEspFollows) {
  const std::string marker(4, '\0');
  const std::string esp = Hex("c0ffee01 00000001") + std::string(64, 'x');
  Conversation c(kUdp, 4500, 4500);
  c.Client(marker + Init()).Server(marker + InitAnswer());
  EXPECT_EQ(c.told().protocol, Protocol::kIke);
  c.Client(Hex("ff"));
  for (int i = 0; i < 16; ++i) c.Client(esp);
  EXPECT_EQ(c.told().protocol, Protocol::kEsp);
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.Events(), SizeIs(1));
  Conversation esp_first(kUdp, 4500, 4500);
  esp_first.Client(esp);
  EXPECT_EQ(esp_first.told().protocol, Protocol::kEsp);
}

TEST(IkeTest, ItIsKnownByItsFirstMessageOnAnyPort) {
  Conversation c(kUdp, 9999);
  c.Client(Init());
  EXPECT_EQ(c.told().protocol, Protocol::kIke);
  Conversation d(kUdp, 9999);
  d.Client(InitAnswer());
  EXPECT_EQ(d.told().protocol, Protocol::kUnknown);
}

TEST(IkeTest, EachBrokenRuleIsAnAnomaly) {
  const std::string broken[] = {
      Init() + "x",                 // longer than it says
      Init(Hex("00 00 0003"), 41),  // a payload shorter than its head
      Init(Hex("00 00 0009"), 41),  // one that ends behind the message
      Message(kNobody, "21 20 22 08 00000000",
              Payload(0, kProposal2.substr(0, 40))),
  };
  for (const std::string& message : broken) {
    Conversation c(kUdp, 500, 500);
    c.Client(Init()).Client(message);
    EXPECT_THAT(c.told().anomalies, ElementsAre("ike.malformed"));
  }
}

TEST(IkeTest, NoTruncationIsBelieved) {
  const std::string whole = Init();
  for (size_t size = 0; size < whole.size(); ++size) {
    Conversation c(kUdp, 500, 500);
    c.Client(whole.substr(0, size)).End();
    EXPECT_EQ(c.told().basis, ProtocolBasis::kPortHint) << size;
    EXPECT_THAT(c.Events(), IsEmpty());
  }
}

}  // namespace
}  // namespace tapline::testing
