#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "absl/strings/str_split.h"
#include "fake_sensor.h"

namespace tapline {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

using Writer = FakeObserve::Writer;

std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, '\n');
}

void Send(const v1::Record& record, Writer* writer) {
  v1::WatchAlertsResponse response;
  *response.mutable_record() = record;
  writer->Write(response);
}

void SendGap(uint64_t count, Writer* writer) {
  v1::WatchAlertsResponse response;
  v1::Gap& gap = *response.mutable_gap();
  gap.set_kind(v1::RECORD_KIND_ALERT);
  gap.set_count(count);
  gap.set_reason("slow_reader");
  writer->Write(response);
}

void SendCheckpoint(const std::string& cursor, Writer* writer) {
  v1::WatchAlertsResponse response;
  response.mutable_checkpoint()->set_cursor(cursor);
  writer->Write(response);
}

class WatchTest : public ::testing::Test {
 protected:
  Output Run(const std::vector<std::string>& arguments) {
    return Netctl("unix://" + sensor_.socket(), arguments, &interrupt_);
  }
  FakeSensor sensor_;
  Interrupt interrupt_;
};

TEST_F(WatchTest, ATableGetsRecordsOnStdoutAndGapsOnStderr) {
  sensor_.observe.alerts = [](auto*, const v1::WatchAlertsRequest& request,
                              Writer* writer) {
    EXPECT_TRUE(request.range().follow());
    EXPECT_EQ(request.selector().min_severity(), v1::SEVERITY_HIGH);
    EXPECT_TRUE(request.include_updates());
    Send(AlertRecord(1, "one\x1b[31m"), writer);
    SendGap(12, writer);
    SendCheckpoint("c1", writer);
    return grpc::Status::OK;
  };
  sensor_.Start();
  const Output output =
      Run({"watch", "alerts", "--severity", "high", "--updates"});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_THAT(Lines(output.out),
              ElementsAre(StartsWith("TIME"), HasSubstr("one\\x1b[31m"), ""));
  EXPECT_THAT(output.err,
              HasSubstr("gap: 12 alert records lost (slow_reader)"));
}

TEST_F(WatchTest, JsonHasGapsAndCheckpointsInTheStream) {
  sensor_.observe.alerts = [](auto*, const auto&, Writer* writer) {
    Send(AlertRecord(1, "one"), writer);
    SendGap(12, writer);
    SendCheckpoint("c1", writer);
    return grpc::Status::OK;
  };
  sensor_.Start();
  const Output output = Run({"watch", "alerts", "-o", "json"});
  EXPECT_THAT(
      Lines(output.out),
      ElementsAre(StartsWith("{\"alert\":{"), StartsWith("{\"gap\":{"),
                  StartsWith("{\"checkpoint\":{\"cursor\":\"c1\""), ""));
  EXPECT_EQ(Run({"watch", "alerts", "--fail-on-loss"}).code, 7);
  EXPECT_THAT(Run({"watch", "alerts", "-o", "json", "--no-checkpoints"}).out,
              Not(HasSubstr("checkpoint")));
}

TEST_F(WatchTest, UntilAndNoFollowEndTheStream) {
  sensor_.observe.alerts = [](auto*, const v1::WatchAlertsRequest& request,
                              Writer*) {
    EXPECT_FALSE(request.range().follow());
    EXPECT_EQ(request.range().last(), 5u);
    return grpc::Status::OK;
  };
  sensor_.Start();
  EXPECT_EQ(Run({"watch", "alerts", "--no-follow", "--last", "5"}).code, 0);
  EXPECT_EQ(Run({"watch", "alerts", "--until", "now", "--last", "5"}).code, 0);
}

TEST_F(WatchTest, AfterARestartTheWatchGoesOnFromItsCheckpoint) {
  std::vector<v1::WatchAlertsRequest> requests;
  std::thread restart;
  sensor_.observe.alerts = [&](grpc::ServerContext* context,
                               const v1::WatchAlertsRequest& request,
                               Writer* writer) {
    requests.push_back(request);
    if (requests.size() > 1) {
      Send(AlertRecord(2, "two"), writer);
      return grpc::Status::OK;
    }
    Send(AlertRecord(1, "one"), writer);
    SendCheckpoint("c1", writer);
    restart = std::thread([&] {
      sensor_.Stop();
      sensor_.Start();
    });
    while (!context->IsCancelled()) std::this_thread::yield();
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down");
  };
  sensor_.Start();
  const Output output =
      Run({"watch", "alerts", "--since", "1h", "--last", "3", "-o", "name"});
  restart.join();
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_EQ(output.out, "00000000deadbee1\n00000000deadbee2\n");
  EXPECT_THAT(output.err, AllOf(HasSubstr("connection lost"),
                                HasSubstr("connected again")));
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[1].range().cursor(), "c1");
  EXPECT_EQ(requests[1].range().last(), 0u);
  EXPECT_FALSE(requests[1].range().range().has_since());
}

TEST_F(WatchTest, WhatCameBehindTheCheckpointIsNotRepeated) {
  int calls = 0;
  sensor_.observe.alerts = [&](auto*, const v1::WatchAlertsRequest& request,
                               Writer* writer) {
    if (++calls == 1) {
      Send(AlertRecord(1, "one"), writer);
      SendCheckpoint("c1", writer);
      Send(AlertRecord(2, "two"), writer);
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down");
    }
    EXPECT_EQ(request.range().cursor(), "c1");
    Send(AlertRecord(2, "two"), writer);
    Send(AlertRecord(3, "three"), writer);
    return grpc::Status::OK;
  };
  sensor_.Start();
  EXPECT_EQ(Run({"watch", "alerts", "-o", "name"}).out,
            "00000000deadbee1\n00000000deadbee2\n00000000deadbee3\n");
}

TEST_F(WatchTest, WithoutACheckpointItGoesOnByTimeAndRepeatsNothing) {
  int calls = 0;
  sensor_.observe.alerts = [&](auto*, const v1::WatchAlertsRequest& request,
                               Writer* writer) {
    Send(AlertRecord(1, "one"), writer);
    if (++calls == 1) {
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down");
    }
    EXPECT_EQ(request.range().range().since().seconds(), 1'700'000'000);
    Send(AlertRecord(2, "two"), writer);
    return grpc::Status::OK;
  };
  sensor_.Start();
  EXPECT_EQ(Run({"watch", "alerts", "-o", "name"}).out,
            "00000000deadbee1\n00000000deadbee2\n");
}

TEST_F(WatchTest, HistoryThatIsNotInTheOrderOfSequencesIsShownWhole) {
  sensor_.observe.alerts = [](auto*, const auto&, Writer* writer) {
    for (int sequence : {5, 3, 4}) Send(AlertRecord(sequence, "one"), writer);
    return grpc::Status::OK;
  };
  sensor_.Start();
  EXPECT_EQ(Run({"watch", "alerts", "-o", "name"}).out,
            "00000000deadbee5\n00000000deadbee3\n00000000deadbee4\n");
}

TEST_F(WatchTest, ACursorTheNewSensorDoesNotKnowIsSaidAndCountsAsLoss) {
  int calls = 0;
  sensor_.observe.alerts = [&](auto*, const v1::WatchAlertsRequest& request,
                               Writer* writer) {
    switch (++calls) {
      case 1:
        Send(AlertRecord(1, "one"), writer);
        SendCheckpoint("c1", writer);
        return grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down");
      case 2:
        EXPECT_EQ(request.range().cursor(), "c1");
        return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no cursor");
      default:
        EXPECT_EQ(request.range().cursor(), "");
        return grpc::Status::OK;
    }
  };
  sensor_.Start();
  const Output output = Run({"watch", "alerts", "--fail-on-loss"});
  EXPECT_EQ(output.code, 7);
  EXPECT_THAT(output.err, HasSubstr("does not know where this watch was"));
}

TEST_F(WatchTest, AStalledWatchGoesOnFromItsCheckpoint) {
  int calls = 0;
  sensor_.observe.alerts = [&](auto*, const v1::WatchAlertsRequest& request,
                               Writer* writer) {
    if (++calls == 1) {
      SendCheckpoint("c1", writer);
      return ErrorWithReason(grpc::StatusCode::ABORTED, "took nothing",
                             "STALLED");
    }
    EXPECT_EQ(request.range().cursor(), "c1");
    return grpc::Status::OK;
  };
  sensor_.Start();
  const Output output = Run({"watch", "alerts"});
  EXPECT_EQ(output.code, 0);
  EXPECT_EQ(calls, 2);
  EXPECT_THAT(output.err, HasSubstr("going on from there"));
}

TEST_F(WatchTest, ARefusalIsNotTriedAgain) {
  int calls = 0;
  sensor_.observe.alerts = [&](auto*, const auto&, Writer*) {
    ++calls;
    return ErrorWithReason(grpc::StatusCode::PERMISSION_DENIED,
                           "role reader needed", "ROLE_REQUIRED");
  };
  sensor_.Start();
  const Output output = Run({"watch", "alerts"});
  EXPECT_EQ(output.code, 4);
  EXPECT_THAT(output.err, HasSubstr("ROLE_REQUIRED"));
  EXPECT_EQ(calls, 1);
}

TEST_F(WatchTest, AnInterruptEndsTheWatchWithCode130) {
  sensor_.observe.alerts = [&](grpc::ServerContext* context, const auto&,
                               Writer* writer) {
    Send(AlertRecord(1, "one"), writer);
    interrupt_.Set();
    while (!context->IsCancelled()) std::this_thread::yield();
    return grpc::Status::OK;
  };
  sensor_.Start();
  EXPECT_EQ(Run({"watch", "alerts"}).code, 130);
}

TEST_F(WatchTest, AReaderThatGoesAwayEndsTheWatchQuietly) {
  signal(SIGPIPE, SIG_IGN);
  sensor_.observe.alerts = [](grpc::ServerContext* context, const auto&,
                              Writer* writer) {
    for (uint64_t i = 1; !context->IsCancelled(); ++i) {
      Send(AlertRecord(i, "one"), writer);
    }
    return grpc::Status::OK;
  };
  sensor_.Start();
  int out[2];
  ASSERT_EQ(pipe(out), 0);
  close(out[0]);
  int err[2];
  ASSERT_EQ(pipe(err), 0);
  Terminal terminal(out[1], err[1]);
  EXPECT_EQ(
      RunNetctl({"--address", "unix://" + sensor_.socket(), "watch", "alerts"},
                terminal, interrupt_),
      0);
  close(out[1]);
  close(err[1]);
  char byte;
  EXPECT_EQ(read(err[0], &byte, 1), 0);
  close(err[0]);
}

}  // namespace
}  // namespace tapline
