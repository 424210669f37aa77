// SMB 1: logons, shares, files.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "gss_bytes.h"
#include "smb_bytes.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;

// `security` 7: users, challenges, signatures.
std::string Smb1Negotiated(uint8_t security = 7) {
  return SmbFrame(
      Smb1({.command = 0x72, .response = true},
           Smb1Block(absl::StrCat(Little(1, 2), Little(security, 1), Zeros(31)),
                     "")));
}
// The words and bytes of a logon without extended security.
std::string Smb1Setup(const std::string& user) {
  const std::string words = absl::StrCat(Smb1NoAndX(), Zeros(10), Little(24, 2),
                                         Little(24, 2), Zeros(8));
  // The byte before the text aligns it.
  return Smb1Block(
      words, absl::StrCat(std::string(48, 'p'), Zeros(1), Utf16(user), Zeros(2),
                          Utf16("CORP"), Zeros(2), Utf16("Windows 5.1"),
                          Zeros(2), Utf16("LM"), Zeros(2)));
}

TEST(Smb1Test, ALogonToSmb1IsToldAsDeprecated) {
  Conversation c(kTcp, 139);
  c.Client(Smb1Negotiate()).Server(Smb1Negotiated());
  c.Client(SmbFrame(Smb1({.command = 0x73}, Smb1Setup("bob"))));
  c.Server(SmbFrame(
      Smb1({.command = 0x73, .response = true, .user = 2048},
           Smb1Block(absl::StrCat(Smb1NoAndX(), Little(1, 2)),
                     absl::StrCat(Zeros(1), Utf16("Samba"), Zeros(2))))));
  ASSERT_THAT(c.Events(), SizeIs(2));
  const v1::Smb negotiated = c.Events()[0].smb();
  EXPECT_EQ(negotiated.dialect(), "NT LM 0.12");
  EXPECT_TRUE(negotiated.deprecated());
  EXPECT_TRUE(negotiated.signing_enabled());
  EXPECT_FALSE(negotiated.signing_required());
  EXPECT_THAT(negotiated.dialects_offered(),
              ElementsAre("PC NETWORK PROGRAM 1.0", "NT LM 0.12"));
  const v1::Smb setup = c.Events()[1].smb();
  EXPECT_TRUE(setup.success());
  EXPECT_TRUE(setup.guest());
  EXPECT_EQ(setup.authentication().account(), "b***");
  EXPECT_EQ(setup.authentication().domain(), "CORP");
  EXPECT_EQ(setup.authentication().ntlm_version(), 1u);
  EXPECT_TRUE(setup.authentication().weak());
  EXPECT_FALSE(setup.cleartext_password());
  EXPECT_EQ(setup.client_os(), "Windows 5.1");
  EXPECT_EQ(setup.server_os(), "Samba");
}

TEST(Smb1Test, WithoutChallengesSmb1SendsThePasswordAsItIs) {
  for (const std::string user : {"bob", ""}) {
    Conversation c(kTcp, 139);
    c.Client(Smb1Negotiate()).Server(Smb1Negotiated(1));
    c.Client(SmbFrame(Smb1({.command = 0x73}, Smb1Setup(user))));
    c.Server(SmbFrame(Smb1({.command = 0x73, .response = true, .user = 2048},
                           Smb1Block(Smb1NoAndX() + Zeros(2), Zeros(3)))));
    ASSERT_THAT(c.Events(), SizeIs(2));
    const v1::Smb setup = c.Events()[1].smb();
    EXPECT_EQ(setup.cleartext_password(), user == "bob");
    EXPECT_EQ(setup.login(), user == "bob" ? v1::LOGIN_OUTCOME_SUCCEEDED
                                           : v1::LOGIN_OUTCOME_UNSPECIFIED);
    EXPECT_EQ(setup.authentication().ntlm_version(), user == "bob" ? 0u : 1u);
  }
}

TEST(Smb1Test, ExtendedSecurityOfSmb1IsFollowed) {
  const auto setup = [](const std::string& token) {
    return Smb1Block(absl::StrCat(Smb1NoAndX(), Zeros(10),
                                  Little(token.size(), 2), Zeros(8)),
                     token);
  };
  const auto answer = [](const std::string& token) {
    return Smb1Block(
        absl::StrCat(Smb1NoAndX(), Zeros(2), Little(token.size(), 2)), token);
  };
  Conversation c(kTcp, 445);
  c.Client(Smb1Negotiate()).Server(Smb1Negotiated());
  c.Client(SmbFrame(Smb1({.command = 0x73}, setup(NtlmNegotiateMessage()))));
  c.Server(SmbFrame(Smb1(
      {.command = 0x73, .response = true, .status = kMoreProcessing, .user = 2},
      answer(NtlmChallengeMessage("CORP")))));
  c.Client(
      SmbFrame(Smb1({.command = 0x73, .user = 2},
                    setup(NtlmAuthenticateMessage("CORP", "alice", "PC7")))));
  c.Server(SmbFrame(Smb1(
      {.command = 0x73, .response = true, .status = kLogonFailure, .user = 2},
      Smb1Block("", ""))));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[1].smb().status(), "STATUS_LOGON_FAILURE");
  EXPECT_EQ(c.Events()[1].smb().authentication().account(), "a***");
}

TEST(Smb1Test, AShareAndAFileOfSmb1AreTold) {
  Conversation c(kTcp, 445);
  const std::string path = absl::StrCat(Zeros(1), Utf16("\\\\srv\\pub"),
                                        Zeros(2), "?????", Zeros(1));
  c.Client(SmbFrame(
      Smb1({.command = 0x75, .multiplex = 1},
           Smb1Block(absl::StrCat(Smb1NoAndX(), Zeros(2), Little(1, 2)),
                     Zeros(0) + path))));
  c.Server(SmbFrame(
      Smb1({.command = 0x75, .response = true, .tree = 9, .multiplex = 1},
           Smb1Block(absl::StrCat(Smb1NoAndX(), Zeros(2)),
                     absl::StrCat("A:", Zeros(1))))));
  c.Client(SmbFrame(
      Smb1({.command = 0xa2, .tree = 9, .multiplex = 2},
           Smb1Block(absl::StrCat(Smb1NoAndX(), Zeros(44)),
                     absl::StrCat(Zeros(1), Utf16("\\new.txt"), Zeros(2))))));
  c.Server(SmbFrame(
      Smb1({.command = 0xa2, .response = true, .tree = 9, .multiplex = 2},
           Smb1Block(
               absl::StrCat(Smb1NoAndX(), Zeros(1), Little(77, 2), Little(2, 4),
                            Zeros(44), Little(5, 8), Zeros(4), Zeros(1)),
               ""))));
  c.Client(SmbFrame(Smb1(
      {.command = 0x2e, .multiplex = 3},
      Smb1Block(absl::StrCat(Smb1NoAndX(), Little(77, 2), Zeros(14)), ""))));
  c.Server(SmbFrame(Smb1(
      {.command = 0x2e, .response = true, .multiplex = 3},
      Smb1Block(absl::StrCat(Smb1NoAndX(), Zeros(6), Little(5, 2), Zeros(12)),
                "hello"))));
  c.Client(
      SmbFrame(Smb1({.command = 0x04, .multiplex = 4},
                    Smb1Block(absl::StrCat(Little(77, 2), Zeros(4)), ""))));
  c.Server(SmbFrame(Smb1({.command = 0x04, .response = true, .multiplex = 4},
                         Smb1Block("", ""))));
  EXPECT_THAT(c.told().anomalies, IsEmpty());
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].smb().share(), "\\\\\\\\srv\\\\pub");
  EXPECT_EQ(c.Events()[0].smb().share_type(), "disk");
  const v1::Smb file = c.Events()[1].smb();
  EXPECT_EQ(file.file(), "\\\\new.txt");
  EXPECT_EQ(file.disposition(), "created");
  EXPECT_EQ(file.bytes_read(), 5u);
  EXPECT_EQ(file.file_bytes(), 5u);
}

TEST(Smb1Test, AChainOfSmb1ThatGoesBackIsMalformed) {
  Conversation c(kTcp, 445);
  c.Client(SmbFrame(Smb1({.command = 0x74}, Smb1Block(Hex("74002000"), ""))));
  EXPECT_THAT(c.told().anomalies, ElementsAre("smb.malformed"));
}

TEST(Smb1Test, WhatSmb1BreaksIsMalformed) {
  for (const std::string& blocks :
       {std::string("\x40"), Smb1Block(Zeros(2), "") + "",
        absl::StrCat(Zeros(1), Little(500, 2), "short")}) {
    Conversation c(kTcp, 445);
    c.Client(SmbFrame(Smb1({.command = 0x73}, blocks)));
    EXPECT_THAT(c.told().anomalies, ElementsAre("smb.malformed"));
  }
}

TEST(Smb1Test, AnErrorOfDosTimesIsNamedByClassAndCode) {
  Conversation c(kTcp, 139);
  c.Client(
      SmbFrame(Smb1({.command = 0x06, .flags2 = 0},
                    Smb1Block(Zeros(2), absl::StrCat("\4old.txt", Zeros(1))))));
  c.Server(SmbFrame(Smb1(
      {.command = 0x06, .response = true, .status = 0x00050001, .flags2 = 0},
      Smb1Block("", ""))));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].smb().status(), "dos_1_5");
  EXPECT_EQ(c.Events()[0].smb().file(), "old.txt");
}

}  // namespace
}  // namespace tapline::testing
