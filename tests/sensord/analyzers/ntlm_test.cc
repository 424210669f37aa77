#include "sensord/analyzers/ntlm.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

// The messages of [MS-NLMP] 4.2.2.3: a challenge of "Server", and the answer
// of "User" of "Domain" at "COMPUTER".
constexpr char kChallenge[] =
    "4e544c4d53535000 02000000 0c000c0038000000 338202e2 0123456789abcdef"
    "0000000000000000 0000000000000000 060070170000000f "
    "530065007200760065007200";
constexpr char kAuthenticate[] =
    "4e544c4d53535000 03000000 180018006c000000 1800180084000000"
    "0c000c0048000000 0800080054000000 100010005c000000 100010009c000000"
    "358280e2 050128 0a0000000f 44006f006d00610069006e00 5500730065007200"
    "43004f004d0050005500540045005200"
    "98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13"
    "67c43011f30298a2ad35ece64f16331c44bdbed927841f94"
    "518822b1b3f350c8958682ecbb3e3cb7";

bool Read(const std::string& bytes, NtlmSession* session) {
  return ReadNtlm(ByteVector(bytes), session);
}

TEST(NtlmTest, ThePublishedChallengeNamesTheServersDomain) {
  NtlmSession session;
  EXPECT_TRUE(Read(Hex(kChallenge), &session));
  EXPECT_EQ(session.step, NtlmSession::kChallenge);
  EXPECT_EQ(session.server_domain, "Server");
  EXPECT_EQ(session.server_version, "6.0.6000");
}

TEST(NtlmTest, ThePublishedAnswerTellsWhoAndNeverWhole) {
  NtlmSession session;
  EXPECT_TRUE(Read(Hex(kAuthenticate), &session));
  EXPECT_EQ(session.step, NtlmSession::kAuthenticate);
  EXPECT_EQ(session.domain, "Domain");
  EXPECT_EQ(session.account, "U***");
  EXPECT_EQ(session.workstation, "COMPUTER");
  EXPECT_EQ(session.client_version, "5.1.2600");
  EXPECT_EQ(session.version, 1);
  EXPECT_FALSE(session.anonymous);
  EXPECT_TRUE(session.sign);
}

TEST(NtlmTest, TheServersNamesInTheTargetInformationComeFirst) {
  const std::string info = Little(2, 2) + Little(4, 2) + Utf16("AD") +
                           Little(1, 2) + Little(4, 2) + Utf16("DC") +
                           Little(3, 2) + Little(10, 2) + Utf16("dc.ad") +
                           Little(0, 4);
  const std::string text = Utf16("AD");
  const auto field = [](size_t size, size_t offset) {
    return Little(size, 2) + Little(size, 2) + Little(offset, 4);
  };
  NtlmSession session;
  EXPECT_TRUE(Read(
      absl::StrCat("NTLMSSP", Zeros(1), Little(2, 4), field(4, 56),
                   Little(0xe2898215, 4), Zeros(16), field(info.size(), 60),
                   Hex("0a0063450000000f"), text, info),
      &session));
  EXPECT_EQ(session.server, "dc.ad");
  EXPECT_EQ(session.server_domain, "AD");
  EXPECT_EQ(session.server_version, "10.0.17763");
}

TEST(NtlmTest, NobodyIsAnonymous) {
  std::string bytes = Hex(kAuthenticate);
  for (size_t at : {20u, 22u, 36u, 38u}) bytes[at] = 0;
  NtlmSession session;
  EXPECT_TRUE(Read(bytes, &session));
  EXPECT_TRUE(session.anonymous);
  EXPECT_EQ(session.account, "");
  EXPECT_EQ(session.version, 0);
}

TEST(NtlmTest, ALongerResponseIsVersion2) {
  std::string bytes = Hex(kAuthenticate);
  bytes[20] = 0x40;
  NtlmSession session;
  EXPECT_TRUE(Read(bytes, &session));
  EXPECT_EQ(session.version, 2);
}

TEST(NtlmTest, ANegotiationBeginsAnew) {
  NtlmSession session;
  Read(Hex(kAuthenticate), &session);
  EXPECT_TRUE(
      Read(absl::StrCat("NTLMSSP", Zeros(1), Little(1, 4), Little(0x31, 4)),
           &session));
  EXPECT_EQ(session.step, NtlmSession::kNegotiate);
  EXPECT_EQ(session.account, "");
  EXPECT_TRUE(session.sign && session.seal);
}

TEST(NtlmTest, PartsOutsideTheMessageAreNotRead) {
  for (const size_t at : {32u, 40u, 48u}) {
    std::string bytes = Hex(kAuthenticate);
    bytes[at + 3] = 1;
    NtlmSession session;
    EXPECT_FALSE(Read(bytes, &session)) << at;
  }
}

TEST(NtlmTest, EveryTruncationIsReadOrRefused) {
  for (const char* hex : {kChallenge, kAuthenticate}) {
    const std::string whole = Hex(hex);
    for (size_t size = 0; size < whole.size(); ++size) {
      NtlmSession session;
      const bool good = Read(whole.substr(0, size), &session);
      EXPECT_FALSE(good && size < 12) << size;
      EXPECT_LE(session.account.size(), 4u);
    }
  }
}

TEST(NtlmTest, AnUnknownMessageTypeIsRefused) {
  NtlmSession session;
  EXPECT_FALSE(Read(absl::StrCat("NTLMSSP", Zeros(1), Little(4, 4)), &session));
  EXPECT_FALSE(Read(absl::StrCat("NTLMSSQ", Zeros(1), Little(1, 4)), &session));
}

}  // namespace
}  // namespace tapline::testing
