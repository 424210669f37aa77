#include "sensord/analyzers/socks.h"

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
const char kGet[] = "GET /x HTTP/1.1\r\nHost: inner.example\r\n\r\n";
const char kOk[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

std::string Text(const v1::Event& event) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(event.socks(), &text);
  return text;
}

// RFC 1928 with the password of RFC 1929.
const std::string kMethods = FromHex("05020002");
const std::string kPasswordChosen = FromHex("0502");
const std::string kUserPassword =
    FromHex("0103") + "ann" + FromHex("06") + "secret";
const std::string kLoggedIn = FromHex("0100");
const std::string kConnectName =
    FromHex("0501000308") + "a.exampl" + FromHex("0050");
const std::string kGranted = FromHex("050000010a0000011f90");

TEST(SocksTest, AConnectionThroughAProxyIsToldAndWhatItCarries) {
  for (const size_t piece : {0u, 1u, 3u}) {
    Conversation c(kTcp, 9999);
    c.InPiecesOf(piece);
    c.Client(kMethods).Server(kPasswordChosen);
    EXPECT_EQ(c.told().protocol, Protocol::kSocks);
    c.Client(kUserPassword).Server(kLoggedIn).Client(kConnectName);
    EXPECT_THAT(c.Events(), IsEmpty());
    c.Server(kGranted);
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    EXPECT_EQ(Text(c.Events()[0]),
              "version: 5\n"
              "command: \"connect\"\n"
              "target_host: \"a.exampl\"\n"
              "target_port: 80\n"
              "auth_method: \"password\"\n"
              "user: \"a***\"\n"
              "login: LOGIN_OUTCOME_SUCCEEDED\n"
              "result: \"granted\"\n"
              "cleartext_password: true\n");
    EXPECT_EQ(c.told().host, "a.exampl");
    EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kSocks));
    c.Client(kGet).Server(kOk);
    ASSERT_THAT(c.Events(), SizeIs(2));
    EXPECT_EQ(c.Events()[1].http().host(), "inner.example");
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(SocksTest, Version4HasAddressesAnd4aNames) {
  Conversation c(kTcp, 1080);
  c.Client(FromHex("040101bbc0000207") + "bob" + std::string(1, '\0'));
  c.Server(FromHex("005a01bbc0000207") + "220 x ESMTP\r\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(Text(c.Events()[0]),
            "version: 4\ncommand: \"connect\"\ntarget_host: \"192.0.2.7\"\n"
            "target_port: 443\nuser: \"b***\"\nresult: \"granted\"\n");
  Conversation d(kTcp, 1080);
  d.Client(FromHex("0401005000000001 00") + "b.example" + std::string(1, '\0'));
  d.Server(FromHex("005b000000000000"));
  ASSERT_THAT(d.Events(), SizeIs(1));
  EXPECT_EQ(Text(d.Events()[0]),
            "version: 4\ncommand: \"connect\"\ntarget_host: \"b.example\"\n"
            "target_port: 80\nresult: \"refused\"\n");
  EXPECT_FALSE(d.wants());
}

TEST(SocksTest, RefusalsAreOutcomes) {
  Conversation password(kTcp, 1080);
  password.Client(kMethods).Server(kPasswordChosen).Client(kUserPassword);
  password.Server(FromHex("0101"));
  EXPECT_EQ(password.Events()[0].socks().login(), v1::LOGIN_OUTCOME_FAILED);
  EXPECT_TRUE(password.Events()[0].socks().cleartext_password());
  EXPECT_FALSE(password.wants());
  Conversation method(kTcp, 1080);
  method.Client(kMethods).Server(FromHex("05ff"));
  EXPECT_EQ(method.Events()[0].socks().auth_method(), "refused");
  Conversation unreachable(kTcp, 1080);
  unreachable.Client(FromHex("050100")).Server(FromHex("0500"));
  unreachable.Client(FromHex("05010004") + std::string(15, '\0') +
                     FromHex("010016"));
  unreachable.Server(FromHex("0504000100000000") + std::string(2, '\0'));
  const v1::Socks s = unreachable.Events()[0].socks();
  EXPECT_EQ(s.target_host(), "::1");
  EXPECT_EQ(s.target_port(), 22u);
  EXPECT_EQ(s.result(), "host_unreachable");
}

TEST(SocksTest, ABindCarriesAfterItsSecondReply) {
  Conversation c(kTcp, 1080);
  c.Client(FromHex("050100")).Server(FromHex("0500"));
  c.Client(FromHex("05020001c00002070015")).Server(kGranted);
  EXPECT_THAT(c.Events(), IsEmpty());
  c.Server(kGranted).Server(kOk);
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].socks().command(), "bind");
  EXPECT_EQ(c.Events()[1].http().status(), 200u);
}

TEST(SocksTest, EveryTruncationIsToldAsFarAsItCame) {
  const std::string client = kMethods + kUserPassword + kConnectName;
  for (size_t size = 0; size < client.size(); ++size) {
    Conversation c(kTcp, 1080);
    c.Client(client.substr(0, std::min<size_t>(size, 4)));
    c.Server(kPasswordChosen);
    if (size > 4) c.Client(client.substr(4, size - 4));
    c.Server(kLoggedIn).End();
    EXPECT_LE(c.Events().size(), 1u);
    for (const v1::Event& e : c.Events()) EXPECT_EQ(e.socks().result(), "");
  }
}

TEST(SocksTest, WhatAClientSendsBeforeItMayIsNamed) {
  Conversation c(kTcp, 1080);
  c.Client(kMethods).Server(FromHex("0500")).Client(kConnectName + kGet);
  c.Server(kGranted);
  EXPECT_THAT(c.told().anomalies, ElementsAre("socks.data_before_reply"));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.wants());
}

TEST(SocksTest, WhatIsKnownIsToldAtAGap) {
  Conversation c(kTcp, 1080);
  c.Client(kMethods).Server(kPasswordChosen).Client(kUserPassword);
  c.Gap(false, 2);
  EXPECT_FALSE(c.wants());
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].socks().user(), "a***");
}

TEST(SocksTest, EachRuleBrokenIsSaid) {
  const auto begun = [] {
    Conversation c(kTcp, 1080);
    c.Client(FromHex("050100")).Server(FromHex("0500"));
    return c;
  };
  for (const std::string& bytes :
       {FromHex("04"), FromHex("0501000500"), std::string(700, '\5')}) {
    Conversation c = begun();
    c.Client(bytes);
    EXPECT_THAT(c.told().anomalies, ElementsAre("socks.malformed"));
    EXPECT_FALSE(c.wants());
  }
  Conversation c = begun();
  c.Client(kConnectName).Server("HTTP/1.1 400 No\r\n");
  EXPECT_THAT(c.told().anomalies, ElementsAre("socks.malformed"));
}

TEST(SocksTest, NeighboursAreNotClaimed) {
  const auto probe = [](const std::string& client, const std::string& server) {
    Opening opening;
    opening.from_originator = {reinterpret_cast<const uint8_t*>(client.data()),
                               client.size()};
    opening.from_responder = {reinterpret_cast<const uint8_t*>(server.data()),
                              server.size()};
    return socks::Unit().probe(opening);
  };
  EXPECT_EQ(probe(FromHex("0501000000"), ""), Match::kNo);
  EXPECT_EQ(probe(FromHex("050120"), ""), Match::kNo);
  EXPECT_EQ(probe(FromHex("0500"), ""), Match::kNo);
  // A DCERPC bind.
  EXPECT_EQ(probe(FromHex("05000b0310000000"), ""), Match::kNo);
  EXPECT_EQ(probe(FromHex("050100"), FromHex("0502")), Match::kNo);
  EXPECT_EQ(probe(FromHex("050100"), "HTTP"), Match::kNo);
  EXPECT_EQ(probe(FromHex("0409"), ""), Match::kNo);
  EXPECT_EQ(probe(FromHex("050100"), ""), Match::kMore);
  EXPECT_EQ(probe("GET / HTTP/1.1\r\n", ""), Match::kNo);
}

}  // namespace
}  // namespace tapline::testing
