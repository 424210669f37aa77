#include "sensord/analyzers/ldap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gss_bytes.h"
#include "sensord/analyzers/ldap_message.h"
#include "tests/support/conversation.h"
#include "tests/support/der_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;
constexpr auto kUdp = Conversation::kUdp;
constexpr uint32_t kSasl = 0xa3;
constexpr uint32_t kSimple = 0x80;

std::string Message(uint64_t id, uint32_t tag, const std::string& contents) {
  return Der(0x30, DerInteger(id) + Der(tag, contents));
}
std::string Bind(uint64_t id, const std::string& name, uint32_t choice,
                 const std::string& value) {
  return Message(id, 0x60,
                 absl::StrCat(DerInteger(3), Der(4, name), Der(choice, value)));
}
std::string SaslBind(uint64_t id, const std::string& mechanism,
                     const std::string& token) {
  return Bind(id, "", kSasl, Der(4, mechanism) + Der(4, token));
}
std::string Result(uint64_t id, uint32_t tag, uint32_t code,
                   const std::string& diagnostic = {},
                   const std::string& more = {}) {
  return Message(id, tag,
                 absl::StrCat(DerInteger(code, 0x0a), Der(4, ""),
                              Der(4, diagnostic), more));
}
std::string Search(uint64_t id, const std::string& base, uint64_t scope,
                   const std::string& filter = {}) {
  return Message(
      id, 0x63,
      absl::StrCat(Der(4, base), DerInteger(scope, 0x0a), DerInteger(0, 0x0a),
                   DerInteger(0), DerInteger(0), Hex("010100"),
                   filter.empty() ? Der(0x87, "objectClass") : filter,
                   Der(0x30, "")));
}
std::string Entry(uint64_t id) {
  return Message(id, 0x64,
                 Der(4, "cn=somebody,dc=example,dc=com") + Der(0x30, ""));
}

TEST(LdapTest, ABindASearchAndAChangeAreTold) {
  for (const size_t piece : {0u, 1u, 9u}) {
    Conversation c(kTcp, 389);
    c.InPiecesOf(piece);
    c.Client(
        Bind(1, "cn=alice,ou=people,dc=example,dc=com", kSimple, "secret"));
    c.Server(Result(1, 0x61, 0));
    c.Client(Search(2, "ou=people,DC=example, DC=com", 2));
    c.Server(Entry(2) + Entry(2) + Result(2, 0x65, 0));
    c.Client(Message(3, 0x4a, "cn=bob,dc=example,dc=com"));
    c.Server(Result(3, 0x6b, 50));
    c.Client(Message(4, 0x42, ""));
    EXPECT_EQ(c.told().protocol, Protocol::kLdap);
    EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
    ASSERT_THAT(c.Events(), SizeIs(3)) << piece;
    const v1::Ldap bind = c.Events()[0].ldap();
    EXPECT_EQ(bind.operation(), "bind");
    EXPECT_EQ(bind.version(), 3u);
    EXPECT_EQ(bind.bind_method(), "simple");
    EXPECT_TRUE(bind.cleartext_password());
    EXPECT_EQ(bind.account(), "a***");
    EXPECT_EQ(bind.domain(), "example.com");
    EXPECT_EQ(bind.result(), "success");
    EXPECT_EQ(bind.login(), v1::LOGIN_OUTCOME_SUCCEEDED);
    EXPECT_TRUE(bind.success());
    const v1::Ldap search = c.Events()[1].ldap();
    EXPECT_EQ(search.operation(), "search");
    EXPECT_EQ(search.scope(), "subtree");
    EXPECT_EQ(search.domain(), "example.com");
    EXPECT_EQ(search.entries(), 2u);
    const v1::Ldap removal = c.Events()[2].ldap();
    EXPECT_EQ(removal.operation(), "delete");
    EXPECT_EQ(removal.result_code(), 50u);
    EXPECT_EQ(removal.result(), "insufficientAccessRights");
    EXPECT_FALSE(removal.success());
    EXPECT_EQ(removal.rtt_ns(), 1000000u);
  }
}

TEST(LdapTest, ARefusedBindTellsWhyActiveDirectoryRefused) {
  Conversation c(kTcp, 389);
  c.Client(Bind(1, "CORP\\alice", kSimple, "wrong"));
  c.Server(Result(1, 0x61, 49,
                  "80090308: LdapErr: DSID-0C090447, comment: "
                  "AcceptSecurityContext error, data 775, v3839"));
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Ldap bind = c.Events()[0].ldap();
  EXPECT_EQ(bind.domain(), "CORP");
  EXPECT_EQ(bind.result(), "invalidCredentials");
  EXPECT_EQ(bind.reason(), "account_locked");
  EXPECT_EQ(bind.login(), v1::LOGIN_OUTCOME_FAILED);
}

TEST(LdapTest, BindsWithoutAPasswordAreNamedByTheirKind) {
  Conversation c(kTcp, 389);
  c.Client(Bind(1, "", kSimple, "")).Server(Result(1, 0x61, 0));
  c.Client(Bind(2, "bob@example.org", kSimple, "")).Server(Result(2, 0x61, 0));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].ldap().bind_method(), "anonymous");
  EXPECT_EQ(c.Events()[0].ldap().login(), v1::LOGIN_OUTCOME_UNSPECIFIED);
  EXPECT_EQ(c.Events()[0].ldap().account(), "");
  EXPECT_EQ(c.Events()[1].ldap().bind_method(), "unauthenticated");
  EXPECT_EQ(c.Events()[1].ldap().account(), "b***");
  EXPECT_EQ(c.Events()[1].ldap().domain(), "example.org");
  EXPECT_FALSE(c.Events()[1].ldap().cleartext_password());
}

TEST(LdapTest, APlainBindOfSaslShowsThePassword) {
  Conversation c(kTcp, 389);
  c.Client(SaslBind(1, "PLAIN", "token")).Server(Result(1, 0x61, 49));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].ldap().cleartext_password());
  EXPECT_EQ(c.Events()[0].ldap().login(), v1::LOGIN_OUTCOME_FAILED);
}

// Rounds of NTLM in SASL, up to the server's word.
void PlaySaslBind(Conversation& c, uint32_t result) {
  c.Client(SaslBind(1, "GSS-SPNEGO", SpnegoInit(NtlmNegotiateMessage())));
  c.Server(Result(1, 0x61, 14, "",
                  Der(0x87, SpnegoResponse(NtlmChallengeMessage("CORP")))));
  EXPECT_THAT(c.Events(), IsEmpty());
  c.Client(SaslBind(
      2, "GSS-SPNEGO",
      SpnegoResponse(NtlmAuthenticateMessage("CORP", "alice", "PC7"))));
  c.Server(Result(2, 0x61, result));
}

TEST(LdapTest, RoundsOfSaslAreOneBind) {
  Conversation c(kTcp, 389);
  PlaySaslBind(c, 0);
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Ldap bind = c.Events()[0].ldap();
  EXPECT_EQ(bind.bind_method(), "sasl");
  EXPECT_EQ(bind.mechanism(), "GSS-SPNEGO");
  EXPECT_EQ(bind.authentication().mechanism(), "ntlm");
  EXPECT_EQ(bind.authentication().account(), "a***");
  EXPECT_EQ(bind.authentication().domain(), "CORP");
  EXPECT_EQ(bind.login(), v1::LOGIN_OUTCOME_SUCCEEDED);
  EXPECT_FALSE(bind.cleartext_password());
  EXPECT_TRUE(bind.success());
}

TEST(LdapTest, ASecretInTheMechanismsPlaceIsNotTold) {
  Conversation c(kTcp, 389);
  c.Client(SaslBind(1, "AGFubgBodW50ZXIy", "x"));
  c.Server(Result(1, 0x61, 7));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ldap().mechanism(), "OTHER");
}

std::string Wrapped(const std::string& token) {
  return Big32(token.size()) + token;
}

TEST(LdapTest, SignedMessagesBehindABindAreRead) {
  const std::string signature = Hex("01000000") + std::string(12, 's');
  // RFC 4121 4.2.6.2 without encryption, its checksum rotated to the front.
  const std::string kerberos =
      absl::StrCat(Hex("0504 01ff 000c 000c"), Zeros(8), std::string(12, 'c'));
  for (const std::string& before : {std::string(), signature, kerberos}) {
    Conversation c(kTcp, 389);
    PlaySaslBind(c, 0);
    c.Client(Wrapped(before + Search(3, "dc=a,dc=b", 0)));
    c.Server(Wrapped(before + Entry(3) + Result(3, 0x65, 0)));
    ASSERT_THAT(c.Events(), SizeIs(2));
    EXPECT_EQ(c.Events()[1].ldap().domain(), "a.b");
    EXPECT_EQ(c.Events()[1].ldap().entries(), 1u);
    EXPECT_EQ(c.told().encrypted, -1);
  }
}

TEST(LdapTest, EncryptedMessagesBehindABindEndTheReading) {
  for (const std::string& token :
       {absl::StrCat(Hex("0504 07ff 0000 001c"), Zeros(8),
                     std::string(60, 'e')),
        absl::StrCat(Hex("01000000"), std::string(70, 'e'))}) {
    Conversation c(kTcp, 389);
    PlaySaslBind(c, 0);
    c.Client(Wrapped(token));
    EXPECT_EQ(c.told().encrypted, 1);
    EXPECT_FALSE(c.wants());
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(LdapTest, AfterStartTlsTheFlowIsIdentifiedAnew) {
  Conversation c(kTcp, 389);
  c.Client(Message(1, 0x77, Der(0x80, "1.3.6.1.4.1.1466.20037")));
  c.Server(Result(1, 0x78, 0));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ldap().operation(), "start_tls");
  EXPECT_TRUE(c.Events()[0].ldap().success());
  EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kLdap));
}

TEST(LdapTest, ARefusedStartTlsChangesNothing) {
  Conversation c(kTcp, 389);
  c.Client(Message(1, 0x77, Der(0x80, "1.3.6.1.4.1.1466.20037")));
  c.Server(Result(1, 0x78, 2));
  EXPECT_THAT(c.told().earlier, IsEmpty());
  EXPECT_TRUE(c.wants());
}

TEST(LdapTest, SicilyIsABindInThreeRounds) {
  Conversation c(kTcp, 389);
  const auto answer = [](uint64_t id, const std::string& token) {
    return Message(
        id, 0x61, absl::StrCat(DerInteger(0, 0x0a), Der(4, token), Der(4, "")));
  };
  c.Client(Bind(1, "", 0x89, "")).Server(answer(1, "NTLM"));
  c.Client(Bind(2, "NTLM", 0x8a, NtlmNegotiateMessage()));
  c.Server(answer(2, NtlmChallengeMessage("CORP")));
  c.Client(Bind(3, "", 0x8b, NtlmAuthenticateMessage("CORP", "bob", "PC")));
  c.Server(answer(3, ""));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ldap().bind_method(), "sicily");
  EXPECT_EQ(c.Events()[0].ldap().authentication().account(), "b***");
}

TEST(LdapTest, APingOverUdpTellsTheDomainAskedFor) {
  const auto equals = [](const std::string& name, const std::string& value) {
    return Der(0xa3, Der(4, name) + Der(4, value));
  };
  const std::string filter =
      Der(0xa0, absl::StrCat(equals("DnsDomain", "corp.example.com."),
                             equals("Host", "PC7"), equals("NtVer", "\x16")));
  Conversation c(kUdp, 389);
  c.Client(Search(1, "", 0, filter));
  c.Server(Entry(1));
  c.Server(Result(1, 0x65, 0));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ldap().domain(), "corp.example.com");
  EXPECT_EQ(c.Events()[0].ldap().scope(), "base");
}

TEST(LdapTest, WhatIsNotAnsweredIsToldAtTheEnd) {
  Conversation c(kTcp, 389);
  c.Client(Search(5, "dc=x", 1)).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_FALSE(c.Events()[0].ldap().answered());
  EXPECT_EQ(c.Events()[0].ldap().scope(), "one");
}

TEST(LdapTest, AResultOfNothingSeenIsUnmatched) {
  Conversation c(kTcp, 389);
  c.Midstream().Server(Result(9, 0x67, 0));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].ldap().unmatched());
  EXPECT_EQ(c.Events()[0].ldap().operation(), "modify");
}

TEST(LdapTest, AtMost32OperationsWait) {
  Conversation c(kTcp, 389);
  for (uint64_t id = 1; id <= 100; ++id) c.Client(Search(id, "dc=x", 1));
  EXPECT_THAT(c.Events(), SizeIs(68));
  const size_t peak = c.peak_memory();
  EXPECT_LE(peak, 16u << 10);
  for (uint64_t id = 101; id <= 300; ++id) c.Client(Search(id, "dc=x", 1));
  for (uint64_t id = 269; id <= 300; ++id) c.Server(Result(id, 0x65, 0));
  for (uint64_t id = 1; id <= 32; ++id) c.Client(Search(id, "dc=x", 1));
  EXPECT_EQ(c.peak_memory(), peak);
}

TEST(LdapTest, LargeEntriesAreNotHeld) {
  const std::string entry =
      Message(1, 0x64, Der(4, "cn=x") + Der(0x30, std::string(60000, 'v')));
  Conversation c(kTcp, 389);
  c.Client(Search(1, "dc=x", 1)).InPiecesOf(1000);
  c.Server(entry + entry + Result(1, 0x65, 0));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ldap().entries(), 2u);
  EXPECT_LE(c.peak_memory(), 40u << 10);
}

TEST(LdapTest, EveryTruncationIsRefused) {
  for (const std::string& whole :
       {Bind(1, "cn=a", kSimple, "secret"), SaslBind(1, "GSSAPI", "token"),
        Search(1, "dc=example", 2), Result(1, 0x61, 49, "diagnostic")}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      const std::vector<uint8_t> bytes = ByteVector(whole.substr(0, size));
      LdapMessage message;
      EXPECT_FALSE(message.Read(bytes, false)) << size;
      message.Read(bytes, true);
    }
  }
}

TEST(LdapTest, ManyBrokenMessagesEndAStream) {
  Conversation c(kTcp, 389);
  c.Client(Bind(1, "", kSimple, ""));
  for (int i = 0; i < 16; ++i) c.Client(Message(1, 0x7d, "x"));
  EXPECT_TRUE(c.wants());
  c.Client(Message(1, 0x7d, "x"));
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.told().anomalies, ElementsAre("ldap.malformed"));
  EXPECT_THAT(c.Events(), SizeIs(1));
}

TEST(LdapTest, EachBrokenRuleIsMalformed) {
  for (const std::string& message :
       {Message(1, 0x60, DerInteger(0) + Der(4, "") + Der(0x80, "")),
        Message(1, 0x60, DerInteger(3) + Der(4, "") + Der(0x85, "")),
        Message(1, 0x60, DerInteger(3) + Der(2, "x")),
        Message(1, 0x63, Der(4, "dc=x") + DerInteger(7, 0x0a)),
        Message(1, 0x61, DerInteger(0) + Der(4, "") + Der(4, "")),
        Message(1, 0x7d, "x"), Message(1, 0x77, Der(4, "1.2.3")),
        Der(0x30, DerInteger(0x80000001) + Der(0x42, "")),
        Der(0x30, Der(4, "x"))}) {
    Conversation c(kTcp, 389);
    c.Client(Bind(1, "", kSimple, "")).Client(message);
    EXPECT_THAT(c.told().anomalies, ElementsAre("ldap.malformed"));
    EXPECT_TRUE(c.wants());
  }
  Conversation c(kTcp, 389);
  c.Client(Bind(1, "", kSimple, "")).Client("\x31\x05");
  EXPECT_THAT(c.told().anomalies, ElementsAre("ldap.framing"));
  EXPECT_FALSE(c.wants());
}

TEST(LdapTest, OfANameTheDomainComponentsAreItsDomain) {
  EXPECT_EQ(LdapDomain("cn=a\\,dc=no,DC = x , dc=y"), "x.y");
  EXPECT_EQ(LdapDomain("o=Acme,c=US"), "");
  EXPECT_EQ(LdapDomain(""), "");
  EXPECT_EQ(LdapDomain("dc="), "");
  EXPECT_EQ(LdapDomain("cn=a\\"), "");
}

TEST(LdapTest, LdapIsKnownOnAnyPortByteByByte) {
  Conversation c(kTcp, 9999);
  c.InPiecesOf(1).Client(Bind(1, "cn=a", kSimple, "secret"));
  EXPECT_EQ(c.told().protocol, Protocol::kLdap);
}

TEST(LdapTest, OtherProtocolsAreNotLdap) {
  // SNMP, an X.509 certificate, Kerberos, random.
  for (const std::string& bytes :
       {Hex("302902010104067075626c6963a01c0204000000010201000201003"
            "00e300c06082b060102010101000500"),
        Hex("3082010030810100a003020102020101300d06092a864886f70d"),
        Hex("6a0c300aa103020105a20302010a"), std::string("0\2abcdefghijklmnop"),
        Hex("3003020163") + std::string(20, 'x'), std::string("0123456789")}) {
    for (const auto transport : {kTcp, kUdp}) {
      Conversation c(transport, 9999);
      c.Client(bytes);
      EXPECT_NE(c.told().protocol, Protocol::kLdap);
    }
  }
}

}  // namespace
}  // namespace tapline::testing
