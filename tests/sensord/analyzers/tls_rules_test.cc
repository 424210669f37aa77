// Hostile, old and cut handshakes through the whole set.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/test_certificate.h"
#include "tls_conversation.h"

namespace tapline::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;

TEST(TlsTest, ASecondHelloForAnotherServerIsAnAnomaly) {
  Conversation c(kTcp, 443);
  c.Client(HelloRecord(BrowserHello("a.example")) +
           HelloRecord(BrowserHello("b.example")));
  EXPECT_THAT(c.told().anomalies, ElementsAre("tls.sni_changed"));
  c.End();
  EXPECT_EQ(OnlyTls(c).sni(), "a.example");
}

TEST(TlsTest, HelloInRecordsOfOneByteIsPutTogether) {
  const TlsBytes hello = Message(1, BrowserHello("a.example").Body());
  for (const size_t bytes : {1u, 2u, 3u, 4u, 5u, 100u}) {
    for (const size_t piece : {0u, 1u}) {
      Conversation c(kTcp, 443);
      c.InPiecesOf(piece);
      c.Client(RecordsOf(bytes, 22, hello)).End();
      EXPECT_EQ(OnlyTls(c).ja4(), kBrowserJa4) << bytes;
    }
  }
}

TEST(TlsTest, EmptyAndOversizeRecordsAreAnomalies) {
  Conversation empty(kTcp, 443);
  empty.Client(Record(22, "") + HelloRecord(BrowserHello("a.example"))).End();
  EXPECT_THAT(empty.told().anomalies, ElementsAre("tls.record_empty"));
  EXPECT_EQ(OnlyTls(empty).sni(), "a.example");
  Conversation large(kTcp, 443);
  large.Client(HelloRecord(BrowserHello("a.example")));
  large.Server(Sealed(22, (1 << 14) + 2049));
  EXPECT_THAT(large.told().anomalies, Contains("tls.record_oversize"));
}

TEST(TlsTest, AMessageOfMoreThan64KibIsGivenUp) {
  Conversation c(kTcp, 443);
  c.Client(HelloRecord(Hello12("a.example")));
  c.Server(HelloRecord(ServerHello()) +
           Record(22, TlsBytes("\x0b\x01\0\0", 4) + TlsBytes(900, 'x')));
  EXPECT_THAT(c.told().anomalies, ElementsAre("tls.handshake_oversize"));
  EXPECT_EQ(OnlyTls(c).version(), "TLS 1.2");
  EXPECT_FALSE(c.wants());
  EXPECT_LT(c.peak_memory(), 8u << 10);
}

TEST(TlsTest, ALongMessageIsKeptUpTo64Kib) {
  Conversation c(kTcp, 443);
  c.Client(HelloRecord(Hello12("a.example")));
  const TlsBytes der = MakeCertificate({});
  const TlsBytes chain = Message(
      11, CertificateBody({der, TlsBytes(20000, 'x'), TlsBytes(20000, 'y')}));
  c.Server(HelloRecord(ServerHello()));
  c.InPiecesOf(1400).Server(RecordsOf(16384, 22, chain));
  EXPECT_GT(c.peak_memory(), 40000u);
  EXPECT_LT(c.peak_memory(), 128u << 10);
  c.End();
  EXPECT_EQ(OnlyTls(c).certificate_count(), 3u);
  EXPECT_THAT(c.told().anomalies, ElementsAre("tls.certificate_malformed"));
}

TEST(TlsTest, OddServerNamesAreToldAsTheyCame) {
  const auto anomalies = [](const std::vector<std::string>& names,
                            std::string* sni) {
    ClientHello hello;
    hello.extensions = {SniExtension(names)};
    Conversation c(kTcp, 443);
    c.Client(HelloRecord(hello)).End();
    *sni = OnlyTls(c).sni();
    return c.told().anomalies;
  };
  std::string sni;
  EXPECT_THAT(anomalies({"a.example", "b.example"}, &sni),
              ElementsAre("tls.sni_multiple"));
  EXPECT_EQ(sni, "a.example");
  EXPECT_THAT(anomalies({std::string("a\0.example", 10)}, &sni),
              ElementsAre("tls.sni_nul"));
  EXPECT_EQ(sni, "a\\x00.example");
  EXPECT_THAT(anomalies({"192.0.2.1"}, &sni), ElementsAre("tls.sni_address"));
  EXPECT_THAT(anomalies({"2001:db8::1"}, &sni), ElementsAre("tls.sni_address"));
  EXPECT_THAT(anomalies({"a.example."}, &sni),
              ElementsAre("tls.sni_trailing_dot"));
  EXPECT_THAT(anomalies({"a b\xff"}, &sni), ElementsAre("tls.sni_invalid"));
  EXPECT_EQ(sni, "a b\\xff");
  EXPECT_THAT(anomalies({"WWW.Example"}, &sni), IsEmpty());
  EXPECT_EQ(sni, "WWW.Example");
}

TEST(TlsTest, ADuplicateExtensionIsAnAnomaly) {
  ClientHello hello = BrowserHello("a.example");
  hello.extensions.push_back({0x0017, ""});
  Conversation c(kTcp, 443);
  c.Client(HelloRecord(hello));
  EXPECT_THAT(c.told().anomalies, ElementsAre("tls.extension_duplicate"));
}

TEST(TlsTest, OldVersionsAreMarked) {
  for (const auto& [version, name] :
       std::vector<std::pair<uint16_t, std::string>>{
           {0x0300, "SSL 3.0"}, {0x0301, "TLS 1.0"}, {0x0302, "TLS 1.1"}}) {
    ServerHello answer;
    answer.version = version;
    answer.cipher = 0x002f;
    Conversation c(kTcp, 443);
    c.Client(HelloRecord(Hello12("a.example")));
    c.Server(HelloRecord(answer) + Finish()).Client(Finish());
    const v1::Tls t = OnlyTls(c);
    EXPECT_EQ(t.version(), name);
    EXPECT_TRUE(t.deprecated_version());
    EXPECT_THAT(c.told().anomalies, ElementsAre("tls.deprecated_version"));
  }
}

TEST(TlsTest, ACipherThatDoesNotEncryptMakesTheFlowReadable) {
  ServerHello answer;
  answer.cipher = 0x0002;
  Conversation c(kTcp, 443);
  c.Client(HelloRecord(Hello12("a.example"))).Server(HelloRecord(answer));
  EXPECT_EQ(c.told().encrypted, 0);
}

// RFC 5246 E.2.
TlsBytes Ssl2Hello(uint16_t version) {
  const TlsBytes message = TlsBytes(1, '\1') + BigEndian(version, 2) +
                           BigEndian(6, 2) + BigEndian(0, 2) +
                           BigEndian(16, 2) + TlsBytes("\1\0\x80\0\0\x2f", 6) +
                           TlsBytes(16, 'c');
  return BigEndian(0x8000 | message.size(), 2) + message;
}

TEST(TlsTest, AHelloOfSsl2MayLeadToTls) {
  for (const size_t piece : {0u, 1u}) {
    Conversation c(kTcp, 443);
    c.InPiecesOf(piece);
    c.Client(Ssl2Hello(0x0301));
    ServerHello answer;
    answer.version = 0x0301;
    c.Server(HelloRecord(answer) + Finish()).Client(Finish());
    const v1::Tls t = OnlyTls(c);
    EXPECT_THAT(t.versions_offered(), ElementsAre("TLS 1.0"));
    EXPECT_EQ(t.ciphers_offered(), 2u);
    EXPECT_EQ(t.version(), "TLS 1.0");
    EXPECT_EQ(t.outcome(), v1::HANDSHAKE_OUTCOME_ESTABLISHED);
  }
}

TEST(TlsTest, AServerOfSsl2ShowsItsCertificate) {
  const TlsBytes der = MakeCertificate({});
  TlsBytes answer = TlsBytes("\4\0\1\0\2", 5) + BigEndian(der.size(), 2) +
                    BigEndian(3, 2) + BigEndian(16, 2) + der +
                    TlsBytes("\1\0\x80", 3) + TlsBytes(16, 'i');
  answer = BigEndian(0x8000 | answer.size(), 2) + answer;
  for (const size_t piece : {0u, 1u}) {
    Conversation c(kTcp, 443);
    c.InPiecesOf(piece);
    c.Client(Ssl2Hello(0x0002)).Server(answer);
    const v1::Tls t = OnlyTls(c);
    EXPECT_EQ(t.version(), "SSL 2.0");
    ASSERT_EQ(t.certificates_size(), 1);
    EXPECT_EQ(t.certificates(0).subject(), "CN=www.example.com");
    EXPECT_FALSE(c.wants());
  }
}

TEST(TlsTest, OneSideAloneIsGivenUpSoon) {
  Conversation client(kTcp, 443);
  client.Client(HelloRecord(BrowserHello("a.example")) + ChangeCipherSpec());
  for (int i = 0; i < 10; ++i) client.Client(Sealed(23, 1000));
  EXPECT_FALSE(client.wants());
  EXPECT_EQ(OnlyTls(client).sni(), "a.example");
  Conversation server(kTcp, 443);
  server.Server(HelloRecord(ServerHello13()));
  for (int i = 0; i < 40; ++i) server.Server(Sealed(23, 1000));
  EXPECT_FALSE(server.wants());
  EXPECT_EQ(OnlyTls(server).version(), "TLS 1.3");
}

TEST(TlsTest, AGapInsideTheCertificatesCostsOnlyThem) {
  const TlsBytes flight = ServerFlight12({MakeCertificate({})});
  Conversation c(kTcp, 443);
  c.Client(HelloRecord(Hello12("a.example")));
  c.Server(flight.substr(0, 200)).Gap(false, 100);
  c.Server(flight.substr(300));
  c.Client(Record(22, Message(16, "k")) + Finish()).Server(Finish());
  const v1::Tls t = OnlyTls(c);
  EXPECT_TRUE(t.incomplete());
  EXPECT_EQ(t.certificates_size(), 0);
  EXPECT_EQ(t.outcome(), v1::HANDSHAKE_OUTCOME_ESTABLISHED);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(TlsTest, AGapBetweenRecordsEndsIt) {
  Conversation c(kTcp, 443);
  c.Client(HelloRecord(Hello12("a.example"))).Gap(true, 10);
  EXPECT_FALSE(c.wants());
  EXPECT_TRUE(OnlyTls(c).incomplete());
}

TEST(TlsTest, WhatFollowsGarbageAfterAHelloIsNotRead) {
  Conversation c(kTcp, 443);
  c.Client(HelloRecord(BrowserHello("a.example")));
  c.Server("HTTP/1.1 400 Bad Request\r\n");
  EXPECT_THAT(c.told().anomalies, ElementsAre("tls.record_invalid"));
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.Events(), SizeIs(1));
}

TEST(TlsTest, ABrokenCertificateIsAnAnomaly) {
  Conversation c(kTcp, 443);
  Handshake12(c, Hello12("a.example"), {TlsBytes("\x30\x03\x02\x01\x01", 5)});
  EXPECT_THAT(c.told().anomalies, ElementsAre("tls.certificate_malformed"));
  EXPECT_TRUE(OnlyTls(c).certificates(0).malformed());
}

TEST(TlsTest, EveryTruncationOfAHandshakeIsToldAtMostOnce) {
  const TlsBytes hello = HelloRecord(Hello12("a.example"));
  const TlsBytes flight = ServerFlight12({MakeCertificate({})});
  for (size_t size = 0; size < hello.size() + flight.size(); ++size) {
    Conversation c(kTcp, 443);
    c.Client(hello.substr(0, size));
    if (size > hello.size()) c.Server(flight.substr(0, size - hello.size()));
    c.End();
    EXPECT_THAT(c.Events(), SizeIs(size >= hello.size() ? 1 : 0)) << size;
    EXPECT_THAT(c.told().anomalies, IsEmpty()) << size;
  }
}

TEST(TlsTest, MidstreamItIsNamedAndNothingMore) {
  Conversation c(kTcp, 443);
  c.Midstream();
  for (int i = 0; i < 10; ++i) c.Server(Sealed(23, 500));
  EXPECT_EQ(c.told().protocol, Protocol::kTls);
  EXPECT_EQ(c.told().basis, ProtocolBasis::kSignature);
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.Events(), IsEmpty());
}

TEST(TlsTest, MidstreamCertificatesAreReadWhereTheyBegin) {
  Conversation c(kTcp, 443);
  c.Midstream();
  c.Server(Record(22, Message(11, CertificateBody({MakeCertificate({})}))));
  c.End();
  EXPECT_EQ(OnlyTls(c).certificates_size(), 1);
  EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
}

TEST(TlsTest, OtherProtocolsAreNotTls) {
  const TlsBytes kOpenings[] = {
      "GET / HTTP/1.1\r\n\r\n",
      "SSH-2.0-OpenSSH_9.2\r\n",
      "220 mail.example ESMTP\r\n",
      TlsBytes("\x03\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0", 19),
      TlsBytes("\0\0\0\x85\xffSMB", 8),
      TlsBytes("\x16\x03\x01\x40\x01\x01\0\0\xff\x03\x03\0\0\0", 14),
      TlsBytes("\x16\x03\x01\0\x80\x03\0\0\x7c\x03\x03", 11),
      TlsBytes("\x80\x2e\x01\x00\x02\x00\x07\x00\x00\x00\x10\0\0\0\0\0", 16),
      TlsBytes(20, '\x16'),
      TlsBytes(20, '\xff'),
  };
  for (const TlsBytes& bytes : kOpenings) {
    Conversation c(kTcp, 443);
    c.Client(bytes + TlsBytes(100, 'x')).End();
    EXPECT_FALSE(c.told().protocol == Protocol::kTls &&
                 c.told().basis == ProtocolBasis::kDecoded);
    for (const v1::Event& e : c.Events()) EXPECT_FALSE(e.has_tls());
  }
}

}  // namespace
}  // namespace tapline::testing
