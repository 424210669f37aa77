#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_sensor.h"

namespace tapline {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class CommandsTest : public NetctlTest {};

TEST_F(CommandsTest, WithoutASensorTheExitCodeIsFive) {
  const Output output = Run({"status"});
  EXPECT_EQ(output.code, 5);
  EXPECT_THAT(output.out, IsEmpty());
  EXPECT_THAT(output.err, AllOf(HasSubstr(sensor_.socket()),
                                HasSubstr("there is no such socket")));
}

TEST_F(CommandsTest, StatusIsOneScreenOrOneObject) {
  sensor_.sensor.status = [](v1::GetStatusResponse* r) {
    r->set_verdict(v1::VERDICT_DEGRADED);
    r->add_reasons("kernel drops\x1b[31m");
    r->mutable_capture()->set_state(v1::CAPTURE_STATE_RUNNING);
    r->mutable_capture()->set_interface("eth0");
    r->mutable_capture()->set_packets_per_second(12345);
    r->mutable_store()->set_directory("/var/lib/tapline");
    return grpc::Status::OK;
  };
  sensor_.Start();
  const Output screen = Run({"status"});
  EXPECT_EQ(screen.code, 0);
  EXPECT_THAT(screen.out, StartsWith("Verdict    DEGRADED\n"));
  EXPECT_THAT(screen.out, HasSubstr("- kernel drops\\x1b[31m\n"));
  EXPECT_THAT(screen.out, HasSubstr("running on eth0"));
  EXPECT_THAT(screen.out, HasSubstr("12.3 k packets/s"));
  EXPECT_THAT(screen.out, HasSubstr("NOT WRITABLE"));
  EXPECT_THAT(screen.err, IsEmpty());
  EXPECT_THAT(Run({"status", "-o", "json"}).out,
              StartsWith("{\"verdict\":\"VERDICT_DEGRADED\","));
}

TEST_F(CommandsTest, AListReadsPageAfterPageUpToItsLimit) {
  std::vector<std::string> tokens;
  sensor_.history.list_alerts = [&](const v1::ListAlertsRequest& request,
                                    v1::ListAlertsResponse* response) {
    tokens.push_back(request.page_token());
    EXPECT_EQ(request.selector().min_severity(), v1::SEVERITY_HIGH);
    EXPECT_EQ(request.selector().rules(0), "port_scan");
    EXPECT_TRUE(request.range().has_since());
    for (int i = 0; i < 2; ++i) {
      *response->add_records() = AlertRecord(i + 1, "a scan");
    }
    response->set_next_page_token("t" + std::to_string(tokens.size()));
    return grpc::Status::OK;
  };
  sensor_.Start();
  const Output output =
      Run({"list", "alerts", "--severity", "high", "--rule", "port_scan",
           "--since", "1h", "--limit", "5", "-o", "json"});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_THAT(tokens, ::testing::ElementsAre("", "t1", "t2"));
  EXPECT_EQ(std::count(output.out.begin(), output.out.end(), '\n'), 5);
  EXPECT_THAT(output.out,
              StartsWith("{\"alert\":{\"id\":\"00000000deadbee1\""));
}

TEST_F(CommandsTest, AListThatEndsBeforeTheLastRecordSaysSo) {
  sensor_.history.list_alerts = [](const v1::ListAlertsRequest& request,
                                   v1::ListAlertsResponse* response) {
    for (uint32_t i = 0; i < request.page_size() && i < 3; ++i) {
      *response->add_records() = AlertRecord(i + 1, "a scan");
    }
    if (request.page_size() < 3) response->set_next_page_token("t");
    return grpc::Status::OK;
  };
  sensor_.Start();
  for (const char* format : {"table", "json"}) {
    const Output cut = Run({"list", "alerts", "--limit", "2", "-o", format});
    EXPECT_EQ(cut.code, 0);
    EXPECT_THAT(cut.err, AllOf(HasSubstr("the first 2; there are more"),
                               HasSubstr("--limit, --all")));
    EXPECT_THAT(Run({"list", "alerts", "-o", format}).err, IsEmpty());
  }
}

TEST_F(CommandsTest, ATableOfAlertsHasIdsThatGetAndAckTake) {
  sensor_.history.list_alerts = [](const auto&,
                                   v1::ListAlertsResponse* response) {
    *response->add_records() = AlertRecord(1, "a scan");
    response->mutable_records(0)->mutable_alert()->set_id("4f0c12345678abcd");
    return grpc::Status::OK;
  };
  sensor_.Start();
  const std::string table = Run({"list", "alerts"}).out;
  EXPECT_THAT(table, AllOf(HasSubstr("ID        SEVERITY"),
                           HasSubstr("4f0c1234  HIGH")));
  for (const char* format : {"wide", "csv", "json", "name"}) {
    EXPECT_THAT(Run({"list", "alerts", "-o", format}).out,
                HasSubstr("4f0c12345678abcd"))
        << format;
  }
}

TEST_F(CommandsTest, TheVersionOfNetctlIsToldWithoutASensorToo) {
  const Output output = Run({"version"});
  EXPECT_EQ(output.code, 5);
  EXPECT_EQ(output.out, "netctl " + std::string(kNetctlVersion) + "\n");
  EXPECT_THAT(output.err, HasSubstr("cannot reach sensord"));
}

TEST_F(CommandsTest, AnEmptyListIsOnlyItsHeaderAndMayFail) {
  sensor_.history.list_alerts = [](const auto&, auto*) {
    return grpc::Status::OK;
  };
  sensor_.Start();
  const Output output = Run({"list", "alerts"});
  EXPECT_EQ(output.code, 0);
  EXPECT_THAT(output.out, StartsWith("TIME"));
  EXPECT_EQ(Run({"list", "alerts", "--fail-empty"}).code, 3);
  EXPECT_THAT(Run({"list", "alerts", "-o", "csv"}).out, StartsWith("time,id,"));
}

TEST_F(CommandsTest, AnUnknownAlertIsExitCodeThreeWithItsReason) {
  sensor_.history.get_alert = [](const auto&, auto*) {
    return ErrorWithReason(grpc::StatusCode::NOT_FOUND, "there is no alert ab",
                           "ALERT_NOT_FOUND");
  };
  sensor_.Start();
  const Output output = Run({"get", "alert", "ab"});
  EXPECT_EQ(output.code, 3);
  EXPECT_EQ(output.err, "netctl: there is no alert ab (ALERT_NOT_FOUND)\n");
}

TEST_F(CommandsTest, AnAlertIsShownWithAllItsFields) {
  sensor_.history.get_alert = [](const v1::GetAlertRequest& request,
                                 v1::GetAlertResponse* response) {
    EXPECT_EQ(request.id(), "dead");
    *response->mutable_record() = AlertRecord(1, "a scan");
    return grpc::Status::OK;
  };
  sensor_.Start();
  EXPECT_THAT(Run({"get", "alert", "dead"}).out,
              AllOf(StartsWith("---\nalert:\n"),
                    HasSubstr("severity: \"SEVERITY_HIGH\"")));
}

TEST_F(CommandsTest, AListSaysWhatIsMissingOnStderr) {
  sensor_.history.list_alerts = [](const v1::ListAlertsRequest&,
                                   v1::ListAlertsResponse* response) {
    *response->add_records() = AlertRecord(1, "a scan");
    v1::Gap& gap = *response->add_gaps();
    gap.set_kind(v1::RECORD_KIND_ALERT);
    gap.set_reason("unclean_stop");
    gap.mutable_lost_since()->set_seconds(1'700'000'000);
    gap.mutable_available_from()->set_seconds(1'700'000'007);
    return grpc::Status::OK;
  };
  sensor_.Start();
  const Output output = Run({"list", "alerts", "-o", "json"});
  EXPECT_EQ(output.code, 0);
  EXPECT_THAT(output.out, StartsWith("{\"alert\":"));
  EXPECT_THAT(output.err,
              HasSubstr("alert records lost, not known how many "
                        "(unclean_stop), from 2023-11-14T22:13:20Z to "
                        "2023-11-14T22:13:27Z"));
}

TEST_F(CommandsTest, AcknowledgingSendsTheNote) {
  sensor_.history.acknowledge = [](const v1::AcknowledgeAlertRequest& request,
                                   v1::AcknowledgeAlertResponse* response) {
    EXPECT_EQ(request.note(), "ours");
    *response->mutable_record() = AlertRecord(1, "a scan");
    response->mutable_record()->mutable_alert()->set_acknowledged_by("ann");
    return grpc::Status::OK;
  };
  sensor_.Start();
  EXPECT_THAT(Run({"ack", "alert", "dead", "--note", "ours"}).out,
              HasSubstr("acknowledged by ann\n"));
}

TEST_F(CommandsTest, AnAmbiguousIdIsRefusedWithItsCandidates) {
  sensor_.history.get_alert = [](const v1::GetAlertRequest& request,
                                 v1::GetAlertResponse* response) {
    if (request.source_id().empty()) {
      return ErrorWithReason(grpc::StatusCode::FAILED_PRECONDITION,
                             "several alerts fit \"dead\": live/dead, r1/dead",
                             "ID_AMBIGUOUS");
    }
    EXPECT_EQ(request.source_id(), "r1");
    EXPECT_EQ(request.id(), "dead");
    *response->mutable_record() = AlertRecord(1, "a scan");
    return grpc::Status::OK;
  };
  sensor_.history.acknowledge = [](const v1::AcknowledgeAlertRequest& request,
                                   v1::AcknowledgeAlertResponse* response) {
    EXPECT_EQ(request.source_id(), "r1");
    *response->mutable_record() = AlertRecord(1, "a scan");
    return grpc::Status::OK;
  };
  sensor_.Start();
  const Output refused = Run({"get", "alert", "dead"});
  EXPECT_EQ(refused.code, 6);
  EXPECT_THAT(refused.err, HasSubstr("live/dead, r1/dead"));
  EXPECT_EQ(Run({"get", "alert", "DEAD", "--source", "r1"}).code, 0);
  EXPECT_EQ(Run({"ack", "alert", "dead", "--source", "r1"}).code, 0);
}

TEST_F(CommandsTest, ASettingIsSentAndARefusalNamesThePath) {
  sensor_.policy.update = [](const v1::UpdateSettingsRequest& request,
                             v1::UpdateSettingsResponse* response) {
    if (request.settings(0).value() == "1") {
      return ErrorWithReason(grpc::StatusCode::INVALID_ARGUMENT,
                             "detect.port_scan.min_ports: out of range",
                             "SETTING_INVALID");
    }
    *response->add_settings() = request.settings(0);
    return grpc::Status::OK;
  };
  sensor_.Start();
  const std::string path = "detect.port_scan.min_ports";
  EXPECT_THAT(Run({"set", path, "20"}).out,
              AllOf(HasSubstr(path), HasSubstr("20")));
  const Output output = Run({"set", path, "1"});
  EXPECT_EQ(output.code, 2);
  EXPECT_THAT(output.err, HasSubstr(path + ": out of range"));
}

TEST_F(CommandsTest, ASettingThatWaitsForARestartSaysForWhich) {
  sensor_.policy.update = [](const v1::UpdateSettingsRequest& request,
                             v1::UpdateSettingsResponse* response) {
    v1::Setting& setting = *response->add_settings();
    setting = request.settings(0);
    setting.set_needs_restart(true);
    setting.set_pending_restart(
        setting.path() == "capture.snap_length" ? "capture" : "sensor");
    return grpc::Status::OK;
  };
  sensor_.Start();
  const Output capture = Run({"set", "capture.snap_length", "128"});
  EXPECT_EQ(capture.code, 0);
  EXPECT_THAT(capture.out, HasSubstr("NOT YET"));
  EXPECT_THAT(capture.err, HasSubstr("until capture restarts ('netctl stop"));
  EXPECT_THAT(capture.err, HasSubstr("capture.snap_length"));
  EXPECT_THAT(Run({"set", "rings.alerts", "128"}).err,
              HasSubstr("until sensord restarts: rings.alerts"));
}

TEST_F(CommandsTest, AFilterThatStaysIsTold) {
  sensor_.sensor.start = [](const v1::StartCaptureRequest& request,
                            v1::StartCaptureResponse* response) {
    response->mutable_capture()->set_bpf(request.has_bpf() ? request.bpf()
                                                           : "not port 22");
    return grpc::Status::OK;
  };
  sensor_.Start();
  EXPECT_THAT(Run({"start", "capture"}).err, HasSubstr("--no-bpf removes it"));
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"--bpf", "tcp"}, {"--no-bpf"}}) {
    std::vector<std::string> arguments = {"start", "capture"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    EXPECT_THAT(Run(arguments).err, IsEmpty());
  }
  EXPECT_EQ(Run({"start", "capture", "--bpf", "tcp", "--no-bpf"}).code, 2);
}

TEST_F(CommandsTest, StartCaptureSendsOnlyWhatWasGiven) {
  sensor_.sensor.start = [](const v1::StartCaptureRequest& request,
                            v1::StartCaptureResponse* response) {
    EXPECT_EQ(request.interface(), "eth1");
    EXPECT_FALSE(request.has_promiscuous());
    EXPECT_FALSE(request.has_snap_length());
    if (request.bpf() == "tcp prot 80") {
      return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT,
                          "bpf: syntax error");
    }
    response->mutable_capture()->set_state(v1::CAPTURE_STATE_RUNNING);
    response->mutable_capture()->set_interface("eth1");
    return grpc::Status::OK;
  };
  sensor_.Start();
  EXPECT_EQ(Run({"start", "capture", "-i", "eth1"}).out,
            "capture is running on eth1\n");
  const Output bad =
      Run({"start", "capture", "-i", "eth1", "--bpf", "tcp prot 80"});
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err, HasSubstr("syntax error"));
}

TEST_F(CommandsTest, AMethodTheSensorDoesNotHaveIsExplained) {
  sensor_.Start();
  const Output output = Run({"loss"});
  EXPECT_EQ(output.code, 1);
  EXPECT_THAT(output.err, HasSubstr("of another version"));
}

TEST_F(CommandsTest, CompletionAndHelpNeedNoSensor) {
  const Output completion = Run({"completion", "bash"});
  EXPECT_EQ(completion.code, 0);
  EXPECT_THAT(completion.out, HasSubstr("complete -o default -F _netctl"));
  EXPECT_THAT(Run({"watch", "alerts", "--help"}).out,
              HasSubstr("Usage: netctl watch alerts"));
}

}  // namespace
}  // namespace tapline
