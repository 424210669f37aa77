// HTTP/1 flows through the whole set; http_pairing_test.cc has which response
// belongs to which request, http_evasion_test.cc those that try to be read two
// ways.

#include "sensord/analyzers/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "google/protobuf/text_format.h"
#include "http_bytes.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;

// What every event has that is measured.
v1::Http WithoutTimes(v1::Http http) {
  http.clear_request_time();
  http.clear_response_time_ns();
  return http;
}

std::string Text(const v1::Http& http) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(WithoutTimes(http), &text);
  return text;
}

// RFC 9110 3.9.
const char kExampleRequest[] =
    "GET /hello.txt HTTP/1.1\r\n"
    "User-Agent: curl/7.64.1\r\n"
    "Host: www.example.com\r\n"
    "Accept-Language: en, mi\r\n\r\n";
const char kExampleResponse[] =
    "HTTP/1.1 200 OK\r\n"
    "Date: Mon, 27 Jul 2009 12:28:53 GMT\r\n"
    "Server: Apache\r\n"
    "Last-Modified: Wed, 22 Jul 2009 19:15:56 GMT\r\n"
    "ETag: \"34aa387-d-1568eb00\"\r\n"
    "Accept-Ranges: bytes\r\n"
    "Content-Length: 51\r\n"
    "Vary: Accept-Encoding\r\n"
    "Content-Type: text/plain\r\n\r\n"
    "Hello World! My content includes a trailing CRLF.\r\n";

TEST(HttpTest, TheExampleOfTheRfcIsOneTransaction) {
  Conversation c(kTcp, 80);
  c.Client(kExampleRequest);
  EXPECT_EQ(c.told().protocol, Protocol::kHttp);
  EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  EXPECT_EQ(c.told().host, "www.example.com");
  EXPECT_THAT(c.Events(), IsEmpty());
  c.Server(kExampleResponse);
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Http h = c.Events()[0].http();
  EXPECT_EQ(Text(h),
            "method: \"GET\"\n"
            "host: \"www.example.com\"\n"
            "path: \"/hello.txt\"\n"
            "version: \"1.1\"\n"
            "status: 200\n"
            "user_agent: \"curl/7.64.1\"\n"
            "server: \"Apache\"\n"
            "content_type: \"text/plain\"\n"
            "response_body_bytes: 51\n"
            "response_declared_bytes: 51\n");
  EXPECT_EQ(h.response_time_ns(), 1000000u);
  EXPECT_EQ(h.request_time().seconds(), 1700000000);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
  EXPECT_TRUE(c.wants());
}

// A browser and a shop: cookies, authorization, an upload in chunks, a refusal,
// a response of unknown length.
const char kLogin[] =
    "POST /reset/9f8e7d6c?user=ann&next=%2F HTTP/1.1\r\n"
    "Host: Shop.Example:8080\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) ann@example.org\r\n"
    "Referer: https://ann:pw@News.Example/a/b?c=d\r\n"
    "Cookie: sid=8fa52c; theme=dark; lonely\r\n"
    "Authorization: Basic YW5uOnNlY3JldA==\r\n"
    "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
    "Transfer-Encoding: chunked\r\n\r\n"
    "6\r\nuser=a\r\n4;x=y\r\nnn&p\r\n0\r\nExpires: 0\r\n\r\n";
const char kRefused[] =
    "HTTP/1.1 100 Continue\r\n\r\n"
    "HTTP/1.1 401 Unauthorized\r\n"
    "Server: nginx/1.22.1\r\n"
    "WWW-Authenticate: Digest realm=\"x\", nonce=\"dcd98b7102dd2f0e\"\r\n"
    "Set-Cookie: sid=8fa52d; Path=/; HttpOnly\r\n"
    "Set-Cookie: lang=en\r\n"
    "Content-Type: text/html;charset=utf-8\r\n"
    "Connection: close\r\n\r\n"
    "<html>no</html>";

TEST(HttpTest, AConversationTellsNamesAndNeverSecrets) {
  for (const size_t piece : {0u, 1u, 2u, 7u, 64u}) {
    Conversation c(kTcp, 9999);
    c.InPiecesOf(piece);
    c.Client(kLogin).Server(kRefused);
    EXPECT_THAT(c.Events(), IsEmpty());
    c.End();
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    EXPECT_EQ(Text(c.Events()[0].http()),
              "method: \"POST\"\n"
              "host: \"shop.example\"\n"
              "host_port: 8080\n"
              "path: \"/reset/[redacted:opaque]?user=[..]&next=[..]\"\n"
              "version: \"1.1\"\n"
              "status: 401\n"
              "user_agent: \"Mozilla/5.0 (X11; Linux x86_64) "
              "[redacted:email]\"\n"
              "server: \"nginx/1.22.1\"\n"
              "request_content_type: \"application/x-www-form-urlencoded\"\n"
              "content_type: \"text/html\"\n"
              "request_body_bytes: 10\n"
              "response_body_bytes: 15\n"
              "referer_host: \"news.example\"\n"
              "cookies: \"sid\"\n"
              "cookies: \"theme\"\n"
              "set_cookies: \"sid\"\n"
              "set_cookies: \"lang\"\n"
              "auth_scheme: \"basic\"\n"
              "challenge_scheme: \"digest\"\n");
    EXPECT_THAT(c.told().anomalies, IsEmpty());
    EXPECT_EQ(c.told().host, "shop.example");
  }
}

TEST(HttpTest, EveryTruncationTellsNothingThatWasNotSeen) {
  const std::string request = kLogin;
  const std::string response = kRefused;
  for (size_t size = 0; size <= request.size(); ++size) {
    Conversation c(kTcp, 80);
    c.Client(request.substr(0, size)).End();
    ASSERT_LE(c.Events().size(), 1u) << size;
    if (c.Events().empty()) continue;
    const v1::Http h = c.Events()[0].http();
    EXPECT_EQ(h.request_incomplete(), size < request.size()) << size;
    EXPECT_EQ(h.status(), 0u);
    EXPECT_TRUE(request.find("401") == std::string::npos);
  }
  for (size_t size = 0; size <= response.size(); ++size) {
    Conversation c(kTcp, 80);
    c.Client(request).Server(response.substr(0, size)).End();
    ASSERT_THAT(c.Events(), SizeIs(1)) << size;
    EXPECT_THAT(c.told().anomalies, IsEmpty()) << size;
  }
}

TEST(HttpTest, EverySplitTellsTheSame) {
  const std::string request = std::string(kGet) + kLogin;
  const std::string response = std::string(kOk) + kRefused;
  for (size_t at = 0; at < std::max(request.size(), response.size()); ++at) {
    Conversation c(kTcp, 80);
    const size_t first = std::min(at, request.size());
    const size_t second = std::min(at, response.size());
    c.Client(request.substr(0, first)).Client(request.substr(first));
    c.Server(response.substr(0, second)).Server(response.substr(second)).End();
    EXPECT_THAT(Statuses(c), ElementsAre(200, 401)) << at;
    EXPECT_THAT(c.told().anomalies, IsEmpty()) << at;
  }
}

TEST(HttpTest, AProxyIsAskedWithAbsoluteTargets) {
  Conversation c(kTcp, 3128);
  c.Client(
      "GET http://u:pw@Web.Example:81/a?b=c HTTP/1.1\r\n"
      "Host: web.example:81\r\nProxy-Authorization: NTLM TlRMTVNTUAAB\r\n\r\n");
  c.Server(
      "HTTP/1.1 407 Proxy Authentication Required\r\n"
      "Proxy-Authenticate: NTLM TlRMTVNTUAAC\r\nContent-Length: 0\r\n\r\n");
  c.Client("OPTIONS http://b.example HTTP/1.1\r\nHost: b.example\r\n\r\n");
  c.Server(kOk);
  ASSERT_THAT(c.Events(), SizeIs(2));
  const v1::Http h = c.Events()[0].http();
  EXPECT_TRUE(h.proxy());
  EXPECT_EQ(h.host(), "web.example");
  EXPECT_EQ(h.host_port(), 81u);
  EXPECT_EQ(h.path(), "/a?b=[..]");
  EXPECT_EQ(h.proxy_auth_scheme(), "ntlm");
  EXPECT_EQ(h.challenge_scheme(), "ntlm");
  EXPECT_EQ(c.Events()[1].http().path(), "/");
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(HttpTest, BehindConnectAnotherProtocolBegins) {
  for (const size_t piece : {0u, 1u}) {
    Conversation c(kTcp, 8080);
    c.InPiecesOf(piece);
    c.Client("CONNECT Web.Example:80 HTTP/1.1\r\nHost: web.example:80\r\n\r\n");
    c.Server(
        "HTTP/1.1 407 Auth\r\nContent-Length: 2\r\n"
        "Proxy-Authenticate: Basic realm=x\r\n\r\nno");
    c.Client("CONNECT Web.Example:80 HTTP/1.0\r\n\r\n");
    c.Server("HTTP/1.0 200 Connection established\r\nVia: x\r\n\r\n");
    EXPECT_THAT(Statuses(c), ElementsAre(407, 200));
    EXPECT_EQ(c.Events()[1].http().host(), "web.example");
    EXPECT_EQ(c.Events()[1].http().host_port(), 80u);
    EXPECT_TRUE(c.Events()[1].http().proxy());
    EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kHttp));
    EXPECT_TRUE(c.wants());
    c.Client(kGet).Server(kOk);
    EXPECT_THAT(Statuses(c), ElementsAre(407, 200, 200)) << piece;
    EXPECT_FALSE(c.Events()[2].http().proxy());
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(HttpTest, AServerOfSshThatIsAskedForAPageIsSsh) {
  Conversation c(kTcp, 22);
  c.Client(kGet).Server("SSH-2.0-OpenSSH_9.6\r\nInvalid identification.\r\n");
  c.End();
  ASSERT_FALSE(c.Events().empty());
  EXPECT_EQ(c.Events()[0].http().method(), "GET");
  EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kHttp));
  EXPECT_EQ(c.told().protocol, Protocol::kSsh);
}

TEST(HttpTest, WhatFollowsTheHeadThatSwitchesBelongsToTheNextProtocol) {
  Conversation c(kTcp, 80);
  c.Client(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n"
      "Upgrade: example/1\r\n\r\n");
  c.Server(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: Example/1\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  ASSERT_THAT(Statuses(c), ElementsAre(101, 200));
  EXPECT_EQ(c.Events()[0].http().upgrade(), "example/1");
  EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kHttp));
}

TEST(HttpTest, AHoleWithinABodyIsSurvivedAndSaid) {
  Conversation c(kTcp, 80);
  c.Client(kGet).Server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab");
  c.Gap(false, 6).Server("cd").Client(kGet).Server(kOk);
  ASSERT_THAT(Statuses(c), ElementsAre(200, 200));
  EXPECT_EQ(c.Events()[0].http().response_body_bytes(), 4u);
  EXPECT_TRUE(c.Events()[0].http().response_incomplete());
  EXPECT_FALSE(c.Events()[1].http().response_incomplete());
}

TEST(HttpTest, AHoleAnywhereElseEndsThatDirection) {
  Conversation c(kTcp, 80);
  c.Client(kGet).Server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab");
  c.Gap(false, 9).Server(kOk).Client(kGet).End();
  ASSERT_THAT(Statuses(c), ElementsAre(200, 0));
  EXPECT_TRUE(c.Events()[0].http().response_incomplete());
  Conversation d(kTcp, 80);
  d.Client("GET /x HTTP/1.1\r\nHost: a.example\r\nUser-");
  d.Gap(true, 3).Client(kGet).Server(kOk);
  ASSERT_THAT(d.Events(), SizeIs(1));
  EXPECT_EQ(d.Events()[0].http().host(), "a.example");
  EXPECT_TRUE(d.Events()[0].http().request_incomplete());
  d.Gap(false, 1);
  EXPECT_FALSE(d.wants());
}

TEST(HttpTest, AnOldRequestIsOneLine) {
  Conversation c(kTcp, 80);
  c.Client("GET /old\r\n").Server("<html>anything</html>").End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].http().version(), "0.9");
  EXPECT_EQ(c.Events()[0].http().response_body_bytes(), 21u);
  EXPECT_EQ(c.told().basis, ProtocolBasis::kSignature);
}

TEST(HttpTest, TargetsThatLookLikeAttemptsAreHintedAt) {
  const struct {
    const char* target;
    std::vector<std::string> hints;
  } kCases[] = {
      {"/index.html?a=b", {}},
      {"/a/%2e%2e%2f%2e%2e/etc/passwd", {"traversal", "file_inclusion"}},
      {"/%252e%252e%252fx", {"traversal"}},
      {"/p?id=1'+OR+1=1", {"injection"}},
      {"/p?q=%3CScript%3E", {"script"}},
      {"/p?x=${jndi:ldap://h/a}", {"injection"}},
      {"/.env", {"probe"}},
      {"/..a/b..c/", {}},
  };
  for (const auto& row : kCases) {
    Conversation c(kTcp, 80);
    c.Client(std::string("GET ") + row.target + " HTTP/1.0\r\n\r\n").End();
    ASSERT_THAT(c.Events(), SizeIs(1));
    const v1::Http h = c.Events()[0].http();
    const auto& hints = h.path_hints();
    EXPECT_EQ(std::vector<std::string>(hints.begin(), hints.end()), row.hints)
        << row.target;
  }
}

TEST(HttpTest, NeighboursAreNotClaimed) {
  for (const char* text :
       {"OPTIONS rtsp://h/x RTSP/1.0\r\nCSeq: 1\r\n\r\n",
        "INVITE sip:a@b SIP/2.0\r\nVia: x\r\n\r\n", "RTSP/1.0 200 OK\r\n\r\n",
        "SIP/2.0 200 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "SSH-2.0-x\r\n", "GET key\r\n",
        "get key\r\n", "HELO a\r\n", "220 a ESMTP\r\n", "HTTP/1.1 20x\r\n",
        "\x16\x03\x01\x02\x00\x01", "GET/ HTTP/1.1\r\n"}) {
    Opening opening;
    opening.from_originator = {reinterpret_cast<const uint8_t*>(text),
                               std::string(text).size()};
    EXPECT_EQ(http::Unit().probe(opening), Match::kNo) << text;
  }
}

TEST(HttpTest, ARefusalHoldsHoweverMoreComes) {
  const std::string end = " HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const auto& [text, whole] : std::vector<std::pair<std::string, Match>>{
           {std::string("GET /a\0b", 8) + end, Match::kYes},
           {"GET /a\rb" + end, Match::kYes},
           {"BREW /a" + end, Match::kYes},
           {"BREW /a\x01" + end, Match::kNo},
           {"MKCALENDAR /" + std::string(600, 'a') + end, Match::kYes},
           {"OPTIONS *" + std::string(600, ' ') + end, Match::kYes}}) {
    Match last = Match::kMore;
    for (size_t size = 0; size <= text.size(); ++size) {
      Opening opening;
      opening.from_originator = {reinterpret_cast<const uint8_t*>(text.data()),
                                 size};
      const Match match = http::Unit().probe(opening);
      EXPECT_TRUE(last != Match::kNo || match == Match::kNo) << text << size;
      last = match;
    }
    EXPECT_EQ(last, whole) << text;
  }
}

TEST(HttpTest, ALongTargetIsKnownBeforeItsEnd) {
  Conversation c(kTcp, 9999);
  c.Client("GET /" + std::string(3000, 'a'));
  EXPECT_EQ(c.told().protocol, Protocol::kHttp);
  c.Client(" HTTP/1.1\r\nHost: a.example\r\n\r\n").End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].http().host(), "a.example");
}

}  // namespace
}  // namespace tapline::testing
