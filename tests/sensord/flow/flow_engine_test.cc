#include "sensord/flow/flow_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow_harness.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(FlowEngineTest, AHandshakeIsToldStepByStep) {
  Traffic t;
  t.Handshake();
  Engine run;
  run.Take(t);
  EXPECT_THAT(Kinds(run.out),
              ElementsAre(SignalKind::kFlowOpened, SignalKind::kSyn,
                          SignalKind::kAnswered, SignalKind::kEstablished));
  const std::vector<FlowSummary> open = run.Open();
  ASSERT_THAT(open, SizeIs(1));
  EXPECT_EQ(open[0].tcp_state, TcpPhase::kEstablished);
  EXPECT_EQ(open[0].responder_rtt_ns, 1'000'000u);
  EXPECT_EQ(open[0].originator_rtt_ns, 1'000'000u);
  EXPECT_EQ(open[0].originator, Host(1));
  EXPECT_EQ(open[0].responder_port, 443);
}

TEST(FlowEngineTest, AnIdleFlowEndsAtItsDeadlineRoundedUpToTheTick) {
  Traffic t;
  t.clock = kStart + 1;
  t.Udp({1, 5000}, {2, 6000});
  Engine run;
  run.Take(t);
  run.AdvanceTo(kStart + 60 * kSecondNanos);
  EXPECT_THAT(run.Closed(), SizeIs(0));
  run.AdvanceTo(kStart + 500 * kSecondNanos);
  ASSERT_THAT(run.Closed(), SizeIs(1));
  const Signal closed = run.Of(SignalKind::kFlowClosed)[0];
  EXPECT_EQ(closed.clock, kStart + 60 * kSecondNanos + kTick);
  EXPECT_EQ(closed.phase, 0);
  EXPECT_EQ(closed.tie, closed.flow_id);
  EXPECT_EQ(run.Closed()[0].end, FlowEnd::kIdle);
}

TEST(FlowEngineTest, FinishEndsEveryFlowInOrderOfId) {
  Traffic t;
  for (uint16_t i = 0; i < 100; ++i) {
    t.Udp({1, static_cast<uint16_t>(2000 + i)}, {2, 6000});
  }
  Engine run;
  run.Take(t);
  run.Finish();
  const std::vector<FlowSummary> closed = run.Closed();
  ASSERT_THAT(closed, SizeIs(100));
  for (size_t i = 1; i < closed.size(); ++i) {
    EXPECT_LT(closed[i - 1].id, closed[i].id);
  }
  EXPECT_EQ(run.engine.counters().open_flows.Get(), 0u);
}

}  // namespace
}  // namespace tapline::testing
