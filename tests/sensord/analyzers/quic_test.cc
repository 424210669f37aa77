// Connections of QUIC through the whole set.

#include "sensord/analyzers/quic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "tests/support/conversation.h"
#include "tests/support/quic_builder.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kUdp = Conversation::kUdp;

v1::Quic OnlyQuic(const Conversation& c) {
  EXPECT_THAT(c.Events(), SizeIs(1));
  return c.Events().empty() ? v1::Quic() : c.Events()[0].quic();
}

ClientHello QuicHello(const std::string& name) {
  ClientHello hello;
  hello.ciphers = {0x1301, 0x1302, 0x1303};
  hello.extensions = {SniExtension({name}),
                      AlpnExtension({"h3"}),
                      VersionsExtension({0x0304}),
                      {57, ""}};
  return hello;
}

TlsBytes HelloMessage(const std::string& name) {
  return Message(1, QuicHello(name).Body());
}

// The server's first datagram: Initial with ACK and ServerHello, Handshake.
TlsBytes ServerAnswer(const QuicEnds& ends) {
  const TlsBytes ack("\x02\0\0\0\0", 5);
  return InitialPacket(
             ends, false, 0,
             ack + CryptoFrame(0, Message(2, ServerHello13().Body()))) +
         OpaquePacket(ends, 2, false, 700);
}

void Connect(Conversation& c, QuicEnds& ends, const TlsBytes& hello) {
  c.Client(ClientInitial(ends, 0, CryptoFrame(0, hello)));
  c.Server(ServerAnswer(ends));
  ends.server_known = true;
  c.Client(OpaquePacket(ends, 2, true, 60) + ShortPacket(ends.server));
}

TEST(QuicTest, AConnectionIsOneEventToldOnceItIsUp) {
  QuicEnds ends;
  Conversation c(kUdp, 443);
  Connect(c, ends, HelloMessage("www.Example.com"));
  const v1::Quic q = OnlyQuic(c);
  EXPECT_FALSE(c.wants());
  EXPECT_EQ(q.sni(), "www.Example.com");
  EXPECT_THAT(q.alpn_offered(), ElementsAre("h3"));
  EXPECT_EQ(q.version(), "1");
  EXPECT_EQ(q.version_number(), 1u);
  EXPECT_EQ(q.ja4().substr(0, 10), "q13d0304h3");
  EXPECT_EQ(q.tls_version(), "TLS 1.3");
  EXPECT_EQ(q.cipher(), "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(q.group(), "x25519");
  EXPECT_EQ(q.original_connection_id(), "8394c8f03e515708");
  EXPECT_EQ(q.client_connection_id(), "636c69656e74");
  EXPECT_EQ(q.server_connection_id(), "7372763637383930");
  EXPECT_EQ(q.state(), v1::QUIC_STATE_CONNECTED);
  EXPECT_THAT(c.told().stages,
              ElementsAre(Stage::kOpening, Stage::kOpening, Stage::kOpen));
  EXPECT_EQ(q.handshake_ns(), 2000000u);
  EXPECT_TRUE(q.hello_seen());
  EXPECT_FALSE(q.retry() || q.zero_rtt() || q.ech());
  EXPECT_EQ(c.told().host, "www.example.com");
  EXPECT_EQ(c.told().ja4, q.ja4());
  EXPECT_EQ(c.told().protocol, Protocol::kQuic);
  EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

// RFC 9001 A.2 and RFC 9369 A.2: the frames, and how the packets begin and end.
constexpr absl::string_view kExampleFrames =
    "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868"
    "04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578"
    "616d706c652e636f6dff01000100000a00080006001d00170018001000070005"
    "04616c706e000500050100000000003300260024001d00209370b2c9caa47fba"
    "baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400"
    "0d0010000e0403050306030203080408050806002d00020101001c0002400100"
    "3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000"
    "75300901100f088394c8f03e51570806048000ffff";

struct Example {
  uint32_t version;
  absl::string_view begin;
  absl::string_view end;
  absl::string_view server;
};
constexpr Example kExamples[] = {
    {kQuicV1,
     "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11",
     "e221af44860018ab0856972e194cd934",
     "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a"
     "5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3"
     "dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84"
     "022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc4"
     "2158407dd074ee"},
    {kQuicV2,
     "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485",
     "a18b2faa745b6fe189cf772a9f84cbfc",
     "dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698"
     "baeea26b91eb761d9b89237bbf87263017915358230035f7fd3945d88965cf17"
     "f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2"
     "c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca8"
     "4bed8521e2e140"},
};

TEST(QuicTest, TheExamplesOfTheRfcsAreRead) {
  for (const Example& example : kExamples) {
    QuicEnds ends;
    ends.version = example.version;
    ends.client.clear();
    const TlsBytes datagram =
        ClientInitial(ends, 2, absl::HexStringToBytes(kExampleFrames));
    ASSERT_EQ(datagram.size(), 1200u);
    EXPECT_EQ(absl::BytesToHexString(datagram.substr(0, 32)), example.begin);
    EXPECT_EQ(absl::BytesToHexString(datagram.substr(1184)), example.end);
    Conversation c(kUdp, 443);
    c.Client(datagram).Server(absl::HexStringToBytes(example.server)).End();
    const v1::Quic q = OnlyQuic(c);
    EXPECT_EQ(q.sni(), "example.com");
    EXPECT_THAT(q.alpn_offered(), ElementsAre("alpn"));
    EXPECT_EQ(q.cipher(), "TLS_AES_128_GCM_SHA256");
    EXPECT_EQ(q.version(), example.version == kQuicV1 ? "1" : "2");
    EXPECT_EQ(q.server_connection_id(), "f067a5502a4262b5");
    EXPECT_EQ(q.state(), v1::QUIC_STATE_HANDSHAKING);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(QuicTest, EveryVersionOfTheIetfIsOpened) {
  for (const uint32_t version :
       {0xff000016u, 0xff000017u, 0xff00001du, 0xff000022u, 0x709a50c4u,
        0xfaceb001u, 0xfaceb002u, 0x54303530u, 0x54303531u}) {
    QuicEnds ends;
    ends.version = version;
    Conversation c(kUdp, 9999);
    Connect(c, ends, HelloMessage("a.example"));
    EXPECT_EQ(OnlyQuic(c).sni(), "a.example") << version;
    EXPECT_EQ(OnlyQuic(c).state(), v1::QUIC_STATE_CONNECTED);
  }
}

// Cut into `size` bytes each, in the order given by `shuffle`.
std::vector<TlsBytes> Frames(const TlsBytes& message, size_t size,
                             bool backwards) {
  std::vector<TlsBytes> frames;
  for (size_t at = 0; at < message.size(); at += size) {
    frames.push_back(CryptoFrame(at, message.substr(at, size)));
  }
  if (backwards) std::reverse(frames.begin(), frames.end());
  return frames;
}

TEST(QuicTest, AHelloInAnyPiecesIsPutTogether) {
  const TlsBytes hello = HelloMessage("a.example");
  for (const size_t size : {5u, 16u, 61u}) {
    for (const bool backwards : {false, true}) {
      TlsBytes frames;
      for (const TlsBytes& frame : Frames(hello, size, backwards)) {
        // Padding and PING between them.
        frames += frame + TlsBytes("\0\0\1", 3);
      }
      QuicEnds ends;
      Conversation c(kUdp, 443);
      c.Client(ClientInitial(ends, 0, frames)).End();
      EXPECT_EQ(OnlyQuic(c).sni(), "a.example") << size << backwards;
      EXPECT_THAT(c.told().anomalies, IsEmpty());
    }
  }
}

TEST(QuicTest, AHelloOverSeveralDatagramsIsPutTogether) {
  ClientHello large = QuicHello("a.example");
  large.extensions.push_back({51, TlsBytes(1500, 'k')});
  const TlsBytes hello = Message(1, large.Body());
  for (const bool backwards : {false, true}) {
    QuicEnds ends;
    Conversation c(kUdp, 443);
    uint32_t number = 0;
    for (const TlsBytes& frame : Frames(hello, 900, backwards)) {
      EXPECT_EQ(c.told().host, "");
      c.Client(ClientInitial(ends, number++, frame));
    }
    EXPECT_EQ(c.told().host, "a.example");
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(QuicTest, CoalescedPacketsAreAllRead) {
  QuicEnds ends;
  const TlsBytes hello = HelloMessage("a.example");
  const size_t half = hello.size() / 2;
  Conversation c(kUdp, 443);
  c.Client(InitialPacket(ends, true, 0, CryptoFrame(0, hello.substr(0, half))) +
           OpaquePacket(ends, 1, true, 90) +
           ClientInitial(ends, 1, CryptoFrame(half, hello.substr(half))));
  c.End();
  EXPECT_EQ(OnlyQuic(c).sni(), "a.example");
  EXPECT_TRUE(OnlyQuic(c).zero_rtt());
}

TEST(QuicTest, ZeroRttMayComeFirst) {
  QuicEnds ends;
  Conversation c(kUdp, 443);
  c.Client(OpaquePacket(ends, 1, true, 1150));
  Connect(c, ends, HelloMessage("a.example"));
  EXPECT_TRUE(OnlyQuic(c).zero_rtt());
  EXPECT_EQ(OnlyQuic(c).sni(), "a.example");
}

TEST(QuicTest, ARetryChangesTheKeys) {
  QuicEnds ends;
  Conversation c(kUdp, 443);
  const TlsBytes hello = HelloMessage("a.example");
  c.Client(ClientInitial(ends, 0, CryptoFrame(0, hello)));
  ends.server = "retry678";
  c.Server(RetryPacket(ends, "token"));
  ends.key_id = ends.server;
  ends.server_known = true;
  c.Client(ClientInitial(ends, 1, CryptoFrame(0, hello), "token"));
  ends.server = "srv67890";
  c.Server(ServerAnswer(ends));
  c.Client(ShortPacket(ends.server));
  const v1::Quic q = OnlyQuic(c);
  EXPECT_TRUE(q.retry());
  EXPECT_EQ(q.original_connection_id(), "8394c8f03e515708");
  EXPECT_EQ(q.cipher(), "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(q.state(), v1::QUIC_STATE_CONNECTED);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(QuicTest, AServerMayRefuseTheVersion) {
  QuicEnds ends;
  ends.version = 0xff00001d;
  Conversation c(kUdp, 443);
  c.Client(ClientInitial(ends, 0, CryptoFrame(0, HelloMessage("a.example"))));
  c.Server(VersionNegotiation(ends, {0x1a2a3a4a, kQuicV2, kQuicV1}));
  c.End();
  EXPECT_EQ(OnlyQuic(c).state(), v1::QUIC_STATE_VERSION_REFUSED);
  EXPECT_THAT(OnlyQuic(c).versions_supported(), ElementsAre("2", "1"));
}

TEST(QuicTest, ANegotiationOfNoVersionsIsNoPacket) {
  // Alone, and behind a Handshake packet without contents.
  for (const char* hex : {"ea000000000000", "ea00000001000000ea000000000000"}) {
    const std::string datagram = absl::HexStringToBytes(hex);
    Conversation first(kUdp, 443);
    first.Client(datagram).End();
    QuicEnds ends;
    Conversation c(kUdp, 443);
    c.Client(ClientInitial(ends, 0, CryptoFrame(0, HelloMessage("a.example"))));
    c.Server(datagram);
    EXPECT_TRUE(c.wants());
    c.End();
    EXPECT_EQ(OnlyQuic(c).sni(), "a.example");
  }
}

TEST(QuicTest, AfterARefusalTheNextVersionIsFollowed) {
  QuicEnds ends;
  ends.version = 0xff00001d;
  Conversation c(kUdp, 443);
  c.Client(ClientInitial(ends, 0, CryptoFrame(0, HelloMessage("a.example"))));
  c.Server(VersionNegotiation(ends, {kQuicV1}));
  ends.version = kQuicV1;
  Connect(c, ends, HelloMessage("a.example"));
  EXPECT_EQ(OnlyQuic(c).version(), "1");
  EXPECT_EQ(OnlyQuic(c).state(), v1::QUIC_STATE_CONNECTED);
  EXPECT_EQ(OnlyQuic(c).cipher_number(), 0x1301u);
}

TEST(QuicTest, AServerMayChangeToACompatibleVersion) {
  QuicEnds ends;
  Conversation c(kUdp, 443);
  c.Client(ClientInitial(ends, 0, CryptoFrame(0, HelloMessage("a.example"))));
  ends.version = kQuicV2;
  c.Server(ServerAnswer(ends)).Client(ShortPacket(ends.server));
  EXPECT_EQ(OnlyQuic(c).version(), "2");
  EXPECT_EQ(OnlyQuic(c).cipher_number(), 0x1301u);
}

TEST(QuicTest, AReadableCloseIsToldAtOnce) {
  QuicEnds ends;
  Conversation c(kUdp, 443);
  c.Client(ClientInitial(ends, 0, CryptoFrame(0, HelloMessage("a.example"))));
  c.Server(
      InitialPacket(ends, false, 0,
                    CloseFrame(0x128, "no shared cipher for ann@example.org") +
                        TlsBytes(20, '\0')));
  const v1::Quic q = OnlyQuic(c);
  EXPECT_TRUE(c.wants());
  EXPECT_EQ(q.state(), v1::QUIC_STATE_CLOSED);
  EXPECT_EQ(c.told().stages.back(), Stage::kFailed);
  EXPECT_EQ(q.close_code(), 0x128u);
  EXPECT_EQ(q.close_alert(), "handshake_failure");
  EXPECT_EQ(q.close_reason(), "no shared cipher for [redacted:email]");
  EXPECT_TRUE(q.close_from_server());
}

TEST(QuicTest, TheOtherSidesCloseDrainsIt) {
  QuicEnds ends;
  Conversation c(kUdp, 443);
  c.Client(ClientInitial(ends, 0, CryptoFrame(0, HelloMessage("a.example"))));
  const auto close = [&](bool client, uint64_t number) {
    return InitialPacket(ends, client, number,
                         CloseFrame(0x0c, "") + TlsBytes(20, '\0'));
  };
  // RFC 9000 10.2.3: what the application's close is called this early.
  c.Server(close(false, 0));
  EXPECT_EQ(c.told().stages.back(), Stage::kEnded);
  // Said again, and what was on its way.
  c.Server(close(false, 1)).Client(ShortPacket(ends.server));
  EXPECT_EQ(c.told().stages.back(), Stage::kEnded);
  EXPECT_TRUE(c.wants());
  c.Client(close(true, 1));
  EXPECT_EQ(c.told().stages.back(), Stage::kDraining);
  EXPECT_FALSE(c.wants());
  EXPECT_EQ(OnlyQuic(c).state(), v1::QUIC_STATE_CLOSED);
}

TEST(QuicTest, AnotherConnectionOnTheSamePortsIsAnotherEvent) {
  QuicEnds first;
  Conversation c(kUdp, 443);
  c.Client(ClientInitial(first, 0, CryptoFrame(0, HelloMessage("a.example"))));
  QuicEnds second;
  second.original = "12345678";
  Connect(c, second, HelloMessage("b.example"));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].quic().sni(), "a.example");
  EXPECT_EQ(c.Events()[1].quic().sni(), "b.example");
  EXPECT_EQ(c.Events()[1].quic().original_connection_id(), "3132333435363738");
}

TEST(QuicTest, DnsOverQuicIsNamed) {
  ClientHello hello = QuicHello("a.example");
  hello.extensions[1] = AlpnExtension({"doq"});
  QuicEnds ends;
  Conversation c(kUdp, 853);
  Connect(c, ends, Message(1, hello.Body()));
  EXPECT_EQ(OnlyQuic(c).carries(), "doq");
  EXPECT_EQ(c.told().carries, "doq");
  EXPECT_EQ(OnlyQuic(c).carries_basis(), v1::BASIS_DECODED);
}

TEST(QuicTest, TheServersPacketsAloneAreNamed) {
  QuicEnds ends;
  Conversation c(kUdp, 443);
  c.Server(ServerAnswer(ends));
  for (int i = 0; i < 30; ++i) c.Server(ShortPacket(ends.client));
  EXPECT_EQ(c.told().protocol, Protocol::kQuic);
  EXPECT_FALSE(c.wants());
  const v1::Quic q = OnlyQuic(c);
  EXPECT_FALSE(q.hello_seen());
  EXPECT_EQ(q.state(), v1::QUIC_STATE_HANDSHAKING);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

}  // namespace
}  // namespace tapline::testing
