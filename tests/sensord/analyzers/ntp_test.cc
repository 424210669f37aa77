#include "sensord/analyzers/ntp.h"

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
// The conversation's clock begins at 1700000000 (UNIX) and 1 ms.
constexpr uint64_t kNow = 1700000000 + 2208988800;

std::string Request(uint64_t transmit, uint8_t flags = 0x23) {
  return Big8(flags) + Hex("00 06 ec") + std::string(36, '\0') +
         Big(transmit, 8);
}

std::string Answer(uint64_t origin, uint8_t flags = 0x24, uint8_t stratum = 2,
                   const std::string& id = Hex("c0000201")) {
  return Big8(flags) + Big8(stratum) + Hex("06 ec 00000100 00000200") + id +
         Big(kNow - 60, 4) + Big32(0) + Big(origin, 8) + Big(kNow, 4) +
         Big32(0) + Big(kNow, 4) + Big32(0x80000000);
}

TEST(NtpTest, AnExchangeIsToldWithWhatTheServerSays) {
  Conversation c(kUdp, 123);
  c.Client(Request(42));
  EXPECT_THAT(c.Events(), IsEmpty());
  c.Server(Answer(42));
  ASSERT_THAT(c.Events(), SizeIs(1));
  v1::Ntp ntp = c.Events()[0].ntp();
  EXPECT_NEAR(ntp.offset_seconds(), 0.498, 1e-6);
  ntp.clear_offset_seconds();
  EXPECT_EQ(ntp.ShortDebugString(),
            "version: 4 mode: \"client\" answered: true stratum: 2 "
            "reference_id: \"192.0.2.1\" rtt_ns: 1000000");
  EXPECT_EQ(c.told().protocol, Protocol::kNtp);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(NtpTest, ItIsToldAgainOnlyWhenTheServerSaysSomethingElse) {
  Conversation c(kUdp, 123);
  for (uint64_t i = 1; i < 9; ++i) c.Client(Request(i)).Server(Answer(i));
  c.Client(Request(9)).Server(Answer(9, 0x24, 3));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[1].ntp().stratum(), 3u);
}

TEST(NtpTest, APrimaryServerAndAKissOfDeathSayItInLetters) {
  Conversation c(kUdp, 123);
  c.Client(Request(1)).Server(Answer(1, 0x24, 1, Hex("47505300")));
  c.Client(Request(2)).Server(Answer(2, 0xe4, 0, "RATE"));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].ntp().reference_id(), "GPS");
  EXPECT_EQ(c.Events()[1].ntp().kiss_code(), "RATE");
  EXPECT_EQ(c.Events()[1].ntp().leap(), 3u);
}

TEST(NtpTest, AnAnswerWithAnotherOriginIsNoneAndAnAnomaly) {
  Conversation c(kUdp, 123);
  c.Client(Request(42)).Server(Answer(43));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ntp().mode(), "server");
  EXPECT_FALSE(c.Events()[0].ntp().answered());
  EXPECT_THAT(c.told().anomalies, ElementsAre("ntp.origin_mismatch"));
}

TEST(NtpTest, NobodyAnswered) {
  Conversation c(kUdp, 123);
  c.Client(Request(42)).Client(Request(43)).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ntp().ShortDebugString(),
            "version: 4 mode: \"client\"");
}

TEST(NtpTest, MonlistIsMarkedWhenAskedFor) {
  Conversation c(kUdp, 123);
  c.Client(Hex("17 00 03 2a 00000000"));
  EXPECT_THAT(c.told().anomalies, ElementsAre("ntp.monlist"));
  c.Server(Hex("d7 00 03 2a 0006 0048") + std::string(432, 'x'));
  c.Server(Hex("d7 01 03 2a 0006 0048") + std::string(432, 'x'));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ntp().ShortDebugString(),
            "version: 2 mode: \"private\" answered: true operation: 42 "
            "monlist: true");
}

TEST(NtpTest, AControlQueryIsToldWithItsOperation) {
  Conversation c(kUdp, 123);
  c.Client(Hex("16 02 0001 0000 0000 0000 0000")).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ntp().ShortDebugString(),
            "version: 2 mode: \"control\" operation: 2");
}

TEST(NtpTest, NetworkTimeSecurityIsSeen) {
  Conversation c(kUdp, 123);
  const std::string extensions = Hex("0104 0008 01020304");
  c.Client(Request(1) + extensions).Server(Answer(1) + extensions);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].ntp().nts());
  EXPECT_TRUE(c.Events()[0].ntp().authenticated());
}

TEST(NtpTest, ItIsKnownByItsTimesOnAnyPort) {
  for (const std::string& message : {Request(1), Answer(1)}) {
    Conversation c(kUdp, 9999);
    c.Client(message);
    EXPECT_EQ(c.told().protocol, Protocol::kNtp);
  }
  // Nothing but a first byte, or times that nobody would set.
  std::string unset = Answer(1);
  unset.replace(32, 8, 8, '\1');
  for (const std::string& message : {Request(0), unset}) {
    Conversation c(kUdp, 9999);
    c.Client(message);
    EXPECT_EQ(c.told().protocol, Protocol::kUnknown);
    Conversation d(kUdp, 123);
    d.Client(message);
    EXPECT_EQ(d.told().protocol, Protocol::kNtp);
  }
}

TEST(NtpTest, EveryTruncationOfAnAnswerTellsNothing) {
  const std::string whole = Answer(42);
  for (size_t size = 0; size < whole.size(); ++size) {
    Conversation c(kUdp, 123);
    c.Client(Request(42)).Server(whole.substr(0, size));
    EXPECT_THAT(c.Events(), IsEmpty()) << size;
    EXPECT_THAT(c.told().anomalies, ElementsAre("ntp.malformed"));
  }
}

TEST(NtpTest, EachBrokenRuleEndsTheReadingOfTheMessage) {
  const std::string broken[] = {
      Answer(1, 0x04),              // version 0
      Answer(1, 0x2c),              // version 5
      Answer(1, 0x20),              // mode 0
      Answer(1, 0x24, 17),          // stratum
      Hex("16 02 0001"),            // control without a whole header
      Hex("17 00 04 2a 00000000"),  // implementation
  };
  for (const std::string& message : broken) {
    Conversation c(kUdp, 123);
    c.Client(Request(1)).Server(message);
    EXPECT_THAT(c.Events(), IsEmpty());
    EXPECT_THAT(c.told().anomalies, ElementsAre("ntp.malformed"));
  }
}

}  // namespace
}  // namespace tapline::testing
