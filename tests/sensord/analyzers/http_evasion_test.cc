// HTTP/1 messages made to be read two ways (reliability.md 7, E42 and E43):
// what came before stands, and that direction is only counted from there on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;
const char kAmbiguous[] = "http.framing_ambiguous";
const char kOk[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

std::string Post(const std::string& fields) {
  return "POST /first HTTP/1.1\r\nHost: a.example\r\n" + fields + "\r\n";
}

TEST(HttpEvasionTest, AnAmbiguousRequestIsToldAndNothingBehindIt) {
  const std::string smuggled =
      "0\r\n\r\nGET /second HTTP/1.1\r\nHost: b\r\n\r\n";
  for (const std::string& fields :
       {std::string("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        std::string("Content-Length: 5\r\nContent-Length: 6\r\n"),
        std::string("Content-Length: +5\r\n"),
        std::string("Content-Length: 0x5\r\n"),
        std::string("Transfer-Encoding: xchunked\r\n"),
        std::string("Transfer-Encoding: gzip\r\n"),
        std::string("Transfer-Encoding: chunked, identity\r\n"),
        std::string("Transfer-Encoding:\tchunked\r\nContent-Length: 3\r\n"),
        std::string("Transfer-Encoding : chunked\r\n"), std::string("X: y\n"),
        std::string("X: y\r\n folded\r\n"), std::string("X: y\rz\r\n"),
        std::string("X: \0\r\n", 6),
        std::string("X: y\nTransfer-Encoding: chunked\r\n")}) {
    for (const size_t piece : {0u, 1u}) {
      Conversation c(kTcp, 80);
      c.InPiecesOf(piece);
      c.Client(Post(fields) + smuggled).Server(kOk).Server(kOk).End();
      EXPECT_THAT(c.told().anomalies, Contains(kAmbiguous)) << fields;
      EXPECT_TRUE(c.told().ambiguous);
      ASSERT_THAT(c.Events(), SizeIs(2)) << fields;
      const v1::Http first = c.Events()[0].http();
      EXPECT_EQ(first.path(), "/first");
      EXPECT_EQ(first.status(), 200u);
      EXPECT_EQ(first.request_body_bytes(), smuggled.size()) << fields;
      EXPECT_TRUE(first.request_incomplete());
      EXPECT_TRUE(c.Events()[1].http().unmatched());
    }
  }
}

TEST(HttpEvasionTest, AnOldVersionHasNoChunks) {
  Conversation c(kTcp, 80);
  c.Client("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  EXPECT_THAT(c.told().anomalies, ElementsAre(kAmbiguous));
}

TEST(HttpEvasionTest, BrokenChunksEndTheirDirection) {
  Conversation c(kTcp, 80);
  c.Client(Post("Transfer-Encoding: chunked\r\n") +
           "5\r\nhello\nGET /second HTTP/1.1\r\n\r\n");
  c.Server(kOk);
  EXPECT_THAT(c.told().anomalies, ElementsAre(kAmbiguous));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].http().path(), "/first");
  EXPECT_TRUE(c.wants());
}

TEST(HttpEvasionTest, AmbiguousResponsesAreToldAndNothingBehindThem) {
  for (const char* head :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: "
        "chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 5\n\n"}) {
    Conversation c(kTcp, 80);
    c.Client(Post("") + "GET /second HTTP/1.1\r\nHost: a\r\n\r\n");
    c.Server(std::string(head) + kOk).End();
    EXPECT_THAT(c.told().anomalies, Contains(kAmbiguous)) << head;
    ASSERT_THAT(c.Events(), SizeIs(2)) << head;
    EXPECT_TRUE(c.Events()[0].http().response_incomplete());
    EXPECT_EQ(c.Events()[0].http().response_body_bytes(),
              std::string(kOk).size());
    EXPECT_EQ(c.Events()[1].http().status(), 0u);
  }
}

TEST(HttpEvasionTest, AnInterimResponseHasNoBody) {
  Conversation c(kTcp, 80);
  c.Client(Post("")).Server("HTTP/1.1 100 Go\r\nContent-Length: 40\r\n\r\n");
  EXPECT_THAT(c.told().anomalies, ElementsAre(kAmbiguous));
}

TEST(HttpEvasionTest, WhoTheRequestIsForMayBeDoubtful) {
  Conversation two(kTcp, 80);
  two.Client("GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n");
  EXPECT_THAT(two.told().anomalies, ElementsAre("http.host_ambiguous"));
  EXPECT_EQ(two.told().host, "a.example");
  EXPECT_TRUE(two.told().ambiguous);
  Conversation same(kTcp, 80);
  same.Client("GET / HTTP/1.1\r\nHost: a.example\r\nHost: A.example\r\n\r\n");
  EXPECT_THAT(same.told().anomalies, IsEmpty());
  Conversation other(kTcp, 80);
  other.Client("GET http://a.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n");
  EXPECT_THAT(other.told().anomalies, ElementsAre("http.host_mismatch"));
  EXPECT_EQ(other.told().host, "a.example");
  Conversation none(kTcp, 80);
  none.Client("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(none.told().anomalies, ElementsAre("http.host_missing"));
}

TEST(HttpEvasionTest, OneLengthSaidTwiceIsNoDoubt) {
  Conversation c(kTcp, 80);
  c.Client(Post("Content-Length: 2\r\nContent-Length: 2\r\n") + "abGET /");
  EXPECT_THAT(c.told().anomalies, ElementsAre("http.length_repeated"));
}

TEST(HttpEvasionTest, NothingComesAfterTheLastMessage) {
  Conversation c(kTcp, 80);
  c.Client(Post("Connection: keep-alive, Close\r\n") +
           "\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n");
  c.Server(kOk).End();
  EXPECT_THAT(c.told().anomalies,
              ElementsAre("http.data_after_close", kAmbiguous));
  EXPECT_THAT(c.Events(), SizeIs(1));
}

TEST(HttpEvasionTest, AHeadOfTooManyFieldsIsReadToTheLimit) {
  std::string fields;
  for (int i = 0; i < 200; ++i) fields += "X: y\r\n";
  Conversation c(kTcp, 80);
  c.Client(Post(fields) + Post("")).Server(kOk);
  EXPECT_THAT(c.told().anomalies,
              ElementsAre("http.too_many_headers", kAmbiguous));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].http().host(), "a.example");
}

TEST(HttpEvasionTest, AHeadThatIsTooLongIsReadToTheLimit) {
  Conversation c(kTcp, 80);
  const std::string line(10 << 20, 'x');
  c.InPiecesOf(1460);
  c.Client(Post("A: " + line + "\r\n") + Post("")).Server(kOk);
  EXPECT_THAT(c.told().anomalies, ElementsAre("http.head_too_large"));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].http().host(), "a.example");
  EXPECT_LT(c.peak_memory(), 40u << 10);
  Conversation d(kTcp, 80);
  d.Client("GET /" + line);
  EXPECT_THAT(d.told().anomalies,
              ElementsAre("http.head_too_large", "http.malformed"));
}

TEST(HttpEvasionTest, AResponseNobodyAskedForIsSaid) {
  Conversation c(kTcp, 80);
  c.Client(Post("")).Server(std::string(kOk) + kOk);
  EXPECT_THAT(c.told().anomalies, ElementsAre("http.response_without_request"));
  EXPECT_TRUE(c.Events()[1].http().unmatched());
}

TEST(HttpEvasionTest, NothingIsLookedForBehindWhatIsNotHttp) {
  Conversation c(kTcp, 80);
  c.Client(Post("") + "what?\r\n\r\n" + Post("")).Server(kOk).Server(kOk);
  EXPECT_THAT(c.told().anomalies, ElementsAre("http.malformed"));
  EXPECT_THAT(c.Events(), SizeIs(2));
  c.Server("what?\r\n\r\n");
  EXPECT_FALSE(c.wants());
}

TEST(HttpEvasionTest, WhatComesBeforeATunnelIsGrantedIsNamed) {
  const std::string connect = "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n";
  const std::string granted = "HTTP/1.1 200 OK\r\n\r\n";
  Conversation c(kTcp, 80);
  c.Client(connect + "\x16\x03\x01").Server(granted);
  EXPECT_THAT(c.told().anomalies, ElementsAre("http.data_before_tunnel"));
  EXPECT_TRUE(c.wants());
  Conversation later(kTcp, 80);
  later.Client(connect).Client("\x16\x03\x01").Server(granted);
  EXPECT_THAT(later.told().anomalies, ElementsAre("http.data_before_tunnel"));
}

TEST(HttpEvasionTest, ARefusedConnectDoesNotHideWhatCameEarly) {
  Conversation c(kTcp, 80);
  c.Client("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n" + Post(""));
  c.Server("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
  c.Client(Post("")).Server(kOk).End();
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_TRUE(c.Events()[1].http().unmatched());
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

}  // namespace
}  // namespace tapline::testing
