// Handshakes of TLS through the whole set; tls_hello_test.cc has the messages,
// tls_rules_test.cc what breaks their rules.

#include "sensord/analyzers/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/test_certificate.h"
#include "tls_conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kTcp = Conversation::kTcp;

TEST(TlsTest, AHandshakeOfTls13IsOneEventToldOnceItIsOver) {
  for (const size_t piece : {0u, 1u, 2u, 7u, 300u}) {
    Conversation c(kTcp, 443);
    c.InPiecesOf(piece);
    Handshake13(c, BrowserHello("www.Example.com"));
    const v1::Tls t = OnlyTls(c);
    EXPECT_FALSE(c.wants());
    EXPECT_EQ(t.sni(), "www.Example.com");
    EXPECT_EQ(t.ja4(), kBrowserJa4);
    EXPECT_EQ(t.version(), "TLS 1.3");
    EXPECT_THAT(t.versions_offered(), ElementsAre("TLS 1.3", "TLS 1.2"));
    EXPECT_THAT(t.alpn_offered(), ElementsAre("h2", "http/1.1"));
    EXPECT_EQ(t.cipher(), "TLS_AES_128_GCM_SHA256");
    EXPECT_EQ(t.cipher_number(), 0x1301u);
    EXPECT_EQ(t.ciphers_offered(), 15u);
    EXPECT_EQ(t.group(), "x25519");
    EXPECT_TRUE(t.grease());
    EXPECT_FALSE(t.ech());
    EXPECT_FALSE(t.resumed());
    EXPECT_FALSE(t.deprecated_version());
    EXPECT_EQ(t.outcome(), v1::HANDSHAKE_OUTCOME_ESTABLISHED);
    EXPECT_EQ(t.handshake_ns(), 2000000u);
    EXPECT_EQ(t.ja3().size(), 32u);
    EXPECT_EQ(t.ja3s().size(), 32u);
    EXPECT_EQ(t.carries(), "");
    EXPECT_EQ(c.told().host, "www.example.com");
    EXPECT_EQ(c.told().ja4, kBrowserJa4);
    EXPECT_EQ(c.told().protocol, Protocol::kTls);
    EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(TlsTest, AHandshakeOfTls12ShowsTheCertificates) {
  CertificateWish leaf;
  leaf.subject = {{"C", "SE"}, {"O", "A, B"}, {"CN", "www.example.com"}};
  leaf.alternative_names =
      "DNS:www.example.com,IP:192.0.2.1,email:me@b.example";
  CertificateWish root;
  root.subject = root.issuer;
  root.authority = true;
  root.key = "RSA";
  root.not_after = 1600000000;
  for (const size_t piece : {0u, 1u, 11u}) {
    Conversation c(kTcp, 443);
    c.InPiecesOf(piece);
    Handshake12(c, Hello12("www.example.com"),
                {MakeCertificate(leaf), MakeCertificate(root)});
    const v1::Tls t = OnlyTls(c);
    EXPECT_EQ(t.version(), "TLS 1.2");
    EXPECT_EQ(t.alpn(), "http/1.1");
    EXPECT_EQ(t.cipher(), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    EXPECT_EQ(t.group(), "secp256r1");
    EXPECT_EQ(t.outcome(), v1::HANDSHAKE_OUTCOME_ESTABLISHED);
    EXPECT_FALSE(t.client_certificate_requested());
    EXPECT_EQ(t.certificate_count(), 2u);
    ASSERT_EQ(t.certificates_size(), 2);
    const v1::TlsCertificate& a = t.certificates(0);
    EXPECT_EQ(a.subject(), "CN=www.example.com, O=A\\, B, C=SE");
    EXPECT_EQ(a.issuer(), "C=SE, O=Example\\, Inc., CN=Example CA");
    EXPECT_THAT(a.san(), ElementsAre("www.example.com", "192.0.2.1"));
    EXPECT_EQ(a.san_count(), 3u);
    EXPECT_EQ(a.not_before().seconds(), 1700000000);
    EXPECT_EQ(a.key_type(), "ec");
    EXPECT_EQ(a.key_curve(), "P-256");
    EXPECT_EQ(a.key_bits(), 256u);
    EXPECT_EQ(a.serial(), "1234");
    EXPECT_EQ(a.sha256().size(), 64u);
    EXPECT_FALSE(a.self_signed() || a.expired() || a.authority());
    const v1::TlsCertificate& b = t.certificates(1);
    EXPECT_TRUE(b.self_signed() && b.expired() && b.authority());
    EXPECT_EQ(b.key_bits(), 1024u);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
    EXPECT_FALSE(c.wants());
  }
}

TEST(TlsTest, MailboxesInCertificatesAreMasked) {
  CertificateWish wish;
  wish.subject.emplace_back("emailAddress", "ann@example.org");
  Conversation c(kTcp, 443);
  Handshake12(c, Hello12("a.example"), {MakeCertificate(wish)});
  EXPECT_EQ(OnlyTls(c).certificates(0).subject(),
            "1.2.840.113549.1.9.1=***@example.org, CN=www.example.com");
}

TEST(TlsTest, AClientsCertificateIsToldApart) {
  Conversation c(kTcp, 443);
  c.Client(HelloRecord(Hello12("a.example")));
  c.Server(HelloRecord(ServerHello()) + Record(22, Message(13, "\1\1")));
  CertificateWish wish;
  wish.subject = {{"CN", "client"}};
  c.Client(Record(22, Message(11, CertificateBody({MakeCertificate(wish)})) +
                          Message(16, "k")) +
           Finish());
  c.Server(Finish());
  const v1::Tls t = OnlyTls(c);
  EXPECT_TRUE(t.client_certificate_requested());
  ASSERT_EQ(t.client_certificates_size(), 1);
  EXPECT_EQ(t.client_certificates(0).subject(), "CN=client");
  EXPECT_EQ(t.certificates_size(), 0);
}

TEST(TlsTest, AResumedSessionSaysHow) {
  const auto resume = [](bool ticket, const std::string& echoed) {
    ClientHello hello = Hello12("a.example");
    hello.session_id = "12345678";
    if (ticket) hello.extensions.push_back({35, "ticket"});
    ServerHello answer;
    answer.session_id = echoed;
    Conversation c(kTcp, 443);
    c.Client(HelloRecord(hello)).Server(HelloRecord(answer) + Finish());
    c.Client(Finish());
    return OnlyTls(c).resumption();
  };
  EXPECT_EQ(resume(true, "12345678"), "ticket");
  EXPECT_EQ(resume(false, "12345678"), "session_id");
  EXPECT_EQ(resume(false, "another"), "");
  ServerHello answer = ServerHello13();
  answer.extensions.push_back({41, BigEndian(0, 2)});
  Conversation c(kTcp, 443);
  c.Client(HelloRecord(BrowserHello("a.example")));
  c.Server(HelloRecord(answer) + Sealed(23, 90)).Client(Sealed(23, 53));
  EXPECT_EQ(OnlyTls(c).resumption(), "psk");
}

TEST(TlsTest, AFatalAlertEndsItAsFailed) {
  Conversation c(kTcp, 443);
  c.InPiecesOf(1);
  c.Client(HelloRecord(BrowserHello("a.example"))).Server(Alert(2, 40));
  const v1::Tls t = OnlyTls(c);
  EXPECT_EQ(t.outcome(), v1::HANDSHAKE_OUTCOME_FAILED);
  ASSERT_EQ(t.alerts_size(), 1);
  EXPECT_EQ(t.alerts(0).description(), "handshake_failure");
  EXPECT_TRUE(t.alerts(0).fatal());
  EXPECT_TRUE(t.alerts(0).from_server());
  EXPECT_EQ(t.version(), "");
  EXPECT_FALSE(c.wants());
}

TEST(TlsTest, AWarningDoesNotEndIt) {
  Conversation c(kTcp, 443);
  c.Client(HelloRecord(Hello12("a.example")));
  c.Server(Alert(1, 112) + ServerFlight12({}));
  c.Client(Record(22, Message(16, "k")) + Finish()).Server(Finish());
  const v1::Tls t = OnlyTls(c);
  EXPECT_EQ(t.outcome(), v1::HANDSHAKE_OUTCOME_ESTABLISHED);
  ASSERT_EQ(t.alerts_size(), 1);
  EXPECT_EQ(t.alerts(0).description(), "unrecognized_name");
  EXPECT_FALSE(t.alerts(0).fatal());
}

TEST(TlsTest, AnEncryptedAlertInTls13IsAFailure) {
  Conversation c(kTcp, 443);
  c.Client(HelloRecord(BrowserHello("a.example")));
  c.Server(HelloRecord(ServerHello13()) + Sealed(23, 900));
  c.Client(ChangeCipherSpec() + Sealed(23, 19));
  EXPECT_EQ(OnlyTls(c).outcome(), v1::HANDSHAKE_OUTCOME_FAILED);
}

TEST(TlsTest, AClosedHandshakeIsToldWithWhatThereIs) {
  Conversation c(kTcp, 443);
  c.Client(HelloRecord(BrowserHello("a.example")));
  EXPECT_THAT(c.Events(), IsEmpty());
  c.End();
  const v1::Tls t = OnlyTls(c);
  EXPECT_EQ(t.sni(), "a.example");
  EXPECT_EQ(t.outcome(), v1::HANDSHAKE_OUTCOME_UNSPECIFIED);
}

TEST(TlsTest, ARetryRequestIsFollowedByTheRealHello) {
  ServerHello retry = ServerHello13();
  retry.random =
      "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91"
      "\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c";
  for (const size_t piece : {0u, 1u}) {
    Conversation c(kTcp, 443);
    c.InPiecesOf(piece);
    c.Client(HelloRecord(BrowserHello("a.example")));
    c.Server(HelloRecord(retry) + ChangeCipherSpec());
    c.Client(ChangeCipherSpec() + HelloRecord(BrowserHello("a.example")));
    c.Server(HelloRecord(ServerHello13()) + Sealed(23, 900));
    c.Client(Sealed(23, 53));
    const v1::Tls t = OnlyTls(c);
    EXPECT_TRUE(t.hello_retry());
    EXPECT_EQ(t.version(), "TLS 1.3");
    EXPECT_EQ(t.outcome(), v1::HANDSHAKE_OUTCOME_ESTABLISHED);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(TlsTest, EncryptedClientHelloIsMarked) {
  ClientHello hello = BrowserHello("site.example");
  hello.extensions.push_back({0xfe0d, TlsBytes(100, '\0')});
  Conversation c(kTcp, 443);
  Handshake13(c, hello);
  EXPECT_TRUE(OnlyTls(c).ech());
  // Browsers send one to servers that have no key as well.
  EXPECT_EQ(c.told().host, "site.example");
  ClientHello outer = BrowserHello("cloudflare-ech.com");
  outer.extensions.push_back({0xfe0d, TlsBytes(100, '\0')});
  Conversation hidden(kTcp, 443);
  Handshake13(hidden, outer);
  EXPECT_TRUE(OnlyTls(hidden).ech());
  EXPECT_EQ(OnlyTls(hidden).sni(), "cloudflare-ech.com");
  EXPECT_EQ(hidden.told().host, "");
}

TEST(TlsTest, DnsOverTlsIsNamed) {
  const auto carries = [](uint16_t port, const ClientHello& hello) {
    Conversation c(kTcp, port);
    c.Client(HelloRecord(hello)).End();
    const v1::Tls t = OnlyTls(c);
    EXPECT_EQ(c.told().carries, t.carries());
    return t.carries() + "/" + v1::Basis_Name(t.carries_basis());
  };
  ClientHello dot = Hello12("a.example");
  dot.extensions[1] = AlpnExtension({"dot"});
  EXPECT_EQ(carries(443, dot), "dot/BASIS_DECODED");
  EXPECT_EQ(carries(853, Hello12("a.example")), "dot/BASIS_PORT_HINT");
  EXPECT_EQ(carries(443, Hello12("dns.google")), "doh/BASIS_INFERRED");
  EXPECT_EQ(carries(443, Hello12("x.dns.nextdns.io")), "doh/BASIS_INFERRED");
  EXPECT_EQ(carries(443, Hello12("a.example")), "/BASIS_UNSPECIFIED");
}

TEST(TlsTest, ARelayOfTorIsGuessedByItsCertificate) {
  CertificateWish wish;
  wish.subject = {{"CN", "www.7pdxzjtwuyvewoe3d.net"}};
  wish.issuer = {{"CN", "www.abcdefgh234567.com"}};
  Conversation c(kTcp, 9001);
  Handshake12(c, Hello12("www.axwqaefvpb.com"), {MakeCertificate(wish)});
  EXPECT_EQ(OnlyTls(c).carries(), "tor");
  EXPECT_EQ(OnlyTls(c).carries_basis(), v1::BASIS_INFERRED);
  wish.alternative_names = "DNS:www.7pdxzjtwuyvewoe3d.net";
  Conversation other(kTcp, 9001);
  Handshake12(other, Hello12("a.example"), {MakeCertificate(wish)});
  EXPECT_EQ(OnlyTls(other).carries(), "");
}

TEST(TlsTest, TlsAfterStartTlsIsFoundAnew) {
  Conversation c(kTcp, 9999);
  c.Client(HelloRecord(BrowserHello("a.example")));
  EXPECT_EQ(c.told().protocol, Protocol::kTls);
}

}  // namespace
}  // namespace tapline::testing
