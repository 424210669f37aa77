// HTTP/2 flows through the whole set; hpack_test.cc has the header blocks.

#include "sensord/analyzers/http2.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "google/protobuf/text_format.h"
#include "http2_bytes.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;

std::string Headers(uint32_t stream, const std::string& block,
                    bool end_stream = false) {
  return Frame(1, end_stream ? 5 : 4, stream, block);
}
std::string Data(uint32_t stream, const std::string& payload,
                 bool end_stream = false) {
  return Frame(0, end_stream ? 1 : 0, stream, payload);
}
std::string Reset(uint32_t stream, uint32_t code) {
  return Frame(3, 0, stream, Big32(code));
}
std::string Get(const std::string& path) {
  return Fields({{":method", "GET"},
                 {":scheme", "http"},
                 {":authority", "a.example"},
                 {":path", path}});
}
const std::string kOpening = kHttp2Preface + kHttp2Settings;
const std::string kOk = Fields({{":status", "200"}});

std::string Text(v1::Http http) {
  http.clear_request_time();
  http.clear_response_time_ns();
  std::string text;
  google::protobuf::TextFormat::PrintToString(http, &text);
  return text;
}

// RFC 7541 C.4.1 and C.6.1 as they would be on the wire.
TEST(Http2Test, TheExampleOfTheRfcIsOneTransaction) {
  Conversation c(kTcp, 80);
  c.Client(kOpening);
  EXPECT_EQ(c.told().protocol, Protocol::kHttp2);
  EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  c.Client(Headers(1, FromHex("828684418cf1e3c2e5f23a6ba0ab90f4ff"), true));
  EXPECT_EQ(c.told().host, "www.example.com");
  c.Server(kHttp2Settings +
           Headers(1,
                   FromHex("488264025885aec3771a4b6196d07abe941054d444a82005"
                           "95040b8166e082a62d1bff6e919d29ad171863c78f0b97c8"
                           "e9ae82ae43d3"),
                   true));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(Text(c.Events()[0].http()),
            "method: \"GET\"\n"
            "host: \"www.example.com\"\n"
            "path: \"/\"\n"
            "version: \"2\"\n"
            "status: 302\n"
            "stream_id: 1\n");
  EXPECT_EQ(c.Events()[0].http().response_time_ns(), 1000000u);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

// A gRPC client that streams and a server that answers with trailers; another
// request that is cancelled.
std::string GrpcClient() {
  return kOpening + Frame(8, 0, 0, Big32(1000)) +
         Headers(1, Fields({{":method", "POST"},
                            {":scheme", "http"},
                            {":path", "/hello.Greeter/SayHello"},
                            {":authority", "Api.Example:50051"},
                            {"te", "trailers"},
                            {"content-type", "application/grpc+proto"},
                            {"user-agent", "grpc-c++/1.51.1"},
                            {"authorization", "Bearer abcdefgh"},
                            {"cookie", "a=1"},
                            {"cookie", "b=2; c=3"}})) +
         Data(1, "hello") +
         Frame(0, 9, 1, std::string("\3", 1) + "world" + std::string(3, '\0')) +
         Headers(3, Get("/secret/123456?k=v")) + Reset(3, 8);
}
std::string GrpcServer() {
  const std::string trailers =
      Fields({{"grpc-status", "14"}, {"grpc-message", "ann failed"}});
  return kHttp2Settings + Frame(4, 1, 0, "") + Frame(6, 0, 0, "12345678") +
         Headers(1, Fields({{":status", "103"}})) +
         Headers(1, Fields({{":status", "200"},
                            {"content-type", "application/grpc"},
                            {"server", "x/1"}})) +
         Data(1, std::string(300, 'x')) +
         Frame(1, 1, 1, trailers.substr(0, 7)) +
         Frame(9, 0, 1, trailers.substr(7, 1)) +
         Frame(9, 4, 1, trailers.substr(8)) +
         Frame(7, 0, 0, std::string(8, '\0'));
}

void ExpectGrpc(const Conversation& c, size_t piece) {
  ASSERT_THAT(c.Events(), SizeIs(2)) << piece;
  EXPECT_EQ(Text(c.Events()[0].http()),
            "method: \"GET\"\n"
            "host: \"a.example\"\n"
            "path: \"/secret/[redacted:opaque]?k=[..]\"\n"
            "version: \"2\"\n"
            "request_incomplete: true\n"
            "stream_id: 3\n"
            "reset: \"CANCEL\"\n");
  EXPECT_EQ(Text(c.Events()[1].http()),
            "method: \"POST\"\n"
            "host: \"api.example\"\n"
            "host_port: 50051\n"
            "path: \"/hello.Greeter/SayHello\"\n"
            "version: \"2\"\n"
            "status: 200\n"
            "user_agent: \"grpc-c++/1.51.1\"\n"
            "server: \"x/1\"\n"
            "request_content_type: \"application/grpc+proto\"\n"
            "content_type: \"application/grpc\"\n"
            "request_body_bytes: 10\n"
            "response_body_bytes: 300\n"
            "cookies: \"a\"\n"
            "cookies: \"b\"\n"
            "cookies: \"c\"\n"
            "auth_scheme: \"bearer\"\n"
            "stream_id: 1\n"
            "grpc_service: \"hello.Greeter\"\n"
            "grpc_method: \"SayHello\"\n"
            "grpc_status: \"UNAVAILABLE\"\n");
}

TEST(Http2Test, AGrpcConversationIsToldWithItsStatus) {
  for (const size_t piece : {0u, 1u, 2u, 13u}) {
    Conversation c(kTcp, 50051);
    c.InPiecesOf(piece);
    c.Client(GrpcClient()).Server(GrpcServer());
    ExpectGrpc(c, piece);
    EXPECT_EQ(c.told().protocol, Protocol::kGrpc);
    EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kHttp2));
    EXPECT_THAT(c.told().anomalies, IsEmpty());
    EXPECT_TRUE(c.wants());
  }
}

TEST(Http2Test, APathThatNamesNoMethodOfGrpcGivesNoNames) {
  for (const char* path :
       {"/reset/Zq7?pw=hunter2secret", "/a.B/C?pw=hunter2secret",
        "/reset/hunter2secret/C", "/a.B/hunter2secret@x.org", "hunter2secret/C",
        "/a.B/hunter2secret%20", "/hunter2secret", "/a.B/",
        "//hunter2secret"}) {
    Conversation c(kTcp, 50051);
    c.Client(kOpening +
             Headers(1, Fields({{":method", "POST"},
                                {":path", path},
                                {":authority", "a.example"},
                                {"content-type", "application/grpc"}})));
    c.End();
    ASSERT_THAT(c.Events(), SizeIs(1)) << path;
    EXPECT_EQ(c.Events()[0].http().grpc_service(), "") << path;
    EXPECT_EQ(c.Events()[0].http().grpc_method(), "") << path;
    EXPECT_EQ(c.told().protocol, Protocol::kGrpc);
  }
}

TEST(Http2Test, TheServerMaySpeakFirst) {
  Conversation c(kTcp, 9999);
  c.Server(kHttp2Settings).Client(GrpcClient());
  c.Server(GrpcServer().substr(kHttp2Settings.size()));
  ExpectGrpc(c, 0);
  Conversation d(kTcp, 9999);
  d.Server(Frame(4, 0, 0, "")).Client(kOpening);
  EXPECT_EQ(d.told().protocol, Protocol::kHttp2);
}

TEST(Http2Test, EveryTruncationIsToldAsItIs) {
  const std::string client = GrpcClient();
  const std::string server = GrpcServer();
  for (size_t size = 0; size < client.size(); ++size) {
    Conversation c(kTcp, 50051);
    c.Client(client.substr(0, size)).End();
    EXPECT_LE(c.Events().size(), 2u);
    for (const v1::Event& e : c.Events()) EXPECT_EQ(e.http().status(), 0u);
    EXPECT_THAT(c.told().anomalies, IsEmpty()) << size;
  }
  for (size_t size = 0; size < server.size(); ++size) {
    Conversation c(kTcp, 50051);
    c.Client(client).Server(server.substr(0, size)).End();
    ASSERT_THAT(c.Events(), SizeIs(2)) << size;
    EXPECT_THAT(c.told().anomalies, IsEmpty()) << size;
  }
}

TEST(Http2Test, AfterAnUpgradeTheServerAnswersOnStreamOne) {
  Conversation c(kTcp, 80);
  c.Client(
      "GET /x HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade, "
      "HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n");
  c.Server(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
      "Upgrade: h2c\r\n\r\n" +
      kHttp2Settings);
  c.Client(kOpening + Headers(3, Get("/y"), true));
  c.Server(Headers(1, kOk, true) + Headers(3, kOk, true));
  ASSERT_THAT(c.Events(), SizeIs(3));
  EXPECT_EQ(c.Events()[0].http().upgrade(), "h2c");
  EXPECT_TRUE(c.Events()[1].http().unmatched());
  EXPECT_EQ(c.Events()[2].http().path(), "/y");
  EXPECT_EQ(c.told().protocol, Protocol::kHttp2);
  EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kHttp));
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(Http2Test, APromisedRequestIsOneToo) {
  Conversation c(kTcp, 80);
  c.Client(kOpening + Headers(1, Get("/x"), true));
  c.Server(kHttp2Settings +
           Frame(5, 0xc, 1,
                 std::string("\2", 1) + Big32(2) + Get("/pushed") +
                     std::string(2, '\0')) +
           Headers(2, kOk, true));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].http().path(), "/pushed");
  EXPECT_EQ(c.Events()[0].http().status(), 200u);
}

TEST(Http2Test, AHoleWithinDataIsSurvivedAndElsewhereNot) {
  Conversation c(kTcp, 80);
  c.Client(kOpening + Headers(1, Get("/x"), true));
  c.Server(kHttp2Settings + Headers(1, kOk) +
           Data(1, std::string(100, 'x'), true).substr(0, 50));
  c.Gap(false, 20).Server(std::string(39, 'x'));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].http().response_incomplete());
  EXPECT_EQ(c.Events()[0].http().response_body_bytes(), 80u);
  c.Client(Headers(3, Get("/y"), true)).Gap(false, 5).Server(kOk).End();
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[1].http().status(), 0u);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(Http2Test, EachRuleBrokenEndsThatDirection) {
  const std::string get = Get("/x");
  for (const std::string& bytes : {
           Frame(6, 0, 0, "1234567"),  // PING of 7 bytes
           Frame(4, 0, 0, "12345"),    // SETTINGS of 5
           Frame(0, 0, 0, "x"),        // DATA of no stream
           Frame(3, 0, 1, "x"),        // RST_STREAM of 1
           Frame(9, 4, 1, get),        // CONTINUATION of nothing
           Frame(1, 0, 1, get) + Frame(6, 0, 0, "12345678"),
           Frame(1, 0, 1, get) + Frame(9, 4, 3, ""),
           Frame(1, 0xc, 1, std::string("\x09x", 2)),  // padding beyond the end
           Frame(1, 0x24, 1, "1234"),                  // half a priority
           Frame(5, 4, 1, Big32(2) + get),             // promised by a client
           Frame(1, 4, 1, std::string(40000, 'x')),    // longer than is read
       }) {
    Conversation c(kTcp, 80);
    c.Client(kOpening + bytes + Headers(5, get, true));
    EXPECT_THAT(c.told().anomalies, ElementsAre("http2.malformed"));
    c.End();
    EXPECT_THAT(c.Events(), IsEmpty());
  }
  Conversation c(kTcp, 80);
  c.Client(kHttp2Preface + Headers(1, get));
  EXPECT_THAT(c.told().anomalies, ElementsAre("http2.malformed"));
  Conversation d(kTcp, 80);
  d.Client(kOpening + Headers(1, FromHex("ff")) + Headers(3, get));
  EXPECT_THAT(d.told().anomalies, ElementsAre("http2.hpack_error"));
}

TEST(Http2Test, AFloodOfContinuationsIsGivenUp) {
  Conversation c(kTcp, 80);
  c.Client(kOpening + Frame(1, 0, 1, ""));
  for (int i = 0; i < 1000; ++i) c.Client(Frame(9, 0, 1, ""));
  EXPECT_THAT(c.told().anomalies, ElementsAre("http2.continuation_flood"));
  Conversation d(kTcp, 80);
  d.Client(kOpening + Frame(1, 0, 1, ""));
  for (int i = 0; i < 10; ++i) {
    d.Client(Frame(9, 0, 1, std::string(16000, 'x')));
  }
  EXPECT_THAT(d.told().anomalies, ElementsAre("http2.continuation_flood"));
  EXPECT_LT(d.peak_memory(), 128u << 10);
}

TEST(Http2Test, ABlockThatGrowsWhenDecodedIsCut) {
  Conversation c(kTcp, 80);
  // One large field, then an index for it many times.
  const std::string big = FromHex("4104") + "aaaa" + FromHex("447f8107") +
                          std::string(1024, 'b') + std::string(10000, '\xbe');
  c.Client(kOpening + Headers(1, big, true)).End();
  EXPECT_THAT(c.told().anomalies, Contains("http2.header_list_too_large"));
  EXPECT_THAT(c.Events(), SizeIs(1));
}

TEST(Http2Test, RapidResetsAreCounted) {
  Conversation c(kTcp, 80);
  c.Client(kOpening).Server(kHttp2Settings);
  for (uint32_t i = 0; i < 100; ++i) {
    c.Client(Headers(2 * i + 1, Get("/"), true) + Reset(2 * i + 1, 8));
  }
  EXPECT_THAT(c.told().anomalies, IsEmpty());
  c.Client(Headers(999, Get("/"), true) + Reset(999, 8));
  EXPECT_THAT(c.told().anomalies, ElementsAre("http2.rapid_reset"));
  Conversation slow(kTcp, 80);
  slow.Client(kOpening);
  for (uint32_t i = 0; i < 200; ++i) {
    slow.Client(Headers(2 * i + 1, Get("/"), true) + Reset(2 * i + 1, 8));
    slow.Wait(kSecondNanos / 5);
  }
  EXPECT_THAT(slow.told().anomalies, IsEmpty());
}

TEST(Http2Test, FloodsOfControlFramesAreSaid) {
  for (const std::string& frame :
       {Frame(6, 0, 0, "12345678"), Frame(4, 0, 0, ""), Data(1, "")}) {
    Conversation c(kTcp, 80);
    c.Client(kOpening);
    std::string many;
    for (int i = 0; i < 1000; ++i) many += frame;
    c.Client(many);
    EXPECT_THAT(c.told().anomalies, ElementsAre("http2.control_flood"));
  }
}

TEST(Http2Test, AtMost128StreamsAreFollowed) {
  Conversation c(kTcp, 80);
  c.Client(kOpening).Server(kHttp2Settings);
  for (uint32_t i = 0; i < 130; ++i) {
    c.Client(Headers(2 * i + 1, Get("/" + std::to_string(i)), true));
  }
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].http().path(), "/0");
  EXPECT_THAT(c.told().anomalies, ElementsAre("http2.too_many_streams"));
  EXPECT_LT(c.peak_memory(), 100u << 10);
  c.Server(Headers(1, kOk, true) + Headers(259, kOk, true));
  // A response to what was given up takes the place of the oldest, too.
  ASSERT_THAT(c.Events(), SizeIs(5));
  EXPECT_EQ(c.Events()[2].http().path(), "/2");
  EXPECT_TRUE(c.Events()[3].http().unmatched());
  EXPECT_EQ(c.Events()[4].http().path(), "/129");
}

TEST(Http2Test, FieldsThatGatewaysWouldReadTwoWaysAreSaid) {
  for (const auto& block : {Get("/") + Fields({{":path", "/b"}}),
                            Get("/") + Fields({{"user-agent", "a\r\nx: y"}})}) {
    Conversation c(kTcp, 80);
    c.Client(kOpening + Headers(1, block, true));
    EXPECT_THAT(c.told().anomalies, ElementsAre("http2.field_ambiguous"));
    EXPECT_TRUE(c.told().ambiguous);
  }
}

TEST(Http2Test, NeighboursAreNotClaimed) {
  const auto probe = [](const std::string& text, bool client) {
    Opening opening;
    opening.originator_first = client;
    (client ? opening.from_originator : opening.from_responder) = {
        reinterpret_cast<const uint8_t*>(text.data()), text.size()};
    return http2::Unit().probe(opening);
  };
  for (const std::string& text :
       {std::string("PRI * HTTP/1.1\r\n"), std::string("PUT / HTTP/1.1\r\n"),
        std::string("\0\0\x0c\4\1\0\0\0\0", 9),
        std::string("\0\0\5\4\0\0\0\0\0", 9),
        std::string("\0\0\6\4\0\0\0\0\0\0\x7f\0\0\0\0", 15),
        std::string("\0\0\0\x2f\xffSMBr", 9)}) {
    EXPECT_EQ(probe(text, true), Match::kNo);
    EXPECT_EQ(probe(text, false), Match::kNo);
  }
  for (size_t size = 0; size < kHttp2Preface.size(); ++size) {
    EXPECT_EQ(probe(kHttp2Preface.substr(0, size), true), Match::kMore);
  }
  EXPECT_EQ(probe(kHttp2Preface, true), Match::kYes);
}

}  // namespace
}  // namespace tapline::testing
