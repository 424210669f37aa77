#include "sensord/analyzers/rtsp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "google/protobuf/text_format.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;

std::string Text(v1::Rtsp rtsp) {
  rtsp.clear_request_time();
  rtsp.clear_response_time_ns();
  std::string text;
  google::protobuf::TextFormat::PrintToString(rtsp, &text);
  return text;
}

// RFC 2326 10.2 and 10.4, with what cameras add.
const std::string kDescribe =
    "DESCRIBE rtsp://ann:pw@Server.Example.com:8554/fizzle/foo?u=1 RTSP/1.0\r\n"
    "CSeq: 312\r\nUser-Agent: player/3.0 x\r\n"
    "Authorization: Digest username=\"ann\", response=\"aa\"\r\n"
    "Accept: application/sdp\r\n\r\n";
const std::string kDescribed =
    "RTSP/1.0 200 OK\r\nCSeq: 312\r\nServer: cam/1.0\r\n"
    "Content-Type: application/sdp\r\nContent-Length: 12\r\n\r\n"
    "v=0\r\no=x y\r\n";
const std::string kSetup =
    "SETUP rtsp://server.example.com/fizzle/foo RTSP/1.0\r\nCSeq: 313\r\n"
    "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n";
// Media of nine bytes on channel 0 before it.
const std::string kSetUp =
    std::string("$\0\0\x05hello$\1\0\0", 13) +
    "RTSP/1.0 200 OK\r\nCSeq: 313\r\nSession: 47112344\r\n"
    "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n";

TEST(RtspTest, RequestsAndResponsesArePaired) {
  for (const size_t piece : {0u, 1u, 5u}) {
    Conversation c(kTcp, 9999);
    c.InPiecesOf(piece);
    c.Client(kDescribe);
    EXPECT_EQ(c.told().protocol, Protocol::kRtsp);
    EXPECT_EQ(c.told().host, "server.example.com");
    c.Server(kDescribed).Client(kSetup).Server(kSetUp);
    ASSERT_THAT(c.Events(), SizeIs(2)) << piece;
    EXPECT_EQ(Text(c.Events()[0].rtsp()),
              "method: \"DESCRIBE\"\n"
              "host: \"server.example.com\"\n"
              "host_port: 8554\n"
              "path: \"/fizzle/foo?u=[..]\"\n"
              "version: \"1.0\"\n"
              "status: 200\n"
              "user_agent: \"player/3.0 x\"\n"
              "server: \"cam/1.0\"\n"
              "auth_scheme: \"digest\"\n"
              "content_type: \"application/sdp\"\n");
    EXPECT_EQ(Text(c.Events()[1].rtsp()),
              "method: \"SETUP\"\n"
              "host: \"server.example.com\"\n"
              "path: \"/fizzle/foo\"\n"
              "version: \"1.0\"\n"
              "status: 200\n"
              "transport: \"RTP/AVP/TCP\"\n");
    EXPECT_EQ(c.Events()[0].rtsp().response_time_ns(), 1000000u);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(RtspTest, EveryTruncationIsToldWhenTheFlowEnds) {
  const std::string server = kDescribed + kSetUp;
  for (size_t size = 0; size < server.size(); ++size) {
    Conversation c(kTcp, 554);
    c.Client(kDescribe + kSetup).Server(server.substr(0, size)).End();
    EXPECT_THAT(c.Events(), SizeIs(2)) << size;
    EXPECT_THAT(c.told().anomalies, IsEmpty()) << size;
  }
}

TEST(RtspTest, TheServerMayAskToo) {
  Conversation c(kTcp, 554);
  c.Client(kDescribe).Server("OPTIONS * RTSP/1.0\r\nCSeq: 312\r\n\r\n");
  c.Client("RTSP/1.0 501 No\r\nCSeq: 312\r\n\r\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].rtsp().from_responder());
  EXPECT_EQ(c.Events()[0].rtsp().status(), 501u);
  c.Server("RTSP/1.0 200 OK\r\nCSeq: 999\r\n\r\n");
  EXPECT_TRUE(c.Events()[1].rtsp().unmatched());
}

TEST(RtspTest, EachRuleBrokenIsSaid) {
  const struct {
    std::string bytes;
    const char* anomaly;
  } kCases[] = {
      {"what?\r\n\r\n", "rtsp.malformed"},
      {"PLAY * RTSP/1.0\r\n\r\n", "rtsp.malformed"},
      {"PLAY * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -1\r\n\r\n",
       "rtsp.malformed"},
      {"PLAY * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 1\r\n"
       "Content-Length: 2\r\n\r\n",
       "rtsp.ambiguous"},
      {"PLAY * RTSP/1.0\r\nX: " + std::string(20000, 'x'),
       "rtsp.head_too_large"},
  };
  for (const auto& row : kCases) {
    Conversation c(kTcp, 554);
    c.Client(kDescribe + row.bytes);
    EXPECT_THAT(c.told().anomalies, ElementsAre(row.anomaly)) << row.bytes;
  }
}

TEST(RtspTest, AHoleWithinMediaIsSurvivedAndElsewhereNot) {
  Conversation c(kTcp, 554);
  c.Client(kDescribe).Server(kDescribed + std::string("$\0\x10\0abc", 7));
  c.Gap(false, 4000).Client(kSetup).Server(std::string(93, 'x') + kSetUp);
  EXPECT_THAT(c.Events(), SizeIs(2));
  c.Gap(false, 1).Client(kSetup).Server(kSetUp).End();
  ASSERT_THAT(c.Events(), SizeIs(3));
  EXPECT_EQ(c.Events()[2].rtsp().status(), 0u);
}

TEST(RtspTest, NeighboursAreNotClaimed) {
  for (const char* text :
       {"OPTIONS sip:a@b SIP/2.0\r\n", "GET / HTTP/1.1\r\n", "GET /",
        "OPTIONS * HTTP/1.1\r\n", "RTSP/3.0 200 OK\r\n", "220 x\r\n",
        "DESCRIBE http"}) {
    Opening opening;
    opening.from_originator = {reinterpret_cast<const uint8_t*>(text),
                               std::string(text).size()};
    EXPECT_EQ(rtsp::Unit().probe(opening), Match::kNo) << text;
  }
}

}  // namespace
}  // namespace tapline::testing
