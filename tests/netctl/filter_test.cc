// Filters on the command line.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_sensor.h"

namespace tapline {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class FilterCommandsTest : public NetctlTest {
 protected:
  // The filter that a list sends.
  std::string Sent(std::vector<std::string> arguments) {
    std::string sent = "nothing";
    sensor_.history.list_alerts = [&](const v1::ListAlertsRequest& request,
                                      v1::ListAlertsResponse*) {
      sent = request.filter();
      return grpc::Status::OK;
    };
    arguments.insert(arguments.begin(), {"list", "alerts"});
    const Output output = Run(arguments);
    EXPECT_EQ(output.code, 0) << output.err;
    return sent;
  }
};

TEST_F(FilterCommandsTest, AFilterIsAnOptionOrStandsByItself) {
  sensor_.Start();
  EXPECT_EQ(Sent({}), "");
  EXPECT_EQ(Sent({"--filter", "severity == high"}), "severity == high");
  EXPECT_EQ(Sent({"severity == high"}), "severity == high");
  EXPECT_EQ(Sent({"severity", "==", "high", "--limit", "5"}),
            "severity == high");
  EXPECT_EQ(Sent({"--filter", "tcp or udp", "ip.src"}),
            "(tcp or udp) and (ip.src)");
}

TEST_F(FilterCommandsTest, AMistakeIsMarked) {
  sensor_.history.list_alerts = [](const v1::ListAlertsRequest&,
                                   v1::ListAlertsResponse*) {
    return ErrorWithReason(grpc::StatusCode::INVALID_ARGUMENT,
                           "filter: column 9: there is no field ip.adr",
                           "FILTER_INVALID", "9");
  };
  sensor_.Start();
  const Output output = Run({"list", "alerts", "tcp and ip.adr == 1.2.3.4"});
  EXPECT_EQ(output.code, 2);
  EXPECT_THAT(output.out, IsEmpty());
  EXPECT_THAT(output.err, HasSubstr("there is no field ip.adr"));
  EXPECT_THAT(output.err, HasSubstr("  tcp and ip.adr == 1.2.3.4\n"
                                    "          ^\n"));
}

TEST_F(FilterCommandsTest, AnExplanationNeedsNoSensor) {
  const Output output =
      Run({"watch", "events", "--explain-filter", "--filter",
           "dns.qry.name contains \"example\" and not ip.dst == 10.0.0.0/8"});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_THAT(output.out,
              AllOf(HasSubstr("dns.qry.name has \"example\" in it"),
                    HasSubstr("It can take: events"), HasSubstr("WHERE")));
  const Output bad = Run({"list", "flows", "--explain-filter", "tcp.prot"});
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err, AllOf(HasSubstr("did you mean tcp.port?"),
                             HasSubstr("  tcp.prot\n  ^\n")));
  EXPECT_EQ(Run({"list", "flows", "--explain-filter"}).code, 2);
}

TEST_F(FilterCommandsTest, AnExplanationAsksTheSensorForSavedFilters) {
  v1::SavedFilter web;
  web.set_name("web");
  web.set_filter("tcp.port == 443");
  sensor_.policy.filters = {web};
  sensor_.Start();
  const Output output =
      Run({"watch", "flows", "--explain-filter", "@web or udp"});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_THAT(output.out, AllOf(HasSubstr("Filter: tcp.port == 443 or udp"),
                                HasSubstr("(@web)")));
}

TEST_F(FilterCommandsTest, AFilterThatCanTakeNothingIsRemarkedOn) {
  sensor_.history.list_alerts = [](const v1::ListAlertsRequest&,
                                   v1::ListAlertsResponse*) {
    return grpc::Status::OK;
  };
  sensor_.Start();
  const Output output = Run({"list", "alerts", "dns.rcode == 3"});
  EXPECT_EQ(output.code, 0);
  EXPECT_THAT(output.err, HasSubstr("no alert has the fields"));
  EXPECT_THAT(Run({"list", "alerts", "severity == high"}).err, IsEmpty());
}

TEST_F(FilterCommandsTest, FieldsAreListedWithTypeUnitPrivacyAndMeaning) {
  const Output all = Run({"fields"});
  EXPECT_EQ(all.code, 0);
  EXPECT_THAT(all.out, HasSubstr("tcp.flags.reset"));
  const Output dns = Run({"fields", "dns.", "-o", "wide"});
  EXPECT_THAT(dns.out, AllOf(HasSubstr("dns.qry.name"), HasSubstr("name"),
                             HasSubstr("0..4095, RFC 6895 2.3."),
                             HasSubstr("ns"), Not(HasSubstr("tcp.port"))));
  const Output json = Run({"fields", "alert.severity", "-o", "json"});
  EXPECT_THAT(json.out,
              AllOf(HasSubstr("\"name\":\"alert.severity\""),
                    HasSubstr("\"kinds\":[\"RECORD_KIND_ALERT\"]"),
                    HasSubstr("[\"low\",\"medium\",\"high\",\"critical\"]")));
  EXPECT_EQ(Run({"fields", "nothing.begins.so"}).code, 3);
}

TEST_F(FilterCommandsTest, FiltersAreSavedAndListed) {
  sensor_.policy.save_filter = [](const v1::SaveFilterRequest& request,
                                  v1::SaveFilterResponse* response) {
    EXPECT_EQ(request.filter().name(), "web");
    EXPECT_EQ(request.filter().filter(), "tcp.port in {80, 443}");
    *response->mutable_filter() = request.filter();
    return grpc::Status::OK;
  };
  sensor_.Start();
  const Output saved =
      Run({"filter", "save", "web", "tcp.port in {80, 443}", "--comment", "w"});
  EXPECT_EQ(saved.code, 0) << saved.err;
  EXPECT_THAT(saved.out, HasSubstr("tcp.port in {80, 443}"));
  v1::SavedFilter one;
  one.set_name("dns");
  one.set_filter("udp.port == 53");
  sensor_.policy.filters = {one};
  for (const std::vector<std::string>& list :
       {std::vector<std::string>{"filter", "list"}, {"list", "filters"}}) {
    EXPECT_THAT(Run(list).out, HasSubstr("udp.port == 53"));
  }
}

TEST_F(FilterCommandsTest, ASuppressionMayHaveAFilter) {
  std::string sent;
  sensor_.policy.suppress = [&](const v1::CreateSuppressionRequest& request,
                                v1::CreateSuppressionResponse* response) {
    sent = request.suppression().filter();
    *response->mutable_suppression() = request.suppression();
    return grpc::Status::OK;
  };
  sensor_.Start();
  EXPECT_THAT(Run({"suppress", "add", "--filter", "rule == port_scan"}).out,
              HasSubstr("rule == port_scan"));
  EXPECT_EQ(sent, "rule == port_scan");
}

TEST_F(FilterCommandsTest, FieldsAreCompletedButNotPrescribed) {
  EXPECT_THAT(Run({"completion", "bash"}).out, HasSubstr("tcp.flags.reset"));
}

}  // namespace
}  // namespace tapline
