// Which response of an HTTP/1 flow belongs to which request.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http_bytes.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;

std::vector<std::string> Paths(const Conversation& c) {
  std::vector<std::string> paths;
  for (const v1::Event& e : c.Events()) paths.push_back(e.http().path());
  return paths;
}

TEST(HttpPairingTest, PipelinedRequestsAreAnsweredInOrder) {
  Conversation c(kTcp, 80);
  c.Client(
      "HEAD /1 HTTP/1.1\r\nHost: a\r\n\r\n"
      "PUT /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
      "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /4 HTTP/1.1\r\nHost: a\r\n\r\n");
  c.Server(
      "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
      "HTTP/1.1 204 No Content\r\n\r\n"
      "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n"
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nok\r\n0\r\n\r\n");
  EXPECT_THAT(Paths(c), ElementsAre("/1", "/2", "/3", "/4"));
  EXPECT_THAT(Statuses(c), ElementsAre(200, 204, 304, 200));
  EXPECT_EQ(c.Events()[1].http().request_body_bytes(), 3u);
  EXPECT_EQ(c.Events()[3].http().response_body_bytes(), 2u);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(HttpPairingTest, AnEarlyResponseWaitsForItsRequest) {
  Conversation c(kTcp, 80);
  c.Client("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
  c.Server("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(c.Events(), IsEmpty());
  c.Client("def");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].http().request_body_bytes(), 6u);
  EXPECT_FALSE(c.Events()[0].http().request_incomplete());
  // And is told without it when the next comes.
  c.Client("POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
  c.Server("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
  c.Server("HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(Statuses(c), ElementsAre(413, 413, 408));
  EXPECT_TRUE(c.Events()[1].http().request_incomplete());
  c.Client("defGET /3 HTTP/1.1\r\nHost: a\r\n\r\n").End();
  EXPECT_THAT(Paths(c), ElementsAre("/1", "/2", "", "/3"));
}

TEST(HttpPairingTest, UnansweredRequestsAreToldWhenTheFlowEnds) {
  Conversation c(kTcp, 80);
  c.Client(kGet).Client(kGet).End();
  EXPECT_THAT(Statuses(c), ElementsAre(0, 0));
}

TEST(HttpPairingTest, AFlowJoinedMidstreamBeginsWithAnyMessage) {
  Conversation c(kTcp, 50000, 80);
  c.Midstream().Client(kOk).Server(kGet).Client(kOk);
  ASSERT_THAT(Statuses(c), ElementsAre(200, 200));
  EXPECT_TRUE(c.Events()[0].http().unmatched());
  EXPECT_EQ(c.Events()[1].http().path(), "/x");
  EXPECT_FALSE(c.Events()[1].http().unmatched());
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(HttpPairingTest, TheOldestRequestsAreGivenUpAndTheRestStillMatches) {
  Conversation c(kTcp, 80);
  for (int i = 0; i < 70; ++i) {
    c.Client("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  EXPECT_THAT(c.Events(), SizeIs(6));
  EXPECT_THAT(c.told().anomalies, ElementsAre("http.too_many_outstanding"));
  for (int i = 0; i < 70; ++i) c.Server(kOk);
  ASSERT_THAT(c.Events(), SizeIs(76));
  EXPECT_TRUE(c.Events()[11].http().unmatched());
  EXPECT_EQ(c.Events()[12].http().path(), "/6");
  EXPECT_EQ(c.Events()[75].http().path(), "/69");
}

}  // namespace
}  // namespace tapline::testing
