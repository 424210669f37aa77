#include "sensord/analyzers/gss_session.h"

#include <gtest/gtest.h>

#include <string>

#include "gss_bytes.h"
#include "kerberos_bytes.h"
#include "sensord/event/fields/smb.h"
#include "tests/support/flow_listener.h"

namespace tapline::testing {
namespace {

bool Give(GssSession& session, const std::string& token, bool cut = false) {
  return session.OnToken(ByteVector(token), cut);
}

v1::Authentication Told(const GssSession& session) {
  FlowListener listener;
  {
    EventWriter event = listener.NewEvent(fields::smb::kEvent);
    session.Tell(event, fields::smb::kAuthentication);
  }
  return listener.Events()[0].smb().authentication();
}

TEST(GssSessionTest, NtlmInsideSpnegoIsFollowedToItsEnd) {
  GssSession session;
  EXPECT_TRUE(session.empty());
  EXPECT_TRUE(Give(session, SpnegoInit(NtlmNegotiateMessage())));
  EXPECT_TRUE(Give(session, SpnegoResponse(NtlmChallengeMessage("CORP"))));
  EXPECT_TRUE(Give(session, SpnegoResponse(NtlmAuthenticateMessage(
                                "CORP", "alice", "PC7"))));
  const v1::Authentication told = Told(session);
  EXPECT_EQ(told.mechanism(), "ntlm");
  ASSERT_EQ(told.offered_size(), 2);
  EXPECT_EQ(told.offered(0), "kerberos");
  EXPECT_EQ(told.offered(1), "ntlm");
  EXPECT_EQ(told.account(), "a***");
  EXPECT_EQ(told.domain(), "CORP");
  EXPECT_EQ(told.workstation(), "PC7");
  EXPECT_EQ(told.server_domain(), "CORP");
  EXPECT_EQ(told.ntlm_version(), 2u);
  EXPECT_FALSE(told.weak());
}

TEST(GssSessionTest, ATicketTellsItsServiceAndEncryption) {
  for (const bool wrapped : {false, true}) {
    GssSession session;
    const std::string inner =
        Der(0x60, absl::StrCat(OidKerberos(), Hex("0100"), KrbApRequest(23)));
    EXPECT_TRUE(Give(session, wrapped ? SpnegoInit(inner) : inner));
    const v1::Authentication told = Told(session);
    EXPECT_EQ(told.mechanism(), "kerberos");
    EXPECT_EQ(told.realm(), "EXAMPLE.COM");
    EXPECT_EQ(told.service(), "cifs/files.example.com");
    EXPECT_EQ(told.ticket_encryption(), "rc4-hmac");
    EXPECT_TRUE(told.weak());
  }
}

TEST(GssSessionTest, TokensInsideTokensEndSomewhere) {
  std::string token = KrbApRequest(18);
  const auto wrap = [&token] {
    token = Der(0x60, absl::StrCat(OidKerberos(), Hex("0100"), token));
  };
  wrap();
  wrap();
  GssSession twice;
  EXPECT_TRUE(Give(twice, token));
  EXPECT_EQ(Told(twice).service(), "cifs/files.example.com");
  while (token.size() < 0xff00) wrap();
  GssSession thousands;
  EXPECT_FALSE(Give(thousands, token));
  EXPECT_TRUE(thousands.empty());
}

TEST(GssSessionTest, ATicketWhoseEndIsMissingStillTells) {
  const std::string whole = SpnegoInit(
      Der(0x60, absl::StrCat(OidKerberos(), Hex("0100"), KrbApRequest(18))));
  GssSession session;
  EXPECT_TRUE(Give(session, whole.substr(0, whole.size() - 250), true));
  EXPECT_EQ(Told(session).ticket_encryption(), "aes256-cts-hmac-sha1-96");
  EXPECT_FALSE(Told(session).weak());
}

TEST(GssSessionTest, EveryTruncationIsReadOrRefused) {
  for (const std::string& whole :
       {SpnegoInit(NtlmAuthenticateMessage("D", "u", "w")),
        SpnegoInit(Der(0x60, absl::StrCat(OidKerberos(), Hex("0100"),
                                          KrbApRequest(18))))}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      GssSession exact;
      EXPECT_FALSE(Give(exact, whole.substr(0, size))) << size;
      GssSession cut;
      Give(cut, whole.substr(0, size), true);
    }
  }
}

TEST(GssSessionTest, WhatIsNothingKnownIsRefused) {
  for (const std::string& token :
       {std::string(), std::string("hello"), Hex("6000"), Hex("a000"),
        Der(0x60, Hex("0601")), SpnegoInit("x")}) {
    GssSession session;
    EXPECT_FALSE(Give(session, token));
  }
}

TEST(GssSessionTest, NegotiationInsideItselfIsNotFollowed) {
  GssSession session;
  EXPECT_FALSE(Give(session, SpnegoInit(SpnegoInit(SpnegoInit("x")))));
}

}  // namespace
}  // namespace tapline::testing
