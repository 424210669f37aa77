#include "sensord/analyzers/kerberos.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kerberos_bytes.h"
#include "sensord/analyzers/kerberos_message.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;
constexpr auto kUdp = Conversation::kUdp;
const std::vector<std::string>& FileService() {
  static const std::vector<std::string> kService = {"cifs",
                                                    "files.example.com"};
  return kService;
}

// A logon as clients do it: refused without proof, then granted; then a ticket
// for a service.
void PlayLogon(Conversation& c, bool tcp) {
  const auto frame = [tcp](const std::string& message) {
    return tcp ? KrbFrame(message) : message;
  };
  c.Client(frame(KrbRequest({.nonce = 1, .preauths = {149}})));
  c.Server(frame(KrbError(25)));
  c.Client(frame(KrbRequest({.nonce = 2, .preauths = {2, 149}})));
  c.Server(frame(KrbReply(false, 18, 18, {"krbtgt", "EXAMPLE.COM"})));
  c.Client(frame(KrbRequest(
      {.tgs = true, .nonce = 3, .preauths = {1}, .service = FileService()})));
  c.Server(frame(KrbReply(true, 23, 18, FileService())));
}

TEST(KerberosTest, ALogonAndATicketAreTold) {
  for (const bool tcp : {false, true}) {
    Conversation c(tcp ? kTcp : kUdp, 88);
    PlayLogon(c, tcp);
    EXPECT_EQ(c.told().protocol, Protocol::kKerberos);
    EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
    ASSERT_THAT(c.Events(), SizeIs(3));
    const v1::Kerberos refused = c.Events()[0].kerberos();
    EXPECT_EQ(refused.request_type(), "AS");
    EXPECT_EQ(refused.realm(), "EXAMPLE.COM");
    EXPECT_EQ(refused.client(), "a***");
    EXPECT_EQ(refused.service(), "krbtgt/EXAMPLE.COM");
    EXPECT_THAT(refused.encryption_offered(),
                ElementsAre("aes256-cts-hmac-sha1-96",
                            "aes128-cts-hmac-sha1-96", "rc4-hmac"));
    EXPECT_THAT(refused.preauthentication(), ElementsAre("req-enc-pa-rep"));
    EXPECT_TRUE(refused.answered());
    EXPECT_FALSE(refused.success());
    EXPECT_EQ(refused.error_code(), 25u);
    EXPECT_EQ(refused.error(), "KDC_ERR_PREAUTH_REQUIRED");
    EXPECT_EQ(refused.rtt_ns(), 1000000u);
    // It was only asked for a proof.
    EXPECT_EQ(refused.login(), v1::LOGIN_OUTCOME_UNSPECIFIED);

    const v1::Kerberos granted = c.Events()[1].kerberos();
    EXPECT_TRUE(granted.success());
    EXPECT_EQ(granted.login(), v1::LOGIN_OUTCOME_SUCCEEDED);
    EXPECT_THAT(granted.preauthentication(),
                ElementsAre("enc-timestamp", "req-enc-pa-rep"));
    EXPECT_EQ(granted.ticket_encryption(), "aes256-cts-hmac-sha1-96");
    EXPECT_FALSE(granted.weak_encryption());

    const v1::Kerberos ticket = c.Events()[2].kerberos();
    EXPECT_EQ(ticket.request_type(), "TGS");
    EXPECT_EQ(ticket.login(), v1::LOGIN_OUTCOME_UNSPECIFIED);
    EXPECT_EQ(ticket.service(), "cifs/files.example.com");
    EXPECT_EQ(ticket.client(), "a***");
    EXPECT_EQ(ticket.ticket_encryption(), "rc4-hmac");
    EXPECT_EQ(ticket.reply_encryption(), "aes256-cts-hmac-sha1-96");
    EXPECT_TRUE(ticket.weak_encryption());
  }
}

TEST(KerberosTest, AWrongPasswordIsALoginThatFailed) {
  Conversation c(kUdp, 88);
  c.Client(KrbRequest({.nonce = 1, .preauths = {2}})).Server(KrbError(24));
  c.Client(KrbRequest({.tgs = true, .nonce = 2, .preauths = {1}}));
  c.Server(KrbError(7));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].kerberos().login(), v1::LOGIN_OUTCOME_FAILED);
  EXPECT_EQ(c.Events()[1].kerberos().login(), v1::LOGIN_OUTCOME_UNSPECIFIED);
}

TEST(KerberosTest, HoweverTheStreamIsCutTheSameIsTold) {
  Conversation whole(kTcp, 88);
  PlayLogon(whole, true);
  for (const size_t piece : {1u, 5u, 100u}) {
    Conversation c(kTcp, 88);
    c.InPiecesOf(piece);
    PlayLogon(c, true);
    ASSERT_THAT(c.Events(), SizeIs(3));
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(c.Events()[i].DebugString(), whole.Events()[i].DebugString());
    }
  }
}

TEST(KerberosTest, EveryTruncationIsRefusedAndTellsNothing) {
  for (const std::string& whole :
       {KrbRequest({.preauths = {2}}), KrbError(6),
        KrbReply(true, 18, 18, FileService()), KrbApRequest(18)}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      KerberosMessage message;
      const std::vector<uint8_t> bytes = ByteVector(whole.substr(0, size));
      EXPECT_FALSE(message.Read(bytes, false)) << size;
      message.Read(bytes, true);
      Conversation c(kUdp, 88);
      c.Client(whole.substr(0, size));
      EXPECT_THAT(c.Events(), IsEmpty());
    }
  }
}

TEST(KerberosTest, ARequestWithoutAReplyIsToldAtTheEnd) {
  Conversation c(kUdp, 88);
  const std::string request = KrbRequest({.nonce = 7});
  c.Client(request).Client(request);
  EXPECT_THAT(c.Events(), IsEmpty());
  c.End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_FALSE(c.Events()[0].kerberos().answered());
}

TEST(KerberosTest, AReplyToNothingSeenIsUnmatched) {
  Conversation c(kUdp, 88);
  c.Server(KrbReply(false, 18, 18, {"krbtgt", "EXAMPLE.COM"}));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].kerberos().unmatched());
  EXPECT_EQ(c.Events()[0].kerberos().request_type(), "AS");
}

TEST(KerberosTest, AtMost8RequestsWait) {
  Conversation c(kUdp, 88);
  for (uint32_t i = 1; i <= 20; ++i) c.Client(KrbRequest({.nonce = i}));
  EXPECT_THAT(c.Events(), SizeIs(12));
}

std::string ServiceToldOf(uint64_t type, const std::vector<std::string>& name) {
  Conversation c(kUdp, 88);
  c.Client(KrbRequest({.tgs = true, .service_type = type, .service = name}));
  c.End();
  return c.Events().at(0).kerberos().service();
}

TEST(KerberosTest, AServiceNamedLikeAnAccountIsMaskedWhateverItsType) {
  for (const uint64_t type : {0, 1, 2, 3, 10, 128}) {
    EXPECT_EQ(ServiceToldOf(type, {"svc_sql"}), "s***") << type;
    EXPECT_EQ(ServiceToldOf(type, {"CORP\\alice"}), "C***") << type;
  }
  EXPECT_EQ(ServiceToldOf(2, {"krbtgt"}), "krbtgt");
  EXPECT_EQ(ServiceToldOf(0, {"cifs", "files.example.com"}),
            "cifs/files.example.com");
}

TEST(KerberosTest, ALongTicketIsReadWithoutItsEnd) {
  Conversation c(kTcp, 88);
  std::vector<std::string> service = FileService();
  const std::string reply = KrbReply(true, 18, 18, service);
  c.Client(KrbFrame(KrbRequest({.tgs = true, .service = service})));
  c.Server(Big32(200000));
  c.Server(reply.substr(0, 100));
  c.Server(std::string(199900, 'x'));
  EXPECT_LE(c.peak_memory(), 64u << 10);
  EXPECT_TRUE(c.wants());
}

TEST(KerberosTest, ALengthThatNoMessageHasEndsTheReading) {
  for (const uint32_t size : {0u, 0x80000010u, 0x00200000u}) {
    Conversation c(kTcp, 88);
    c.Client(KrbFrame(KrbRequest({})) + Big32(size));
    EXPECT_FALSE(c.wants());
    EXPECT_THAT(c.told().anomalies, ElementsAre("kerberos.framing"));
    EXPECT_THAT(c.Events(), SizeIs(1));
  }
}

// A request with one of its parts replaced.
std::string With(const std::string& part, const std::string& other) {
  std::string message = KrbRequest({.preauths = {2}});
  const size_t at = message.find(part);
  EXPECT_NE(at, std::string::npos);
  EXPECT_EQ(part.size(), other.size());
  return message.replace(at, part.size(), other);
}

TEST(KerberosTest, EachBrokenRuleIsMalformed) {
  const std::string realm = KrbText("EXAMPLE.COM");
  for (const std::string& message : {
           // The realm is no string; the name has another form; a number is
           // none; the encryption types are no list; the body is missing.
           With(realm, Der(0x04, "EXAMPLE.COM")),
           With(KrbField(0, DerInteger(1)), KrbField(9, DerInteger(1))),
           With(KrbField(7, DerInteger(1)), KrbField(7, Der(0x04, "1"))),
           With(KrbField(5, Der(0x18, "20370913024805Z")),
                KrbField(8, Der(0x18, "20370913024805Z"))),
           Der(0x6a, KrbSequence(KrbField(1, DerInteger(5)) +
                                 KrbField(2, DerInteger(10)) +
                                 KrbField(9, std::string(20, 'x')))),
       }) {
    Conversation c(kUdp, 88);
    c.Client(KrbRequest({})).Client(message);
    EXPECT_THAT(c.told().anomalies, ElementsAre("kerberos.malformed"));
  }
}

TEST(KerberosTest, KerberosIsKnownOnAnyPort) {
  Conversation udp(kUdp, 9999);
  udp.Client(KrbRequest({}));
  EXPECT_EQ(udp.told().protocol, Protocol::kKerberos);
  Conversation tcp(kTcp, 9999);
  tcp.InPiecesOf(1).Client(KrbFrame(KrbRequest({})));
  EXPECT_EQ(tcp.told().protocol, Protocol::kKerberos);
}

TEST(KerberosTest, OtherProtocolsAreNotKerberos) {
  for (const std::string& bytes :
       // LDAP bind, SNMP, a version other than 5, a type other than its tag's.
       {Hex("300c020101600702010304008000"), Hex("302602010104067075626c6963"),
        Hex("6a1c301aa103020104a20302010aa40e300c") + Zeros(12),
        Hex("6a1c301aa103020105a20302010ca40e300c") + Zeros(12),
        std::string("jojojojojojojojojojojojojojojo"), Zeros(40)}) {
    Conversation c(kUdp, 9999);
    c.Client(bytes);
    EXPECT_NE(c.told().protocol, Protocol::kKerberos);
    Conversation t(kTcp, 9999);
    t.Client(Big32(bytes.size()) + bytes);
    EXPECT_NE(t.told().protocol, Protocol::kKerberos);
  }
}

TEST(KerberosTest, NumbersWithoutANameKeepTheirNumber) {
  EXPECT_EQ(EncryptionName(99), "etype 99");
  EXPECT_EQ(KerberosErrorName(99), "error 99");
  EXPECT_EQ(PreauthName(99), "padata 99");
  EXPECT_TRUE(IsWeakEncryption(3));
  EXPECT_FALSE(IsWeakEncryption(19));
}

}  // namespace
}  // namespace tapline::testing
