#include "sensord/analyze/analyze.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/config/config.h"
#include "tests/support/packet_builder.h"
#include "tests/support/pcap_writer.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace tapline::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

struct Said {
  int code = 0;
  std::string out;
  std::string err;
};

class AnalyzeTest : public ::testing::Test {
 protected:
  // 192.0.2.66 tries 12 ports of 192.0.2.1.
  std::string Scan() const {
    PcapWriter pcap;
    for (uint16_t port = 1; port <= 12; ++port) {
      pcap.Add(1'767'225'600'000'000'000 + port * 1'000'000,
               Ethernet(0x0800, Ipv4("192.0.2.66", "192.0.2.1", 6,
                                     Tcp(40000, port, 0x02))));
    }
    const std::string path = dir_.path() + "/scan.pcap";
    EXPECT_TRUE(pcap.Write(path));
    return path;
  }

  Said Run(std::vector<std::string> files, Format format, AnalyzeOnly only,
           const std::string& filter = "") {
    AnalyzeOptions options;
    FilterPtr compiled;
    if (!filter.empty()) {
      absl::StatusOr<FilterPtr> made = Filter::Compile(filter, {});
      EXPECT_OK(made);
      if (made.ok()) compiled = *std::move(made);
    }
    options.filter = compiled.get();
    options.files = std::move(files);
    options.print.format = format;
    options.only = only;
    auto policy = std::make_shared<Policy>();
    policy->config = config_;
    options.policy = std::move(policy);
    std::FILE* out = std::tmpfile();
    std::FILE* err = std::tmpfile();
    Said said;
    said.code = Analyze(options, out, err);
    said.out = Content(out);
    said.err = Content(err);
    return said;
  }

  static Said Show(const AnalyzeOptions& options) {
    std::FILE* out = std::tmpfile();
    std::FILE* err = std::tmpfile();
    Said said;
    said.code = ShowPacket(options, out, err);
    said.out = Content(out);
    said.err = Content(err);
    return said;
  }

  v1::Config config_ = DefaultConfig();
  const TempDir dir_;

 private:
  static std::string Content(std::FILE* file) {
    std::rewind(file);
    std::string text(1 << 20, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
    return text;
  }
};

TEST_F(AnalyzeTest, AFileThatCannotBeOpenedIsAnErrorAndNoReport) {
  const std::string none = dir_.path() + "/none.pcap";
  const Said table = Run({none}, Format::kTable, AnalyzeOnly::kAll);
  EXPECT_EQ(table.code, 1);
  EXPECT_THAT(table.out, IsEmpty());
  EXPECT_THAT(table.err, HasSubstr(none));
  // Programs get their summary in any case.
  const Said json = Run({none}, Format::kJson, AnalyzeOnly::kAll);
  EXPECT_EQ(json.code, 1);
  EXPECT_THAT(json.out, StartsWith("{\"summary\":{\"packets\":\"0\""));
  // What could be read is told.
  const Said both = Run({none, Scan()}, Format::kTable, AnalyzeOnly::kSummary);
  EXPECT_EQ(both.code, 1);
  EXPECT_THAT(both.out, HasSubstr("12 packets, "));
  EXPECT_THAT(both.err, HasSubstr(none));
}

TEST_F(AnalyzeTest, YamlIsYamlToTheSummary) {
  const Said summary = Run({Scan()}, Format::kYaml, AnalyzeOnly::kSummary);
  EXPECT_EQ(summary.code, 0);
  EXPECT_THAT(summary.out, AllOf(StartsWith("---\nsummary:\n"),
                                 HasSubstr("\n  alerts: \"1\"\n")));
  const Said all = Run({Scan()}, Format::kYaml, AnalyzeOnly::kAll);
  EXPECT_THAT(all.out, AllOf(StartsWith("---\n"), HasSubstr("---\nalert:\n"),
                             HasSubstr("---\nsummary:\n")));
}

TEST_F(AnalyzeTest, SuppressedAlertsAreInTheSummary) {
  v1::Suppression& suppression = *config_.add_suppressions();
  suppression.set_id("s1");
  suppression.set_rule("port_scan");
  const Said json = Run({Scan()}, Format::kJson, AnalyzeOnly::kAll);
  EXPECT_THAT(json.out, Not(HasSubstr("{\"alert\"")));
  EXPECT_THAT(json.out, AllOf(HasSubstr("\"alerts\":\"0\""),
                              HasSubstr("\"suppressed_alerts\":\"1\"")));
  EXPECT_THAT(Run({Scan()}, Format::kTable, AnalyzeOnly::kSummary).out,
              HasSubstr("0 alerts (1 more suppressed)\n"));
}

TEST_F(AnalyzeTest, TheSummaryAddsUpProtocolsOfAllFlows) {
  // Also of those that are not printed.
  const Said json = Run({Scan()}, Format::kJson, AnalyzeOnly::kSummary);
  EXPECT_THAT(json.out, HasSubstr("\"protocols\":[{\"protocol\":\"unknown\","
                                  "\"flows\":\"12\",\"packets\":\"12\","));
  EXPECT_THAT(Run({Scan()}, Format::kTable, AnalyzeOnly::kSummary).out,
              HasSubstr("\nprotocol unknown: 12 flows, 12 packets, 648 bytes "
                        "(100.0 %), 0.0 % encrypted\n"));
}

TEST_F(AnalyzeTest, WithAFilterTheSummaryCountsWhatMatches) {
  for (const AnalyzeOnly only : {AnalyzeOnly::kAll, AnalyzeOnly::kSummary}) {
    EXPECT_THAT(
        Run({Scan()}, Format::kTable, only, "flow and tcp.port <= 3").out,
        AllOf(HasSubstr("\nwhole capture: 12 packets, 648 bytes in "),
              HasSubstr("\nmatching the filter: 3 of 12 flows, 0 of 0 events, "
                        "0 of 1 alerts\n"
                        "protocol unknown: 3 flows, 3 packets, 162 bytes ")));
    EXPECT_THAT(
        Run({Scan()}, Format::kJson, only, "flow and tcp.port <= 3").out,
        AllOf(HasSubstr("\"summary\":{\"packets\":\"12\","
                        "\"bytes\":\"648\",\"flows\":\"3\","
                        "\"events\":\"0\",\"alerts\":\"0\""),
              HasSubstr("\"protocol\":\"unknown\",\"flows\":\"3\"")));
    EXPECT_THAT(Run({Scan()}, Format::kTable, only, "rule == port_scan").out,
                HasSubstr("\nmatching the filter: 0 of 12 flows, 0 of 0 "
                          "events, 1 of 1 alerts\n"));
  }
}

TEST_F(AnalyzeTest, AFilterThatTakesEverythingChangesNoCount) {
  const auto counted = [](std::string json) {
    const size_t seconds = json.find("\"seconds\":");
    return json.erase(seconds, json.find(',', seconds) - seconds);
  };
  const std::string all =
      Run({Scan()}, Format::kJson, AnalyzeOnly::kSummary).out;
  EXPECT_EQ(counted(Run({Scan()}, Format::kJson, AnalyzeOnly::kSummary,
                        "alert or flow or event")
                        .out),
            counted(all));
}

TEST_F(AnalyzeTest, OnePacketIsShownLayerByLayer) {
  AnalyzeOptions options;
  options.files = {Scan()};
  options.packet = 3;
  const Said tree = Show(options);
  EXPECT_EQ(tree.code, 0);
  EXPECT_THAT(tree.out, StartsWith("Frame (frame), bytes 0-53\n"
                                   "  frame.number: 4\n"));
  EXPECT_THAT(tree.out, AllOf(HasSubstr("tcp.dstport: 4 "),
                              Not(HasSubstr("0000  02 00"))));
  options.hex = true;
  EXPECT_THAT(Show(options).out, HasSubstr("0000  02 00 00 00 00 02 "));
  options.print.format = Format::kJson;
  EXPECT_THAT(Show(options).out, StartsWith("{\"record\":{\"packet\":{"));
  options.packet = 12;
  const Said missing = Show(options);
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("there is no packet 12; 12 were read"));
}

}  // namespace
}  // namespace tapline::testing
