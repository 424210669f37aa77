// TCP payload through the engine: what analyzers get to see, and what is told
// of what they do not (reliability.md 7). flow_acceptance_test.cc has packets
// that no host takes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "payload_harness.h"

namespace tapline::testing {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

class StreamsTest : public PayloadTest {};

TEST_F(StreamsTest, BothDirectionsComeInOrder) {
  t_.Handshake();
  Client(0, "GET ");
  Client(4, "/");
  Server(0, "200", kTcpAck, 5);
  EXPECT_EQ(Take(), ">GET /<200");
  EXPECT_THAT(Anomalies(), IsEmpty());
}

TEST_F(StreamsTest, WhatAnAnalyzerSaysTheFlowCarriesIsOnItsRecord) {
  t_.Handshake();
  Client(0, "hello");
  seen_.carries = "doh";
  Take();
  const std::vector<FlowSummary> open = engine_.Open();
  ASSERT_EQ(open.size(), 1u);
  EXPECT_STREQ(open[0].carries, "doh");
  EXPECT_EQ(open[0].carries_basis, ProtocolBasis::kInferred);
}

TEST_F(StreamsTest, EachAnomalyOfAnAnalyzerIsToldOnceAFlow) {
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back(absl::StrCat("test.rule_", i));
  for (const std::string& name : names) {
    seen_.anomalies.push_back(name.c_str());
  }
  t_.Handshake();
  Client(0, "ab");
  Client(2, "cd");
  Take();
  EXPECT_EQ(Anomalies(), names);
  const auto open = engine_.Open();
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(std::vector<std::string>(open[0].anomalies.begin(),
                                     open[0].anomalies.end()),
            names);
}

TEST_F(StreamsTest, SegmentsOutOfOrderWait) {
  t_.Handshake();
  Client(4, "/");
  Client(0, "GET ");
  EXPECT_EQ(Take(), ">GET /");
}

TEST_F(StreamsTest, AFlowWithoutPayloadCostsNothing) {
  t_.Handshake();
  Client(0, "", kTcpAck | kTcpFin);
  Server(0, "", kTcpAck | kTcpFin, 1);
  EXPECT_EQ(Take(), "");
}

TEST_F(StreamsTest, E14IdenticalRetransmissionsAreNotReadTwice) {
  t_.Handshake();
  Client(0, "abcd");
  Client(0, "abcd");
  Client(2, "cdef");
  EXPECT_EQ(Take(), ">abcdef");
  EXPECT_THAT(Anomalies(), Not(Contains("tcp.overlap_diff")));
}

TEST_F(StreamsTest, E15TheFirstOfTwoVersionsCountsAndTheFlowIsAmbiguous) {
  t_.Handshake();
  Client(0, "abcd");
  Client(2, "XYef");
  EXPECT_EQ(Take(), ">abcdef");
  EXPECT_THAT(Anomalies(), Contains("tcp.overlap_diff"));
  EXPECT_THAT(Anomalies(), Contains("flow.ambiguous"));
  const auto all = engine_.Of(SignalKind::kAnomaly);
  bool hashed = false;
  for (const Signal& s : all) {
    const AnomalyData& a = engine_.out.anomalies[s.detail];
    if (std::string(a.name) != "tcp.overlap_diff") continue;
    hashed = a.first_hash != a.other_hash && a.first_hash != 0;
  }
  EXPECT_TRUE(hashed);
}

TEST_F(StreamsTest, E16ChangedDataAfterTheAckIsNotRead) {
  t_.Handshake();
  Client(0, "abcd");
  Server(0, "", kTcpAck, 4);
  Client(0, "abXd");
  EXPECT_EQ(Take(), ">abcd");
  EXPECT_THAT(Anomalies(), Contains("tcp.overlap_diff"));
}

TEST_F(StreamsTest, E17DataBeyondTheWindowIsNotRead) {
  t_.Handshake();
  Client(0, "a");
  Server(0, "", kTcpAck, 1);
  Client(2'000'000'000, "zzz");
  Client(1, "b");
  EXPECT_EQ(Take(), ">ab");
  EXPECT_THAT(Anomalies(), Contains("tcp.out_of_window"));
}

TEST_F(StreamsTest, E20DataOfAFinIsReadThatOfAResetIsNot) {
  t_.Handshake();
  Client(0, "ab", kTcpAck | kTcpFin);
  Server(0, "cd", kTcpAck | kTcpRst, 3);
  EXPECT_EQ(Take(), ">ab");
}

TEST_F(StreamsTest, E21DataOfASynIsReadOnceTheSynAckTookIt) {
  for (const bool taken : {true, false}) {
    seen_ = {};
    Traffic t;
    Engine engine(SmallOptions(), std::make_unique<Recorders>(&seen_));
    std::swap(t, t_);
    Data(kClient, kServer, 1000, 0, "early", kTcpSyn);
    Take(engine);
    EXPECT_EQ(seen_.text, "");
    Data(kServer, kClient, 5000, taken ? 1006 : 1001, "", kTcpSyn | kTcpAck);
    Take(engine);
    EXPECT_EQ(seen_.text, taken ? ">early" : "");
    Client(taken ? 5 : 0, taken ? "late" : "early");
    Take(engine);
    EXPECT_EQ(seen_.text, taken ? ">earlylate" : ">early");
    std::swap(t, t_);
  }
}

TEST_F(StreamsTest, E21DataOfASynWithoutAnAnswerIsReadAtTheEnd) {
  Data(kClient, kServer, 1000, 0, "early", kTcpSyn);
  EXPECT_EQ(Take(), "");
  engine_.Finish();
  EXPECT_EQ(seen_.text, ">early.");
}

TEST_F(StreamsTest, E21UrgentDataOfASynThatNobodyTookIsNotRead) {
  Packet& syn = Data(kClient, kServer, 1000, 0, "early", kTcpSyn | kTcpUrg);
  syn.tcp_urgent = 3;
  Data(kServer, kClient, 5000, 1001, "", kTcpSyn | kTcpAck);
  EXPECT_EQ(Take(), "");
  Client(0, "late!");
  EXPECT_EQ(Take(), ">late!");
}

TEST_F(StreamsTest, E24ASynInAConnectionMovesNothing) {
  for (const uint32_t sequence : {1000u, 9000u}) {
    seen_ = {};
    Traffic t;
    Engine engine(SmallOptions(), std::make_unique<Recorders>(&seen_));
    std::swap(t, t_);
    t_.Handshake();
    Client(0, "ab");
    Data(kClient, kServer, sequence, 0, "XX", kTcpSyn);
    Client(2, "cd");
    Take(engine);
    EXPECT_EQ(seen_.text, ">abcd") << sequence;
    std::swap(t, t_);
  }
}

TEST_F(StreamsTest, NothingIsHiddenByASegmentFromFurtherOnWithoutPayload) {
  for (const uint8_t flags : {kTcpAck, kFa}) {
    seen_ = {};
    Traffic t;
    Engine engine(SmallOptions(), std::make_unique<Recorders>(&seen_));
    std::swap(t, t_);
    t_.Handshake();
    Client(400, "", flags);
    Client(900, "", flags);
    Client(0, "GET ");
    Client(4, "/");
    Server(700, "", kTcpAck, 5);
    Server(0, "200", kTcpAck, 5);
    Take(engine);
    EXPECT_EQ(seen_.text, ">GET /<200") << int{flags};
    std::swap(t, t_);
  }
}

TEST_F(StreamsTest, E25AStreamWrapsItsSequenceNumbers) {
  t_.Tcp(kClient, kServer, kTcpSyn, 0xfffffffd);
  t_.Tcp(kServer, kClient, kTcpSyn | kTcpAck, 5000, 0xfffffffe);
  Data(kClient, kServer, 0xfffffffe, 5001, "abcd", kTcpAck);
  Data(kClient, kServer, 2, 5001, "efgh", kTcpAck);
  EXPECT_EQ(Take(), ">abcdefgh");
}

TEST_F(StreamsTest, E26AKeepAliveOctetIsNotRead) {
  t_.Handshake();
  Client(0, "abcd");
  Client(3, "X");
  EXPECT_EQ(Take(), ">abcd");
  EXPECT_THAT(Anomalies(), IsEmpty());
}

TEST_F(StreamsTest, E28AnUrgentOctetIsLeftOut) {
  t_.Handshake();
  Packet& p = Client(0, "ab!cd", kTcpAck | kTcpUrg);
  p.tcp_urgent = 3;
  Client(5, "ef");
  EXPECT_EQ(Take(), ">abcdef");
  EXPECT_THAT(Anomalies(), Contains("tcp.urgent"));
}

TEST_F(StreamsTest, E28AnUrgentOctetThatComesAgainIsNoOtherOne) {
  t_.Handshake();
  Client(0, "ab!cd", kTcpAck | kTcpUrg).tcp_urgent = 3;
  Client(0, "ab!cd", kTcpAck | kTcpUrg).tcp_urgent = 3;
  Client(5, "ef");
  EXPECT_EQ(Take(), ">abcdef");
  EXPECT_THAT(Anomalies(), Not(Contains("tcp.overlap_diff")));
  EXPECT_THAT(Anomalies(), Not(Contains("flow.ambiguous")));
}

TEST_F(StreamsTest, E28AnUrgentOctetOutOfOrderIsReadAndTheFlowIsAmbiguous) {
  t_.Handshake();
  Client(2, "c!d", kTcpAck | kTcpUrg).tcp_urgent = 2;
  Client(0, "ab");
  EXPECT_EQ(Take(), ">abc!d");
  EXPECT_THAT(Anomalies(), Contains("tcp.urgent"));
  EXPECT_THAT(Anomalies(), Contains("flow.ambiguous"));
}

TEST_F(StreamsTest, E28ManyUrgentOctetsAreReadInLineAndTheFlowIsAmbiguous) {
  t_.Handshake();
  for (uint32_t i = 0; i < 65; ++i) {
    Client(i, "!", kTcpAck | kTcpUrg).tcp_urgent = 1;
  }
  EXPECT_EQ(Take(), ">!");
  EXPECT_THAT(Anomalies(), Contains("flow.ambiguous"));
}

TEST_F(StreamsTest, E30TheMiddleOfAConnectionIsReadFromWhereItIsSeen) {
  Client(70, "abc");
  Server(9, "xyz");
  EXPECT_EQ(Take(), ">abc<xyz");
}

TEST_F(StreamsTest, E30AKeepAliveBeforeItLeavesNoHole) {
  Client(69, "");
  Server(9, "", kTcpAck, 70);
  Client(70, "abc");
  EXPECT_EQ(Take(), ">abc");
  EXPECT_THAT(Anomalies(), Not(Contains("tcp.gap")));
}

TEST_F(StreamsTest, E31AReusedTupleIsAStreamOfItsOwn) {
  t_.Handshake();
  Client(0, "ab", kTcpAck | kTcpFin);
  Server(0, "", kTcpAck | kTcpFin, 3);
  Client(3, "", kTcpAck, 1);
  t_.Tcp(kClient, kServer, kTcpSyn, 9000);
  t_.Tcp(kServer, kClient, kTcpSyn | kTcpAck, 20000, 9001);
  Data(kClient, kServer, 9001, 20001, "new", kTcpAck);
  EXPECT_EQ(Take(), ">ab.new");
}

TEST_F(StreamsTest, E49ALossIsAGapInItsPlace) {
  t_.Handshake();
  Client(0, "ab");
  Client(4, "ef");
  Server(0, "", kTcpAck, 6);
  Client(6, "gh");
  EXPECT_EQ(Take(), ">ab(2)efgh");
  EXPECT_THAT(Anomalies(), Contains("tcp.gap"));
}

TEST_F(StreamsTest, E47WhatTheSnapLengthCutIsAGapWithoutAnAnomaly) {
  t_.Handshake();
  Packet& p = Client(0, "ab");
  p.payload_bytes = 5;
  Client(5, "fg");
  EXPECT_EQ(Take(), ">ab(3)fg");
  EXPECT_THAT(Anomalies(), IsEmpty());
}

TEST_F(StreamsTest, TheEndOfAConnectionEndsItsAnalysis) {
  t_.Handshake();
  Client(0, "ab", kTcpAck | kTcpFin);
  Server(0, "cd", kTcpAck | kTcpFin, 3);
  EXPECT_EQ(Take(), ">ab<cd.");
}

TEST_F(StreamsTest, WhatWaitsIsGivenAtTheEndOfTheFlow) {
  t_.Handshake();
  Client(2, "cd");
  Take();
  engine_.Finish();
  EXPECT_EQ(seen_.text, ">(2)cd.");
}

TEST_F(StreamsTest, AnAnalyzerThatHasEnoughIsLeftAlone) {
  seen_.enough = 3;
  t_.Handshake();
  Client(0, "ab");
  Client(2, "cd");
  engine_.Take(t_);
  engine_.Finish();
  EXPECT_EQ(seen_.text, ">ab");
}

TEST_F(StreamsTest, PastTheCapTheOldestAnalysisIsGivenUp) {
  seen_.held = 40 * 1024;
  t_.Handshake();
  Client(0, "ab");
  const End other{1, 40001};
  t_.Handshake(other, kServer);
  Data(other, kServer, 1001, 5001, "cd", kTcpAck);
  // The first flow's bytes come in vain.
  Client(2, "ef");
  EXPECT_EQ(Take(), ">abcd.");
  EXPECT_THAT(Anomalies(), Contains("analysis.evicted"));
}

}  // namespace
}  // namespace tapline::testing
