#include "sensord/control/capture_control.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "control_harness.h"
#include "tests/support/log_capture.h"
#include "tests/support/status_matchers.h"

namespace tapline {
namespace {

using testing::CountingSink;
using testing::FakeSources;
using testing::StatusIs;
using testing::TestPolicy;

class CaptureControlTest : public ::testing::Test {
 protected:
  v1::StartCaptureRequest Request(const std::string& interface,
                                  const std::string& bpf = "") {
    v1::StartCaptureRequest request;
    request.set_interface(interface);
    request.set_bpf(bpf);
    return request;
  }

  const RealClock clock_;
  const Sources sources_ = FakeSources(40);
  CountingSink sink_;
  CaptureControl control_{sources_, {}, sink_, clock_};
};

TEST_F(CaptureControlTest, WithoutARequestTheConfiguredInterfaceIsTaken) {
  absl::StatusOr<v1::CaptureStatus> status = control_.Start({}, TestPolicy());
  ASSERT_OK(status);
  EXPECT_EQ(status->state(), v1::CAPTURE_STATE_RUNNING);
  EXPECT_EQ(status->interface(), "first0");
}

TEST_F(CaptureControlTest, ABadFilterIsRefusedAndThePreviousCaptureGoesOn) {
  ASSERT_OK(control_.Start(Request("first0", "tcp"), TestPolicy()));
  EXPECT_THAT(control_.Start(Request("first0", "bad"), TestPolicy()),
              StatusIs(absl::StatusCode::kInvalidArgument, "syntax error"));
  const v1::CaptureStatus status = control_.Status();
  EXPECT_EQ(status.state(), v1::CAPTURE_STATE_RUNNING);
  EXPECT_EQ(status.bpf(), "tcp");
}

TEST_F(CaptureControlTest, APolicyThatComesWhileACaptureOpensIsInForce) {
  auto newer = std::make_shared<Policy>(*TestPolicy());
  newer->revision = 8;
  Sources sources = sources_;
  CaptureControl* control = nullptr;
  sources.live = [&](const v1::CaptureConfig& config) {
    control->SetPolicy(newer);
    return sources_.live(config);
  };
  CaptureControl own(sources, {}, sink_, clock_);
  control = &own;
  auto older = std::make_shared<Policy>(*TestPolicy());
  older->revision = 7;
  ASSERT_OK(own.Start(Request("first0"), older));
  const absl::Time limit = absl::Now() + absl::Seconds(10);
  while (own.Status().policy_revision() != 8 && absl::Now() < limit) {
    std::this_thread::yield();
  }
  EXPECT_EQ(own.Status().policy_revision(), 8u);
}

TEST_F(CaptureControlTest, TheLogSaysWhatIsCapturedAndWhatWasRefused) {
  testing::LogCapture log;
  PipelineDefaults defaults;
  defaults.log = log.log();
  CaptureControl own(sources_, defaults, sink_, clock_);
  EXPECT_FALSE(own.Start(Request("none0"), TestPolicy()).ok());
  ASSERT_OK(own.Start(Request("first0", "host 192.0.2.1"), TestPolicy()));
  EXPECT_FALSE(own.Start(Request("first0", "bad"), TestPolicy()).ok());
  ASSERT_OK(own.Stop());
  const std::string text = log.Text();
  for (const char* line :
       {"warning capture_refused interface=none0 error=",
        "info capture_started interface=first0 link_type=EN10MB workers=",
        "error=\"syntax error in filter\" running=true",
        "info capture_stopped interface=first0 packets="}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
  // Filters name addresses.
  EXPECT_NE(text.find("filter_bytes=14"), std::string::npos) << text;
  EXPECT_EQ(text.find("192.0.2.1"), std::string::npos) << text;
}

PolicyPtr FullMode(int64_t seconds) {
  auto policy = std::make_shared<Policy>(*TestPolicy());
  policy->config.mutable_packets()->set_mode(v1::CAPTURE_MODE_FULL);
  policy->config.mutable_packets()->mutable_full_for()->set_seconds(seconds);
  return policy;
}

TEST_F(CaptureControlTest, FullModeIsToldBeforeItBegins) {
  testing::LogCapture log;
  PipelineDefaults defaults;
  defaults.log = log.log();
  CaptureControl own(sources_, defaults, sink_, clock_);
  ASSERT_OK(own.Start(Request("first0"), TestPolicy()));
  EXPECT_EQ(own.Status().mode(), v1::CAPTURE_MODE_METADATA);
  EXPECT_FALSE(own.Packets()->payload());
  EXPECT_EQ(log.Text().find("full_mode"), std::string::npos);
  ASSERT_OK(own.Start(Request("first0"), FullMode(3600)));
  EXPECT_EQ(own.Status().mode(), v1::CAPTURE_MODE_FULL);
  EXPECT_TRUE(own.Packets()->payload());
  const std::string text = log.Text();
  const size_t on = text.find("warning full_mode_on interface=first0 frames=");
  ASSERT_NE(on, std::string::npos) << text;
  EXPECT_LT(on, text.find("full=true"));
}

TEST_F(CaptureControlTest, FullModeEndsByItself) {
  testing::LogCapture log;
  PipelineDefaults defaults;
  defaults.log = log.log();
  CaptureControl own(sources_, defaults, sink_, clock_);
  ASSERT_OK(own.Start(Request("first0"), FullMode(0)));
  EXPECT_EQ(own.Status().mode(), v1::CAPTURE_MODE_METADATA);
  EXPECT_FALSE(own.Packets()->payload());
  const std::string text = log.Text();
  EXPECT_NE(text.find("warning full_mode_over"), std::string::npos) << text;
}

TEST_F(CaptureControlTest, AStopDoesNotMakeFullModeLast) {
  ASSERT_OK(control_.Start(Request("first0"), FullMode(0)));
  ASSERT_OK(control_.Stop());
  EXPECT_FALSE(control_.Packets()->payload());
}

TEST_F(CaptureControlTest, SwitchingClosesTheFlowsOfTheOldInterface) {
  ASSERT_OK(control_.Start(Request("first0"), TestPolicy()));
  while (control_.Status().packets() < 40) std::this_thread::yield();
  ASSERT_OK(control_.Start(Request("second0"), TestPolicy()));
  EXPECT_EQ(sink_.flows, 40u);
  EXPECT_EQ(control_.Status().interface(), "second0");
}

TEST_F(CaptureControlTest, OpenFlowsAreListedWhileTheyAreOpen) {
  ASSERT_OK(control_.Start(Request("first0"), TestPolicy()));
  while (control_.Status().packets() < 40) std::this_thread::yield();
  const OpenFlowList all = control_.OpenFlows({40, "", false});
  EXPECT_EQ(all.flows.size(), 40u);
  EXPECT_TRUE(all.complete);
  const OpenFlowList some = control_.OpenFlows({7, "", false});
  EXPECT_EQ(some.flows.size(), 7u);
  EXPECT_FALSE(some.complete);
  EXPECT_EQ(sink_.flows, 0u);
}

TEST_F(CaptureControlTest, ManyOpenFlowsOfAQuietLinkAreListedInTime) {
  constexpr size_t kFlows = 20'000;
  const Sources sources = testing::SourcesOf(testing::UdpFlows(kFlows),
                                             std::chrono::milliseconds(40));
  for (const uint32_t workers : {1u, 3u}) {
    CaptureControl own(sources, {}, sink_, clock_);
    v1::StartCaptureRequest request = Request("first0");
    request.set_workers(workers);
    ASSERT_OK(own.Start(request, TestPolicy()));
    while (own.Status().packets() < kFlows) std::this_thread::yield();
    const OpenFlowList list = own.OpenFlows({65'536, "", false});
    EXPECT_EQ(list.flows.size(), kFlows);
    EXPECT_TRUE(list.complete);
  }
}

TEST_F(CaptureControlTest, AnOpenFlowIsFoundByTheBeginningOfItsId) {
  constexpr size_t kFlows = 20'000;
  const Sources sources = testing::SourcesOf(testing::UdpFlows(kFlows));
  CaptureControl own(sources, {}, sink_, clock_);
  ASSERT_OK(own.Start(Request("first0"), TestPolicy()));
  while (own.Status().packets() < kFlows) std::this_thread::yield();
  const std::string id = own.OpenFlows({1, "", false}).flows.at(0).flow().id();
  for (const size_t digits : {16u, 14u}) {
    const OpenFlowList found = own.OpenFlows({2, id.substr(0, digits), false});
    ASSERT_EQ(found.flows.size(), 1u) << digits;
    EXPECT_TRUE(found.complete);
    EXPECT_EQ(found.flows[0].flow().id(), id);
  }
  EXPECT_TRUE(own.OpenFlows({2, "no id", false}).flows.empty());
  // Of one digit there are too many.
  EXPECT_FALSE(own.OpenFlows({2, id.substr(0, 1), false}).complete);
}

TEST_F(CaptureControlTest, OpenFlowsAreRedactedLikeRecordsOfTheJournal) {
  const Sources sources = testing::SourcesOf(testing::HttpFlow(
      "ghp_0123456789abcdefghijklmnopqrstuvwxyz.example.com"));
  CaptureControl own(sources, {}, sink_, clock_);
  ASSERT_OK(own.Start(Request("first0"), TestPolicy()));
  while (own.Status().packets() < 4) std::this_thread::yield();
  const std::vector<v1::Record> open = own.OpenFlows({1000, "", false}).flows;
  ASSERT_EQ(open.size(), 1u);
  const std::string& host = open[0].flow().application().host();
  EXPECT_NE(host.find("[redacted:"), std::string::npos) << host;
  EXPECT_EQ(open[0].DebugString().find("0123456789abcdef"), std::string::npos);
}

TEST_F(CaptureControlTest, StoppingTwiceIsRefused) {
  ASSERT_OK(control_.Start(Request("first0"), TestPolicy()));
  absl::StatusOr<v1::CaptureStatus> stopped = control_.Stop();
  ASSERT_OK(stopped);
  EXPECT_EQ(stopped->state(), v1::CAPTURE_STATE_IDLE);
  EXPECT_THAT(control_.Stop(),
              StatusIs(absl::StatusCode::kFailedPrecondition, "no capture"));
}

TEST_F(CaptureControlTest, AStartThatFailsIsToldByTheStatus) {
  EXPECT_THAT(control_.Start(Request("none0"), TestPolicy()),
              StatusIs(absl::StatusCode::kNotFound, "none0"));
  EXPECT_EQ(control_.Status().state(), v1::CAPTURE_STATE_FAILED);
  EXPECT_NE(control_.Status().reason().find("none0"), std::string::npos);
}

TEST_F(CaptureControlTest, ValuesOutOfRangeNameTheRange) {
  v1::StartCaptureRequest request = Request("first0");
  request.set_snap_length(10);
  EXPECT_THAT(control_.Start(request, TestPolicy()),
              StatusIs(absl::StatusCode::kInvalidArgument, "64..262144"));
}

}  // namespace
}  // namespace tapline
