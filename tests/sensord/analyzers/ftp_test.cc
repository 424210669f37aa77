#include "sensord/analyzers/ftp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "sensord/analyzers/ftp_message.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;

void LogIn(Conversation& c) {
  c.Server("220-Welcome to\r\n any text\r\n220 ProFTPD 1.3.8 Server\r\n");
  c.Client("USER ann\r\n").Server("331 Password required\r\n");
  c.Client("PASS hunter2\r\n").Server("230 Logged in\r\n");
}

TEST(FtpTest, ALoginAndAPassiveDownloadAreTwoEvents) {
  for (const size_t piece : {0, 1, 11}) {
    Conversation c(kTcp, 21);
    c.InPiecesOf(piece);
    LogIn(c);
    c.Client("SYST\r\n").Server("215 UNIX Type: L8\r\n");
    c.Client("PASV\r\n");
    c.Server("227 Entering Passive Mode (0,0,0,0,4,1).\r\n");
    c.Client("RETR /home/ann/plans.txt\r\n");
    c.Server("150 Opening BINARY mode data connection (1234 bytes)\r\n");
    c.Server("226 Transfer complete\r\n");
    c.Client("QUIT\r\n").Server("221 Bye\r\n");
    ASSERT_THAT(c.Events(), SizeIs(2)) << piece;
    const v1::Ftp login = c.Events()[0].ftp();
    EXPECT_EQ(login.server_software(), "Welcome to");
    EXPECT_EQ(login.account(), "a***");
    EXPECT_EQ(login.login(), v1::LOGIN_OUTCOME_SUCCEEDED);
    EXPECT_TRUE(login.cleartext_password());
    EXPECT_EQ(login.command(), "");
    const v1::Ftp file = c.Events()[1].ftp();
    EXPECT_EQ(file.system(), "UNIX Type: L8");
    EXPECT_EQ(file.command(), "RETR");
    EXPECT_EQ(file.path(), "/home/[user]/plans.txt");
    EXPECT_EQ(file.status(), 226u);
    EXPECT_EQ(file.size_bytes(), 1234u);
    EXPECT_EQ(file.data_address(), "0.0.0.0");
    EXPECT_EQ(file.data_port(), 1025u);
    EXPECT_TRUE(file.passive());
    EXPECT_EQ(file.commands(), 5u);
    for (const v1::Event& event : c.Events()) {
      EXPECT_EQ(event.ShortDebugString().find("hunter2"), std::string::npos);
    }
    EXPECT_FALSE(c.wants());
    EXPECT_EQ(c.told().protocol, Protocol::kFtp);
    EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  }
}

TEST(FtpTest, EachRefusedPasswordIsALoginThatFailed) {
  Conversation c(kTcp, 21);
  c.Server("220 FTP\r\n");
  for (int i = 0; i < 2; ++i) {
    c.Client("USER admin\r\n").Server("331 go on\r\n");
    c.Client("PASS x\r\n").Server("530 Login incorrect.\r\n");
  }
  c.Client("USER anonymous\r\n").Server("230 ok\r\n");
  ASSERT_THAT(c.Events(), SizeIs(3));
  EXPECT_EQ(c.Events()[1].ftp().login(), v1::LOGIN_OUTCOME_FAILED);
  EXPECT_EQ(c.Events()[1].ftp().failed_logins(), 2u);
  EXPECT_EQ(c.Events()[2].ftp().login(), v1::LOGIN_OUTCOME_SUCCEEDED);
  EXPECT_TRUE(c.Events()[1].ftp().cleartext_password());
  EXPECT_FALSE(c.Events()[2].ftp().cleartext_password());
  EXPECT_TRUE(c.Events()[2].ftp().anonymous());
  EXPECT_EQ(c.Events()[2].ftp().account(), "");
}

TEST(FtpTest, DataEndpointsOfRfc2428AreRead) {
  Conversation c(kTcp, 21);
  LogIn(c);
  c.Client("EPRT |2|1080::8:800:200C:417A|5282|\r\n").Server("200 ok\r\n");
  c.Client("STOR a\r\n").Server("150 go\r\n").Server("226 done\r\n");
  c.Client("EPSV\r\n");
  c.Server("229 Entering Extended Passive Mode (|||6446|)\r\n");
  c.Client("LIST\r\n").Server("150 go\r\n").Server("226 done\r\n");
  ASSERT_THAT(c.Events(), SizeIs(3));
  EXPECT_EQ(c.Events()[1].ftp().data_address(), "1080::8:800:200c:417a");
  EXPECT_EQ(c.Events()[1].ftp().data_port(), 5282u);
  EXPECT_FALSE(c.Events()[1].ftp().passive());
  EXPECT_EQ(c.Events()[2].ftp().data_address(), "");
  EXPECT_EQ(c.Events()[2].ftp().data_port(), 6446u);
  EXPECT_TRUE(c.Events()[2].ftp().passive());
  EXPECT_THAT(c.told().anomalies, ElementsAre("ftp.foreign_data_address"));
}

TEST(FtpTest, AuthTlsHandsOverWhatFollows) {
  Conversation c(kTcp, 21);
  c.Server("220 FTP\r\n").Client("AUTH TLS\r\n").Server("234 Proceed\r\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].ftp().tls());
  EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kFtp));
  Conversation d(kTcp, 21);
  d.Server("220 FTP\r\n").Client("AUTH TLS\r\nUSER x\r\n");
  d.Server("234 Proceed\r\n");
  EXPECT_THAT(d.told().anomalies, ElementsAre("ftp.data_after_auth_tls"));
}

TEST(FtpTest, EachBrokenRuleIsNamed) {
  struct Case {
    std::string client;
    std::string server;
    const char* anomaly;
  };
  const Case kCases[] = {
      {"", "oops\r\n", "ftp.malformed_reply"},
      {"NOOP\r\n", "200ok\r\n", "ftp.malformed_reply"},
      {"!!\r\n", "", "ftp.unknown_command"},
      {absl::StrCat("CWD ", std::string(3000, 'x'), "\r\n"), "",
       "ftp.long_line"},
      {"PORT 1,2,3\r\n", "", "ftp.bad_data_endpoint"},
      {"PORT 1,2,3,4,5,999\r\n", "", "ftp.bad_data_endpoint"},
      {"EPRT |1|x|5|\r\n", "", "ftp.bad_data_endpoint"},
      {"PASV\r\n", "227 here\r\n", "ftp.bad_data_endpoint"},
      {"PORT 127,0,0,1,0,22\r\n", "", "ftp.foreign_data_address"},
  };
  for (const Case& test : kCases) {
    Conversation c(kTcp, 21);
    LogIn(c);
    c.Client(test.client).Server(test.server).End();
    EXPECT_THAT(c.told().anomalies, ElementsAre(test.anomaly)) << test.client;
  }
}

TEST(FtpTest, ManyUnknownLinesEndIt) {
  Conversation c(kTcp, 21);
  LogIn(c);
  for (int i = 0; i < 8; ++i) {
    c.Client("XYZZY\r\nNOOP\r\n").Server("what\r\n200 ok\r\n");
  }
  EXPECT_TRUE(c.wants());
  c.Client("XYZZY\r\n");
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.told().anomalies,
              ElementsAre("ftp.unknown_command", "ftp.malformed_reply"));
}

TEST(FtpTest, TelnetBytesBeforeACommandArePassedOver) {
  Conversation c(kTcp, 21);
  LogIn(c);
  c.Client(
       "\xff\xf4\xff\xf2"
       "ABOR\r\n")
      .Server("226 ok\r\n");
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(FtpTest, WhatWasAskedForWithoutAReplyIsToldAtTheEnd) {
  Conversation c(kTcp, 21);
  LogIn(c);
  c.Client("DELE a.txt\r\n").End();
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[1].ftp().command(), "DELE");
  EXPECT_EQ(c.Events()[1].ftp().status(), 0u);
}

TEST(FtpTest, EveryTruncationTellsOneSessionAtLeastAndTwoEventsAtMost) {
  const std::string server = "220 FTP\r\n331 a\r\n230 b\r\n150 c\r\n226 d\r\n";
  for (size_t size = 4; size < server.size(); ++size) {
    Conversation c(kTcp, 21);
    c.Server("220 FTP\r\n").Client("USER a\r\nPASS b\r\nRETR c\r\n");
    c.Server(server.substr(9, size)).End();
    EXPECT_THAT(c.Events(), SizeIs(size < 14 ? 1 : 2)) << size;
  }
}

TEST(FtpTest, AGreetingOfNoProtocolWaitsForTheClient) {
  Conversation c(kTcp, 9999);
  c.Server("220 hello\r\n");
  EXPECT_EQ(c.told().protocol, Protocol::kUnknown);
  c.Client("USER ann\r\n");
  EXPECT_EQ(c.told().protocol, Protocol::kFtp);
}

TEST(FtpTest, OtherProtocolsAreNotFtp) {
  Conversation smtp(kTcp, 9999);
  smtp.Server("220 mx ESMTP\r\n");
  EXPECT_NE(smtp.told().protocol, Protocol::kFtp);
  for (const char* first : {"GET / HTTP/1.1\r\n", "USER a b c :d\r\n",
                            "PASSWORD\r\n", "\x16\x03\x01\x02\x00\x01"}) {
    Conversation c(kTcp, 9999);
    c.Client(first).End();
    EXPECT_NE(c.told().protocol, Protocol::kFtp) << first;
  }
}

TEST(FtpMessageTest, SizesAreFoundInTheServersText) {
  EXPECT_EQ(ftp::AnnouncedBytes("Opening data connection (1234 bytes)."),
            1234u);
  EXPECT_EQ(ftp::AnnouncedBytes("Opening for x (bytes)"), 0u);
  EXPECT_EQ(ftp::AnnouncedBytes("99999999999999999999 bytes"), 0u);
}

TEST(FtpMessageTest, PortsStandAnywhereAndAreWhole) {
  ftp::DataEndpoint e;
  EXPECT_TRUE(e.ReadPort("=127,0,0,1,4,1"));
  EXPECT_EQ(e.port, 1025);
  EXPECT_FALSE(e.ReadPort("127.0.0.1"));
  EXPECT_FALSE(e.ReadPort("1,2,3,4,5"));
  EXPECT_FALSE(e.ReadPort(""));
  EXPECT_TRUE(e.ReadExtended("!1!132.235.1.2!6275!"));
  EXPECT_EQ(e.port, 6275);
  EXPECT_FALSE(e.ReadExtended("(|||70000|)"));
  EXPECT_FALSE(e.ReadExtended("|||"));
}

}  // namespace
}  // namespace tapline::testing
