#include "sensord/analyzers/websocket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "google/protobuf/text_format.h"
#include "http2_bytes.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;

// RFC 6455 1.3.
const char kRequest[] =
    "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Origin: http://example.com\r\nSec-WebSocket-Version: 13\r\n\r\n";
const char kResponse[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

// A flow that has been upgraded, its frames to come in such pieces.
Conversation Upgraded(size_t piece = 0) {
  Conversation c(kTcp, 80);
  c.Client(kRequest).Server(kResponse).InPiecesOf(piece);
  return c;
}

std::string Text(const v1::Websocket& websocket) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(websocket, &text);
  return text;
}

// RFC 6455 5.7: text in one frame, masked; text in two; ping and its pong,
// masked; 256 bytes and 64 KiB of binary. Then Close both ways.
const std::string kMasked = FromHex("818537fa213d7f9f4d5158");
const std::string kFragments = FromHex("010348656c80026c6f");
const std::string kPing = FromHex("890548656c6c6f");
const std::string kPong = FromHex("8a8537fa213d7f9f4d5158");
const std::string kBinary = FromHex("827e0100") + std::string(256, 'x') +
                            FromHex("827f0000000000010000") +
                            std::string(65536, 'y');
// 1001 and a reason, masked; 1000.
const std::string kClientClose = FromHex("8884 37fa213d 3413 4344");
const std::string kServerClose = FromHex("8802 03e8");

TEST(WebsocketTest, TheExamplesOfTheRfcAreCounted) {
  for (const size_t piece : {0u, 1u, 3u, 1460u}) {
    Conversation c = Upgraded(piece);
    EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kHttp));
    c.Client(kMasked).Server(kFragments + kPing).Client(kPong).Server(kBinary);
    EXPECT_EQ(c.told().protocol, Protocol::kWebsocket);
    EXPECT_THAT(c.Events(), SizeIs(1));
    c.Client(kClientClose).Server(kServerClose);
    ASSERT_THAT(c.Events(), SizeIs(2)) << piece;
    EXPECT_EQ(c.Events()[0].http().upgrade(), "websocket");
    EXPECT_EQ(Text(c.Events()[1].websocket()),
              "client {\n"
              "  text_frames: 1\n"
              "  pongs: 1\n"
              "  payload_bytes: 14\n"
              "  close_code: 1001\n"
              "}\n"
              "server {\n"
              "  text_frames: 1\n"
              "  binary_frames: 2\n"
              "  continuation_frames: 1\n"
              "  pings: 1\n"
              "  payload_bytes: 65804\n"
              "  close_code: 1000\n"
              "}\n"
              "closed_cleanly: true\n");
    EXPECT_THAT(c.told().anomalies, IsEmpty());
    EXPECT_FALSE(c.wants());
  }
}

TEST(WebsocketTest, EveryTruncationIsToldWhenTheFlowEnds) {
  const std::string client = kMasked + kPong + kClientClose;
  for (size_t size = 0; size < client.size(); ++size) {
    Conversation c = Upgraded();
    c.Client(client.substr(0, size)).End();
    ASSERT_THAT(c.Events(), SizeIs(2)) << size;
    EXPECT_FALSE(c.Events()[1].websocket().closed_cleanly());
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(WebsocketTest, FramesBehindTheResponsesHeadBelongToIt) {
  Conversation c(kTcp, 80);
  c.Client(kRequest).Server(kResponse + kFragments).End();
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[1].websocket().server().text_frames(), 1u);
}

TEST(WebsocketTest, EachRuleBrokenIsSaid) {
  const struct {
    const char* hex;
    const char* anomaly;
  } kCases[] = {
      {"a100", "websocket.malformed"},      // reserved bit
      {"8300", "websocket.malformed"},      // reserved opcode
      {"8b00", "websocket.malformed"},      // reserved control opcode
      {"0900", "websocket.malformed"},      // half a ping
      {"897e0100", "websocket.malformed"},  // a long ping
      {"827e0001", "websocket.malformed"},  // a length in too many bytes
      {"827f000000000000ffff", "websocket.malformed"},
      {"827f8000000000000000", "websocket.malformed"},
      {"8180 01020304", "websocket.masking"},
      {"8000", "websocket.fragments"},
      {"0100 0100", "websocket.fragments"},
  };
  for (const auto& row : kCases) {
    Conversation c = Upgraded();
    c.Server(FromHex(row.hex));
    EXPECT_THAT(c.told().anomalies, ElementsAre(row.anomaly)) << row.hex;
  }
  Conversation c = Upgraded();
  c.Client(kFragments);
  EXPECT_THAT(c.told().anomalies, ElementsAre("websocket.masking"));
}

TEST(WebsocketTest, AHoleWithinAPayloadIsSurvived) {
  Conversation c = Upgraded();
  c.Server(kBinary.substr(0, 100)).Gap(false, 50).Server(kBinary.substr(150));
  c.Server(kFragments).End();
  EXPECT_EQ(c.Events()[1].websocket().server().binary_frames(), 2u);
  EXPECT_EQ(c.Events()[1].websocket().server().text_frames(), 1u);
  Conversation d = Upgraded();
  d.Server(kBinary.substr(0, 100)).Gap(false, 50000).Server(kFragments).End();
  EXPECT_EQ(d.Events()[1].websocket().server().text_frames(), 0u);
}

TEST(WebsocketTest, ACloseWithoutStatusHasItsOwnCode) {
  Conversation c = Upgraded();
  c.Server(FromHex("8800")).Client(FromHex("888001020304"));
  EXPECT_EQ(c.Events()[1].websocket().server().close_code(), 1005u);
  EXPECT_EQ(c.Events()[1].websocket().client().close_code(), 1005u);
}

TEST(WebsocketTest, TheClientIsWhoAskedWhateverThePorts) {
  for (const bool midstream : {false, true}) {
    // Midstream, its server passes for the one that began.
    Conversation c(kTcp, midstream ? 80 : 50080);
    const auto client = [&](const std::string& bytes) {
      midstream ? c.Server(bytes) : c.Client(bytes);
    };
    const auto server = [&](const std::string& bytes) {
      midstream ? c.Client(bytes) : c.Server(bytes);
    };
    if (midstream) c.Midstream();
    client(kRequest);
    server(kResponse);
    client(kMasked);
    server(kPing);
    c.End();
    ASSERT_THAT(c.Events(), SizeIs(2)) << midstream;
    const v1::Websocket w = c.Events()[1].websocket();
    EXPECT_EQ(w.client().text_frames(), 1u);
    EXPECT_EQ(w.server().pings(), 1u);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(WebsocketTest, SwitchedOffItIsNotRead) {
  Conversation c(kTcp, 80, 40000,
                 {.enabled = true, .off = {Protocol::kWebsocket}});
  c.Client(kRequest).Server(kResponse);
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.Events(), SizeIs(1));
}

}  // namespace
}  // namespace tapline::testing
