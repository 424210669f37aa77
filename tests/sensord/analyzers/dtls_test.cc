// Handshakes of DTLS through the whole set.

#include "sensord/analyzers/dtls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/conversation.h"
#include "tests/support/test_certificate.h"
#include "tests/support/tls_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kUdp = Conversation::kUdp;
constexpr uint16_t kPort = 40001;

TlsBytes DatagramRecord(uint8_t type, uint16_t epoch, const TlsBytes& contents,
                        uint16_t version = 0xfefd) {
  return TlsBytes(1, static_cast<char>(type)) + BigEndian(version, 2) +
         BigEndian(epoch, 2) + BigEndian(7, 6) + Vector16(contents);
}

// `size` bytes of the message from `offset` on.
TlsBytes FragmentOf(uint8_t type, uint16_t message, const TlsBytes& body,
                    size_t offset = 0, size_t size = std::string::npos) {
  const TlsBytes part = body.substr(offset, size);
  return TlsBytes(1, static_cast<char>(type)) + BigEndian(body.size(), 3) +
         BigEndian(message, 2) + BigEndian(offset, 3) + Vector24(part);
}

TlsBytes Whole(uint8_t type, uint16_t message, const TlsBytes& body) {
  return DatagramRecord(22, 0, FragmentOf(type, message, body));
}

ClientHello DatagramHello(const std::string& cookie) {
  ClientHello hello;
  hello.version = 0xfefd;
  hello.datagram = true;
  hello.cookie = cookie;
  hello.ciphers = {0xc02b, 0xc02f};
  hello.extensions = {SniExtension({"a.example"}), AlpnExtension({"webrtc"})};
  return hello;
}

TlsBytes ServerFlight(const TlsBytes& der) {
  ServerHello answer;
  answer.version = 0xfefd;
  answer.cipher = 0xc02b;
  return Whole(2, 1, answer.Body()) + Whole(11, 2, CertificateBody({der})) +
         Whole(13, 3, "\1\1") + Whole(14, 4, "");
}

TlsBytes FinishDatagram() {
  return DatagramRecord(20, 0, "\1") +
         DatagramRecord(22, 1, TlsBytes(48, '\xee'));
}

v1::Tls OnlyTls(const Conversation& c) {
  EXPECT_THAT(c.Events(), SizeIs(1));
  return c.Events().empty() ? v1::Tls() : c.Events()[0].tls();
}

TEST(DtlsTest, AHandshakeWithACookieIsOneEvent) {
  Conversation c(kUdp, kPort);
  c.Client(Whole(1, 0, DatagramHello("").Body()));
  c.Server(Whole(3, 0, BigEndian(0xfeff, 2) + Vector8("cookie")));
  c.Client(Whole(1, 1, DatagramHello("cookie").Body()));
  c.Server(ServerFlight(MakeCertificate({})));
  c.Client(Whole(11, 2, CertificateBody({MakeCertificate({})})) +
           Whole(16, 3, "key") + FinishDatagram());
  EXPECT_THAT(c.Events(), IsEmpty());
  c.Server(FinishDatagram());
  const v1::Tls t = OnlyTls(c);
  EXPECT_FALSE(c.wants());
  EXPECT_EQ(t.version(), "DTLS 1.2");
  EXPECT_EQ(t.sni(), "a.example");
  EXPECT_THAT(t.alpn_offered(), ElementsAre("webrtc"));
  EXPECT_EQ(t.cipher(), "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
  EXPECT_EQ(t.ja4().substr(0, 10), "dd2d0202wc");
  EXPECT_EQ(t.certificates_size(), 1);
  EXPECT_EQ(t.client_certificates_size(), 1);
  EXPECT_TRUE(t.client_certificate_requested());
  EXPECT_EQ(t.outcome(), v1::HANDSHAKE_OUTCOME_ESTABLISHED);
  EXPECT_EQ(c.told().protocol, Protocol::kDtls);
  EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  EXPECT_EQ(c.told().host, "a.example");
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(DtlsTest, FragmentsInAnyOrderAndTwiceGiveTheMessage) {
  const TlsBytes body = DatagramHello("").Body();
  for (const size_t size : {1u, 7u, 40u}) {
    std::vector<TlsBytes> parts;
    for (size_t at = 0; at < body.size(); at += size) {
      parts.push_back(DatagramRecord(22, 0, FragmentOf(1, 0, body, at, size)));
    }
    Conversation c(kUdp, kPort);
    c.Client(parts[0]);
    // The rest from behind, each twice.
    for (size_t i = parts.size() - 1; i > 0; --i) {
      c.Client(parts[i]).Client(parts[i]);
    }
    c.End();
    EXPECT_EQ(OnlyTls(c).sni(), "a.example") << size;
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(DtlsTest, AMessageSentAgainIsReadOnce) {
  Conversation c(kUdp, kPort);
  c.Client(Whole(1, 0, DatagramHello("").Body()));
  const TlsBytes flight = ServerFlight(MakeCertificate({}));
  c.Server(flight).Server(flight).End();
  EXPECT_EQ(OnlyTls(c).certificate_count(), 1u);
}

TEST(DtlsTest, FragmentsThatDisagreeMarkTheFlow) {
  const TlsBytes body = DatagramHello("").Body();
  TlsBytes other = body;
  other[5] = '!';
  Conversation c(kUdp, kPort);
  c.Client(DatagramRecord(22, 0, FragmentOf(1, 0, body, 0, 20)));
  c.Client(DatagramRecord(22, 0, FragmentOf(1, 0, other, 0, 30)));
  EXPECT_THAT(c.told().anomalies, ElementsAre("dtls.overlap_diff"));
  EXPECT_TRUE(c.told().ambiguous);
}

TEST(DtlsTest, Dtls13GoesOnUnderAnotherHead) {
  ClientHello hello = DatagramHello("");
  hello.extensions.push_back(VersionsExtension({0xfefc, 0xfefd}));
  ServerHello answer;
  answer.version = 0xfefd;
  answer.cipher = 0x1301;
  answer.extensions = {{43, BigEndian(0xfefc, 2)}};
  Conversation c(kUdp, kPort);
  c.Client(Whole(1, 0, hello.Body()));
  c.Server(Whole(2, 0, answer.Body()) + "\x2e" + TlsBytes(900, 'x'));
  c.Client("\x2e" + TlsBytes(80, 'x'));
  const v1::Tls t = OnlyTls(c);
  EXPECT_EQ(t.version(), "DTLS 1.3");
  EXPECT_EQ(t.ja4().substr(0, 3), "dd3");
  EXPECT_EQ(t.outcome(), v1::HANDSHAKE_OUTCOME_ESTABLISHED);
}

TEST(DtlsTest, AnAlertEndsIt) {
  Conversation c(kUdp, kPort);
  c.Client(Whole(1, 0, DatagramHello("").Body()));
  c.Server(DatagramRecord(21, 0, "\2\x46", 0xfeff));
  const v1::Tls t = OnlyTls(c);
  EXPECT_EQ(t.outcome(), v1::HANDSHAKE_OUTCOME_FAILED);
  EXPECT_EQ(t.alerts(0).description(), "protocol_version");
}

TEST(DtlsTest, DataAloneIsNamed) {
  Conversation c(kUdp, kPort);
  c.Client(DatagramRecord(23, 1, TlsBytes(100, 'x'))).End();
  EXPECT_EQ(c.told().protocol, Protocol::kDtls);
  EXPECT_THAT(c.Events(), IsEmpty());
}

TEST(DtlsTest, EachBrokenRuleIsAnAnomaly) {
  const TlsBytes hello = Whole(1, 0, DatagramHello("").Body());
  Conversation outside(kUdp, kPort);
  outside.Client(hello);
  TlsBytes fragment = FragmentOf(11, 1, TlsBytes(20, 'x'));
  fragment[8] = 9;
  outside.Client(DatagramRecord(22, 0, fragment));
  EXPECT_THAT(outside.told().anomalies, ElementsAre("dtls.fragment_invalid"));
  Conversation large(kUdp, kPort);
  large.Client(hello);
  large.Server(
      DatagramRecord(22, 0, TlsBytes("\x0b\x02\0\0\0\1\0\0\0\0\0\1x", 13)));
  EXPECT_THAT(large.told().anomalies, ElementsAre("dtls.handshake_oversize"));
  Conversation trailing(kUdp, kPort);
  trailing.Client(hello).Client(hello + "\x99");
  EXPECT_THAT(trailing.told().anomalies, ElementsAre("dtls.record_invalid"));
}

TEST(DtlsTest, ManyHalfMessagesAreBounded) {
  Conversation c(kUdp, kPort);
  c.Client(Whole(1, 0, DatagramHello("").Body()));
  const TlsBytes body(60000, 'x');
  for (uint16_t i = 1; i < 60; ++i) {
    c.Server(DatagramRecord(22, 0, FragmentOf(11, i, body, 50000, 1000)));
    c.Client(DatagramRecord(22, 0, FragmentOf(11, i, body, 50000, 1000)));
  }
  EXPECT_LT(c.peak_memory(), 80u << 10);
  EXPECT_THAT(c.told().anomalies, ElementsAre("dtls.handshake_oversize"));
}

TEST(DtlsTest, EveryTruncationOfADatagramIsHarmless) {
  const TlsBytes hello = Whole(1, 0, DatagramHello("").Body());
  const TlsBytes flight = ServerFlight(MakeCertificate({}));
  for (size_t size = 0; size < flight.size(); ++size) {
    Conversation c(kUdp, kPort);
    c.Client(hello).Server(flight.substr(0, size)).End();
    EXPECT_EQ(OnlyTls(c).sni(), "a.example");
  }
  for (size_t size = 0; size < hello.size(); ++size) {
    Conversation c(kUdp, kPort);
    c.Client(hello.substr(0, size)).End();
    EXPECT_THAT(c.Events(), IsEmpty());
  }
}

TEST(DtlsTest, NeighboursOnTheSamePortsAreNotDtls) {
  // STUN (RFC 5389), RTP (RFC 3550), a QUIC Initial (RFC 9000).
  for (const TlsBytes& bytes :
       {TlsBytes("\0\1\0\0\x21\x12\xa4\x42", 8), TlsBytes("\x80\x60\0\1", 4),
        TlsBytes("\xc0\0\0\0\1\x08", 6), TlsBytes("\x16\xfe\xfd", 3)}) {
    Conversation c(kUdp, kPort);
    c.Client(bytes + TlsBytes(100, '\1'));
    EXPECT_NE(c.told().protocol, Protocol::kDtls);
  }
}

}  // namespace
}  // namespace tapline::testing
