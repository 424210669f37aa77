#include "sensord/inspect/expert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "finding_cases.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<FindingCase> AllCases() {
  std::vector<FindingCase> all = TransportCases();
  for (const auto& cases : {FlowCases(), DnsCases(), HttpCases(), TlsCases(),
                            ServiceCases(), LoginCases()}) {
    all.insert(all.end(), cases.begin(), cases.end());
  }
  return all;
}

const v1::Finding* Find(const std::vector<v1::Finding>& findings,
                        const std::string& code) {
  for (const v1::Finding& finding : findings) {
    if (finding.code() == code) return &finding;
  }
  return nullptr;
}

TEST(ExpertTest, AnOrdinaryFlowHasNothingOdd) {
  EXPECT_THAT(Examine(FlowStory().Facts()), IsEmpty());
}

TEST(ExpertTest, EveryFindingComesAtItsThresholdAndNotBelow) {
  for (const FindingCase& c : AllCases()) {
    SCOPED_TRACE(c.code);
    FlowStory has;
    c.fires(has);
    const std::vector<v1::Finding> found = Examine(has.Facts());
    EXPECT_NE(Find(found, c.code), nullptr);
    FlowStory has_not;
    c.silent(has_not);
    const std::vector<v1::Finding> rest = Examine(has_not.Facts());
    EXPECT_EQ(Find(rest, c.code), nullptr);
  }
}

TEST(ExpertTest, EveryLineOfTheListHasACase) {
  std::set<std::string> tested;
  for (const FindingCase& c : AllCases()) tested.insert(c.code);
  for (const FindingKind& kind : AllFindings()) {
    EXPECT_TRUE(tested.count(std::string(kind.code))) << kind.code;
  }
}

TEST(ExpertTest, AFindingExplainsItself) {
  for (const FindingCase& c : AllCases()) {
    SCOPED_TRACE(c.code);
    FlowStory story;
    c.fires(story);
    for (const v1::Finding& finding : Examine(story.Facts())) {
      EXPECT_NE(finding.severity(), v1::FINDING_SEVERITY_UNSPECIFIED);
      EXPECT_NE(finding.category(), v1::FINDING_CATEGORY_UNSPECIFIED);
      EXPECT_FALSE(finding.summary().empty());
      EXPECT_FALSE(finding.action().empty());
      EXPECT_GE(finding.evidence_size(), 1);
      EXPECT_GE(finding.count(), 1u);
      EXPECT_TRUE(finding.has_time());
      EXPECT_EQ(finding.flow_id(), "00000000000000f1");
    }
  }
}

TEST(ExpertTest, CodesAreWrittenOnceAndBySubject) {
  std::set<absl::string_view> codes;
  for (const FindingKind& kind : AllFindings()) {
    EXPECT_TRUE(codes.insert(kind.code).second) << kind.code;
    EXPECT_EQ(std::count(kind.code.begin(), kind.code.end(), '.'), 1);
  }
}

TEST(ExpertTest, TheWorstComesFirst) {
  FlowStory story;
  story.flow.mutable_from_originator()->set_packets(100'000);
  story.flow.mutable_from_originator()->set_zero_windows(1);
  for (int i = 0; i < 3; ++i) story.Alert("port_scan");
  const std::vector<v1::Finding> found = Examine(story.Facts());
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].code(), "flow.many_alerts");
  EXPECT_EQ(found[1].code(), "tcp.zero_window");
  EXPECT_EQ(found[2].code(), "flow.many_packets");
  EXPECT_THAT(
      found[0].alert_ids(),
      ElementsAre("000000000000a001", "000000000000a002", "000000000000a003"));
}

TEST(ExpertTest, ManyRetransmissionsAreMoreThanANote) {
  FlowStory story;
  story.flow.mutable_from_originator()->set_packets(61);
  story.flow.mutable_from_originator()->set_retransmissions(3);
  EXPECT_EQ(Examine(story.Facts())[0].severity(), v1::FINDING_SEVERITY_NOTE);
  story.flow.mutable_from_originator()->set_packets(60);
  const v1::Finding finding = Examine(story.Facts())[0];
  EXPECT_EQ(finding.code(), "tcp.retransmission");
  EXPECT_EQ(finding.severity(), v1::FINDING_SEVERITY_WARN);
  EXPECT_EQ(finding.count(), 3u);
  EXPECT_EQ(finding.evidence(0).seen(), "3");
  EXPECT_EQ(finding.evidence(0).threshold(), "at least 3");
  EXPECT_EQ(finding.evidence(1).seen(), "3 of 60 packets");
}

TEST(ExpertTest, AnEventFindingNamesItsEventsAndTheFirstTime) {
  FlowStory story;
  story.Udp().Application("dns", v1::BASIS_DECODED, v1::ENCRYPTION_CLEARTEXT);
  story.Port(53).Dns("fine.example");
  for (int i = 0; i < 12; ++i) story.Dns("a.example", 3);
  const std::vector<v1::Finding> found = Examine(story.Facts());
  const v1::Finding* finding = Find(found, "dns.nxdomain");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->count(), 12u);
  EXPECT_EQ(finding->event_ids_size(), 8);
  EXPECT_EQ(finding->event_ids(0), "0000000000000002");
  EXPECT_EQ(finding->time().nanos(), 2'000'000);
}

TEST(ExpertTest, TheSummarySaysWhatTheFlowIsAndCounts) {
  FlowStory story;
  story.flow.mutable_application()->set_host("www.example.com");
  story.flow.mutable_application()->add_earlier_protocols("smtp");
  story.flow.mutable_from_originator()->set_zero_windows(1);
  story.flow.set_icmp_errors(1);
  const FlowFacts facts = story.Facts();
  const v1::FindingSummary summary = Summarize(facts, Examine(facts));
  EXPECT_EQ(summary.notes(), 1u);
  EXPECT_EQ(summary.warnings(), 1u);
  EXPECT_EQ(summary.errors(), 0u);
  EXPECT_EQ(summary.text(),
            "tls after smtp to www.example.com, encrypted, 20 packets, 4000 "
            "bytes; tcp.zero_window");
}

TEST(ExpertTest, EvidenceIsBounded) {
  FlowStory story;
  for (int i = 0; i < 1000; ++i) {
    story.flow.add_anomalies(absl::StrCat("tcp.strange", i));
  }
  EXPECT_EQ(Examine(story.Facts())[0].evidence_size(), 16);
}

std::string TextOf(const FlowStory& story) {
  const FlowFacts facts = story.Facts();
  return Summarize(facts, {}).text();
}

TEST(ExpertTest, TheSummarySaysWhatHandshakesCameTo) {
  FlowStory story;
  v1::Tls& tls = *story.Event().mutable_tls();
  tls.set_version("TLS 1.3");
  tls.set_outcome(v1::HANDSHAKE_OUTCOME_ESTABLISHED);
  EXPECT_EQ(TextOf(story),
            "tls, encrypted, handshakes: TLS 1.3 established 1, 20 packets, "
            "4000 bytes");
  FlowStory quic;
  quic.Event().mutable_quic()->set_version("1");
  quic.events.back().mutable_quic()->set_state(v1::QUIC_STATE_CLOSED);
  quic.events.back().mutable_quic()->set_close_alert("handshake_failure");
  EXPECT_THAT(TextOf(quic),
              ::testing::HasSubstr("QUIC 1 closed (handshake_failure) 1"));
}

TEST(ExpertTest, TheSummaryAddsUpRequestsQueriesAndLogins) {
  FlowStory web;
  for (const uint32_t status : {200u, 204u, 404u, 0u}) {
    v1::Http& http = *web.Event().mutable_http();
    http.set_method(status == 404 ? "POST" : "GET");
    http.set_status(status);
    http.set_path("/secret");
  }
  EXPECT_THAT(TextOf(web),
              ::testing::HasSubstr("requests: GET 3, POST 1, answers: 2xx 2, "
                                   "4xx 1, unanswered 1, "));
  EXPECT_THAT(TextOf(web), ::testing::Not(::testing::HasSubstr("secret")));
  FlowStory names;
  names.Dns("a.example");
  names.Dns("b.example", 3).set_type(28);
  names.Dns("c.example", 3).set_type(28);
  names.Dns("d.example", 0, false).set_type(999);
  EXPECT_THAT(TextOf(names),
              ::testing::HasSubstr("queries: AAAA 2, A 1, TYPE999 1, answers: "
                                   "NXDOMAIN 2, NOERROR 1, unanswered 1, "));
  FlowStory mail;
  mail.Event().mutable_smtp()->set_login(v1::LOGIN_OUTCOME_FAILED);
  mail.Event().mutable_smtp()->set_login(v1::LOGIN_OUTCOME_FAILED);
  mail.Event().mutable_smtp()->set_login(v1::LOGIN_OUTCOME_SUCCEEDED);
  EXPECT_THAT(TextOf(mail),
              ::testing::HasSubstr(", login failed 2 times, login succeeded"));
  // A message that counts from the beginning repeats itself.
  FlowStory counted;
  for (const uint32_t failures : {1u, 2u, 2u}) {
    v1::Smtp& smtp = *counted.Event().mutable_smtp();
    smtp.set_login(v1::LOGIN_OUTCOME_FAILED);
    smtp.set_failed_logins(failures);
  }
  EXPECT_THAT(TextOf(counted), ::testing::HasSubstr(", login failed 2 times"));
}

TEST(ExpertTest, NoFlowMakesItsSummaryLong) {
  FlowStory story;
  for (uint32_t i = 0; i < 5'000; ++i) {
    story.Dns("a.example", i % 4'000).set_type(i);
    v1::Http& http = *story.Event().mutable_http();
    http.set_method(absl::StrFormat("M%d%s", i, std::string(500, 'X')));
    http.set_status(i % 1'000);
    story.Event().mutable_tls()->set_version(absl::StrFormat("TLS %d", i));
  }
  EXPECT_LT(TextOf(story).size(), 1'000u);
}

}  // namespace
}  // namespace tapline::testing
