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

  Said Show(AnalyzeOptions options) const {
    auto policy = std::make_shared<Policy>();
    policy->config = config_;
    options.policy = std::move(policy);
    return Caught([&](std::FILE* out, std::FILE* err) {
      return ShowPacket(options, out, err);
    });
  }
  template <typename Print>
  static Said Caught(Print print) {
    std::FILE* out = std::tmpfile();
    std::FILE* err = std::tmpfile();
    Said said;
    said.code = print(out, err);
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
    json.erase(seconds, json.find(',', seconds) - seconds);
    // Which filter it was.
    const size_t filter = json.find("\"filter\":");
    return json.erase(filter, json.find('}', filter) - filter);
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

// A login by FTP, an answer, and nothing else.
class InspectFilesTest : public AnalyzeTest {
 protected:
  InspectFilesTest() {
    const auto add = [&](bool up, uint32_t sequence, uint8_t flags,
                         const std::string& text) {
      TcpFields fields;
      fields.sequence = sequence;
      pcap_.Add(1'767'225'600'000'000'000 + ++frames_ * 1'000'000,
                Ethernet(0x0800, Ipv4(up ? "192.0.2.66" : "192.0.2.1",
                                      up ? "192.0.2.1" : "192.0.2.66", 6,
                                      Tcp(up ? 40000 : 21, up ? 21 : 40000,
                                          flags, Text(text), fields))));
    };
    add(true, 0, kSyn, "");
    add(false, 0, kSyn | kAck, "");
    add(true, 1, kAck, "");
    add(false, 1, kAck, "220 ftp.example FTP\r\n");
    add(true, 1, kAck, "USER ann\r\n");
    add(false, 22, kAck, "331 go on\r\n");
    add(true, 11, kAck, "PASS hunter2\r\n");
    add(false, 33, kAck, "230 welcome\r\n");
    options_.files = {dir_.path() + "/ftp.pcap"};
    EXPECT_TRUE(pcap_.Write(options_.files[0]));
    auto policy = std::make_shared<Policy>();
    policy->config = config_;
    options_.policy = std::move(policy);
  }
  Said Look(Inspection inspection, const std::string& flow = "") {
    options_.inspection = inspection;
    options_.flow = flow;
    return Caught([&](std::FILE* out, std::FILE* err) {
      return InspectFiles(options_, out, err);
    });
  }
  // The beginning of the only flow's id.
  std::string Flow() {
    const Said flows = Run(options_.files, Format::kJson, AnalyzeOnly::kFlows);
    const size_t at = flows.out.find("\"id\":\"");
    return at == std::string::npos ? "" : flows.out.substr(at + 6, 8);
  }

  PcapWriter pcap_;
  int64_t frames_ = 0;
  AnalyzeOptions options_;
};

TEST_F(InspectFilesTest, AStreamIsFollowedWithoutItsPassword) {
  const std::string flow = Flow();
  const Said turns = Look(Inspection::kFollow, flow);
  EXPECT_EQ(turns.code, 0);
  EXPECT_THAT(turns.out, AllOf(HasSubstr("originator"), HasSubstr("14 B"),
                               Not(HasSubstr("USER ann"))));
  options_.previews = true;
  EXPECT_THAT(
      Look(Inspection::kFollow, flow).out,
      AllOf(HasSubstr("220 ftp.example FTP"), HasSubstr("USER ann"),
            HasSubstr("PASS [redacted:secret]"), Not(HasSubstr("hunter2"))));
  options_.files = {"-"};
  EXPECT_THAT(Look(Inspection::kFollow, flow).err,
              HasSubstr("standard input cannot be"));
}

TEST_F(InspectFilesTest, ATimelineIsWhatHappenedOnTheFlow) {
  const Said timeline = Look(Inspection::kTimeline, Flow());
  EXPECT_EQ(timeline.code, 0);
  EXPECT_THAT(timeline.out,
              AllOf(HasSubstr("flow_started"), HasSubstr("ended")));
  const Said none = Look(Inspection::kTimeline, "xyz");
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("there is no flow xyz"));
  options_.files = {Scan()};
  const Said many = Look(Inspection::kTimeline, "");
  EXPECT_EQ(many.code, 1);
  EXPECT_THAT(many.err, HasSubstr("12 flows begin with"));
}

TEST_F(InspectFilesTest, ExpertTellsWhatIsOddAboutItsFlows) {
  EXPECT_THAT(Look(Inspection::kExpert).out, HasSubstr("app.unsafe_protocol"));
  absl::StatusOr<FilterPtr> none = Filter::Compile("tcp.port == 1", {});
  ASSERT_OK(none);
  options_.filter = none->get();
  EXPECT_THAT(Look(Inspection::kExpert).out, Not(HasSubstr("app.unsafe_protocol")));
}

TEST_F(InspectFilesTest, ConversationsAddUpFlows) {
  options_.files = {Scan()};
  const Said list = Look(Inspection::kConversations);
  EXPECT_EQ(list.code, 0);
  EXPECT_THAT(list.out, AllOf(HasSubstr("192.0.2.66"), HasSubstr("     12")));
}

TEST_F(AnalyzeTest, APacketIsReadOnlyByWhatIsSwitchedOn) {
  PcapWriter pcap;
  pcap.Add(1'767'225'600'000'000'000,
           Ethernet(0x0800, Ipv4("192.0.2.66", "192.0.2.1", 6,
                                 Tcp(40000, 80, 0x10,
                                     Text("GET /a HTTP/1.1\r\nHost: "
                                          "a.example\r\n\r\n")))));
  AnalyzeOptions options;
  options.files = {dir_.path() + "/http.pcap"};
  ASSERT_TRUE(pcap.Write(options.files[0]));
  options.packet = 0;
  EXPECT_THAT(Show(options).out, HasSubstr("http.host: a.example"));
  config_.mutable_flow()->add_dpi_off("http");
  EXPECT_THAT(Show(options).out,
              AllOf(Not(HasSubstr("http.host")), HasSubstr("data.len")));
  config_.mutable_flow()->clear_dpi_off();
  config_.mutable_flow()->set_dpi(false);
  EXPECT_THAT(Show(options).out,
              AllOf(Not(HasSubstr("http.host")), HasSubstr("data.len")));
}

}  // namespace
}  // namespace tapline::testing
