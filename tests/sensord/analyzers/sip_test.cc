#include "sensord/analyzers/sip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "google/protobuf/text_format.h"
#include "sensord/analyzers/sip_message.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kUdp = Conversation::kUdp;
constexpr auto kTcp = Conversation::kTcp;

std::string Text(v1::Sip sip) {
  sip.clear_request_time();
  sip.clear_response_time_ns();
  std::string text;
  google::protobuf::TextFormat::PrintToString(sip, &text);
  return text;
}

// RFC 3261 24.2, messages F1 and F11, shortened.
const std::string kInvite =
    "INVITE sip:bob@biloxi.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8\r\n"
    "Max-Forwards: 70\r\nTo: Bob <sip:bob@biloxi.com>\r\n"
    "From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
    "Call-ID: a84b4c76e66710@pc33.atlanta.com\r\nCSeq: 314159 INVITE\r\n"
    "Contact: <sip:alice@pc33.atlanta.com>\r\nUser-Agent: phone/1.0\r\n"
    "Content-Type: application/sdp\r\nContent-Length: 4\r\n\r\nv=0\n";

std::string Reply(const std::string& status, const std::string& more = "") {
  return "SIP/2.0 " + status +
         "\r\nv: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8\r\n"
         "t: Bob <sip:bob@biloxi.com>;tag=a6c85cf\r\n"
         "f: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
         "i: a84b4c76e66710@pc33.atlanta.com\r\nCSeq: 314159 INVITE\r\n" +
         more + "l: 0\r\n\r\n";
}

TEST(SipTest, ACallIsOneTransaction) {
  Conversation c(kUdp, 5060, 5060);
  c.Client(kInvite).Client(kInvite);
  EXPECT_EQ(c.told().protocol, Protocol::kSip);
  EXPECT_EQ(c.told().host, "biloxi.com");
  c.Server(Reply("100 Trying")).Server(Reply("180 Ringing"));
  EXPECT_THAT(c.Events(), IsEmpty());
  c.Server(Reply("200 OK", "Server: exchange/2.0\r\n"));
  c.Server(Reply("200 OK"));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(Text(c.Events()[0].sip()),
            "method: \"INVITE\"\n"
            "status: 200\n"
            "provisional_status: 180\n"
            "request_uri: \"b***@biloxi.com\"\n"
            "from: \"a***@atlanta.com\"\n"
            "to: \"b***@biloxi.com\"\n"
            "user_agent: \"phone/1.0\"\n"
            "server: \"exchange/2.0\"\n"
            "content_type: \"application/sdp\"\n"
            "retransmissions: 1\n");
  EXPECT_EQ(c.Events()[0].sip().response_time_ns(), 4000000u);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(SipTest, OnTcpMessagesAreFramedByTheirLength) {
  for (const size_t piece : {0u, 1u, 7u}) {
    Conversation c(kTcp, 9999);
    c.InPiecesOf(piece);
    c.Client("\r\n\r\n" + kInvite + kInvite);
    c.Server(
        Reply("486 Busy Here", "WWW-Authenticate: Digest realm=\"x\"\r\n") +
        Reply("200 OK"));
    ASSERT_THAT(c.Events(), SizeIs(2)) << piece;
    EXPECT_EQ(c.Events()[0].sip().status(), 486u);
    EXPECT_EQ(c.Events()[0].sip().challenge_scheme(), "digest");
    EXPECT_TRUE(c.Events()[1].sip().unmatched());
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(SipTest, AnAckIsNoTransactionAndOthersAreGivenUp) {
  Conversation c(kUdp, 5060);
  std::string ack = kInvite;
  ack.replace(0, 6, "ACK");
  ack.replace(ack.find("314159 INVITE"), 13, "314159 ACK");
  c.Client(ack).Client(kInvite);
  c.Wait(100 * kSecondNanos).Server(Reply("180 Ringing"));
  EXPECT_THAT(c.Events(), IsEmpty());
  c.Wait(100 * kSecondNanos).Client("\r\n\r\n").Client(ack);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].sip().status(), 0u);
  c.Client(kInvite).End();
  EXPECT_THAT(c.Events(), SizeIs(2));
}

TEST(SipTest, AtMost32RequestsWait) {
  Conversation c(kUdp, 5060);
  for (int i = 0; i < 40; ++i) {
    std::string request = kInvite;
    request.replace(request.find("nashds8"), 7, std::to_string(i));
    c.Client(request);
  }
  EXPECT_THAT(c.Events(), SizeIs(8));
  EXPECT_LT(c.peak_memory(), 64u << 10);
}

TEST(SipTest, EveryTruncationIsBoundedAndSaid) {
  const size_t line = kInvite.find('\n');
  const size_t head = kInvite.find("\r\n\r\n") + 4;
  for (size_t size = 0; size < head; ++size) {
    Conversation c(kUdp, 5060);
    c.Client(kInvite.substr(0, size)).End();
    EXPECT_EQ(c.Events().size(), size > line ? 1u : 0u) << size;
    Conversation d(kTcp, 5060);
    d.Client(kInvite.substr(0, size)).End();
    EXPECT_THAT(d.Events(), IsEmpty());
    EXPECT_THAT(d.told().anomalies, IsEmpty());
  }
}

TEST(SipTest, EachRuleBrokenIsSaid) {
  const auto without = [](const std::string& name) {
    std::string text = kInvite;
    const size_t at = text.find(name);
    return text.erase(at, text.find('\n', at) + 1 - at);
  };
  for (const char* name : {"To:", "From:", "Call-ID:", "CSeq:"}) {
    Conversation c(kUdp, 5060);
    c.Client(without(name));
    EXPECT_THAT(c.told().anomalies, ElementsAre("sip.malformed")) << name;
  }
  const auto with = [](const std::string& from, const std::string& to) {
    std::string text = kInvite;
    return text.replace(text.find(from), from.size(), to);
  };
  const struct {
    std::string text;
    const char* anomaly;
  } kCases[] = {
      {with("314159 INVITE", "x INVITE"), "sip.malformed"},
      {with("Content-Length: 4", "Content-Length: -4"), "sip.malformed"},
      {with("Max-Forwards: 70", "Max-Forwards 70"), "sip.malformed"},
      {with("314159 INVITE", "314159 BYE"), "sip.ambiguous"},
      {with("Max-Forwards: 70", "l: 5"), "sip.ambiguous"},
  };
  for (const auto& row : kCases) {
    Conversation c(kUdp, 5060);
    c.Client(row.text);
    EXPECT_THAT(c.told().anomalies, ElementsAre(row.anomaly)) << row.text;
  }
  Conversation c(kTcp, 5060);
  c.Client(kInvite + "GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(c.told().anomalies, ElementsAre("sip.malformed"));
  Conversation d(kTcp, 5060);
  d.Client(kInvite + "BYE sip:a@b SIP/2.0\r\nX: " + std::string(20000, 'x'));
  EXPECT_THAT(d.told().anomalies, ElementsAre("sip.head_too_large"));
}

TEST(SipTest, AHoleWithinABodyIsSurvived) {
  Conversation c(kTcp, 5060);
  std::string invite = kInvite;
  invite.replace(invite.find("Length: 4"), 9, "Length: 9");
  c.Client(invite).Gap(true, 5).Client(kInvite);
  c.Gap(true, 1).Client(kInvite).End();
  EXPECT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].sip().retransmissions(), 1u);
}

TEST(SipMessageTest, AddressesKeepTheirDomainAndAFirstCharacter) {
  const char* const kCases[][2] = {
      {"sip:ann@example.org", "a***@example.org"},
      {"\"Ann\" <sips:ann:pw@example.org:5061;x=y>;tag=z", "a***@example.org"},
      {"<tel:+4930123456>", "+***"},
      {"sip:example.org;transport=tcp", "example.org"},
      {"sip:192.0.2.7:5060", "192.0.2.7"},
      {"sip:5551234567", "5***"},
      {"<sip:+4930123456;user=phone>", "+***"},
      {"<sips:555-0123:5061>", "5***"},
      {"<sip:ann@[2001:db8::1]:5060>", "a***@2001:db8::1"},
      {"Ann", "A***"},
      {"", ""},
  };
  for (const auto& row : kCases) {
    EXPECT_EQ(sip::MaskedSipAddress(row[0]), row[1]) << row[0];
  }
}

TEST(SipMessageTest, ATelephoneNumberIsNoHost) {
  EXPECT_EQ(sip::SipHost("sip:example.org"), "example.org");
  EXPECT_EQ(sip::SipHost("sip:5551234567@example.org"), "example.org");
  EXPECT_EQ(sip::SipHost("sip:192.0.2.7:5060"), "192.0.2.7");
  EXPECT_EQ(sip::SipHost("sip:5551234567"), "");
  EXPECT_EQ(sip::SipHost("sip:+4930123456;user=phone"), "");
}

TEST(SipTest, NeighboursAreNotClaimed) {
  for (const char* text :
       {"OPTIONS rtsp://h/x RTSP/1.0\r\n", "GET / HTTP/1.1\r\n",
        "NOTIFY * HTTP/1.1\r\n", "SIP/1.0 200 OK\r\n", "SIP/2.0 999 x\r\n",
        "INVITE sip:a@b\r\n", "GET /"}) {
    for (const bool datagram : {false, true}) {
      Opening opening;
      opening.datagram = datagram;
      opening.from_originator = {reinterpret_cast<const uint8_t*>(text),
                                 std::string(text).size()};
      EXPECT_EQ(sip::Unit().probe(opening), Match::kNo) << text;
    }
  }
}

}  // namespace
}  // namespace tapline::testing
