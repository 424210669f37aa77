#include "sensord/analyzers/syslog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;
constexpr auto kUdp = Conversation::kUdp;
// RFC 5424 6.5 and RFC 3164 5.4.
constexpr char kNew[] =
    "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's "
    "time to make the do-nuts.";
constexpr char kOld[] =
    "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick";

TEST(SyslogTest, BothFormsAreTold) {
  Conversation c(kUdp, 514);
  c.Client(kNew).Client(kOld);
  ASSERT_THAT(c.Events(), SizeIs(2));
  const v1::Syslog a = c.Events()[0].syslog();
  EXPECT_EQ(a.facility(), 20u);
  EXPECT_EQ(a.severity(), 5u);
  EXPECT_EQ(a.hostname(), "192.0.2.1");
  EXPECT_EQ(a.application(), "myproc");
  EXPECT_EQ(a.version(), 1u);
  const v1::Syslog b = c.Events()[1].syslog();
  EXPECT_EQ(b.facility(), 4u);
  EXPECT_EQ(b.severity(), 2u);
  EXPECT_EQ(b.hostname(), "mymachine");
  EXPECT_EQ(b.application(), "su");
  EXPECT_EQ(b.version(), 0u);
  for (const v1::Event& event : c.Events()) {
    EXPECT_EQ(event.ShortDebugString().find("lonvick"), std::string::npos);
    EXPECT_EQ(event.ShortDebugString().find("nuts"), std::string::npos);
  }
  EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
}

TEST(SyslogTest, OneKindIsToldOnceAndCountedAtTheEnd) {
  Conversation c(kUdp, 514);
  for (int i = 0; i < 3; ++i) c.Client(kOld);
  EXPECT_THAT(c.Events(), SizeIs(1));
  c.End();
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[1].syslog().messages(), 3u);
  EXPECT_EQ(c.Events()[1].syslog().message_bytes(), 3 * (sizeof kOld - 1));
}

TEST(SyslogTest, PartsThatAreMissingStayEmpty) {
  const struct {
    const char* text;
    const char* host;
    const char* application;
  } kCases[] = {
      {"<0>Use the BFG!", "", ""},
      {"<13>Oct  1 22:14:15 sshd[77]: hello", "", "sshd"},
      {"<13>2003-10-11T22:14:15.003Z host app: hello", "host", "app"},
      {"<13>kernel: hello", "", "kernel"},
      {"<13>1 - - - - - - hello", "", ""},
      {"<13>1 2003", "", ""},
      {"<13>", "", ""},
  };
  for (const auto& test : kCases) {
    Conversation c(kUdp, 514);
    c.Client(kOld).Client(test.text);
    ASSERT_THAT(c.Events(), SizeIs(2)) << test.text;
    EXPECT_EQ(c.Events()[1].syslog().hostname(), test.host) << test.text;
    EXPECT_EQ(c.Events()[1].syslog().application(), test.application)
        << test.text;
  }
}

TEST(SyslogTest, StreamsAreFramedByLengthOrLineEnd) {
  for (const size_t piece : {0, 1, 9}) {
    Conversation c(kTcp, 514);
    c.InPiecesOf(piece);
    const std::string old = kOld;
    c.Client(absl::StrCat(old.size(), " ", old, "\r\n"));
    c.Client(absl::StrCat(kNew, "\n", "<13>1 - h a - - - x\n")).End();
    ASSERT_THAT(c.Events(), SizeIs(3)) << piece;
    EXPECT_EQ(c.Events()[2].syslog().application(), "a");
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(SyslogTest, ALongLineInPiecesEndsWhereItEnds) {
  for (const size_t piece : {0, 1, 100}) {
    Conversation c(kTcp, 514);
    c.InPiecesOf(piece);
    // The second is shorter than what was looked through for the first; the
    // third begins as a length would, and is none.
    c.Client(absl::StrCat("<13>1 - h a - - - ", std::string(8000, 'x'), "\n"));
    c.Client(absl::StrCat("<14>1 - h b - - - x", std::string(1, '\0')));
    c.Client(absl::StrCat("1234567 ", std::string(100, 'x'), "\n"));
    c.Client("<15>1 - h d - - - x\n").End();
    ASSERT_THAT(c.Events(), SizeIs(3)) << piece;
    EXPECT_EQ(c.Events()[1].syslog().application(), "b");
    EXPECT_EQ(c.Events()[2].syslog().application(), "d");
    EXPECT_THAT(c.told().anomalies, ElementsAre("syslog.malformed"));
  }
}

TEST(SyslogTest, EachBrokenRuleIsNamed) {
  for (const char* bad : {"hello", "<192>x", "<1", "<>x", "<12345>x"}) {
    Conversation c(kUdp, 514);
    c.Client(kOld).Client(bad);
    EXPECT_THAT(c.told().anomalies, ElementsAre("syslog.malformed")) << bad;
  }
  Conversation c(kTcp, 514);
  c.Client(absl::StrCat(kOld, "\n", std::string(9000, 'x')));
  EXPECT_THAT(c.told().anomalies, ElementsAre("syslog.malformed"));
  EXPECT_FALSE(c.wants());
}

TEST(SyslogTest, AtMost32KindsAreTold) {
  Conversation c(kUdp, 514);
  for (int i = 0; i < 100; ++i) {
    c.Client(absl::StrCat("<13>1 - h app", i, " - - - x"));
  }
  EXPECT_THAT(c.Events(), SizeIs(syslog::kMaxKinds));
  EXPECT_THAT(c.told().anomalies, ElementsAre("syslog.too_many_kinds"));
  EXPECT_LT(c.peak_memory(), 16u << 10);
}

TEST(SyslogTest, EveryTruncationTellsAtMostOneMessage) {
  const std::string text = kNew;
  for (size_t size = 0; size <= text.size(); ++size) {
    Conversation c(kUdp, 514);
    c.Client(text.substr(0, size)).End();
    EXPECT_LE(c.Events().size(), 1u) << size;
  }
}

TEST(SyslogTest, OnOtherPortsTheHeaderDecides) {
  for (const char* text : {kNew, kOld, "<189>61: *Mar  1 18:46:11: %SYS-5"}) {
    Conversation c(kUdp, 9999);
    c.Client(text);
    EXPECT_EQ(c.told().protocol, Protocol::kSyslog) << text;
  }
  for (const char* text : {"<b>hello</b>", "<13>hello", "<?xml", "13 hello"}) {
    Conversation c(kUdp, 9999);
    c.Client(text);
    EXPECT_NE(c.told().protocol, Protocol::kSyslog) << text;
  }
}

}  // namespace
}  // namespace tapline::testing
