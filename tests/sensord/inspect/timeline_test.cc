#include "sensord/inspect/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow_story.h"
#include "sensord/inspect/alert_relation.h"
#include "sensord/event/protocol.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> KindsOf(const FlowHistory& history) {
  std::vector<std::string> kinds;
  for (const v1::TimelineEntry& entry : TimelineOf(history)) {
    kinds.push_back(entry.kind());
  }
  return kinds;
}

TEST(TimelineTest, AFlowIsToldFromItsStartToItsEnd) {
  FlowStory story;
  story.Application("dns", v1::BASIS_DECODED, v1::ENCRYPTION_CLEARTEXT);
  story.Port(53).Dns("www.example.com");
  story.Event().mutable_anomaly_event()->set_name("tcp.gap");
  story.Alert("dns_tunnel");
  const std::vector<v1::TimelineEntry> entries = TimelineOf(story.History());
  EXPECT_THAT(KindsOf(story.History()),
              ElementsAre("flow_started", "protocol_detected", "dns_query",
                          "anomaly", "alert_triggered", "ended"));
  EXPECT_EQ(entries[0].text(), "tcp 192.0.2.1:40000 to 198.51.100.2:53");
  EXPECT_EQ(entries[1].text(), "dns by decoded");
  EXPECT_EQ(entries[1].time().nanos(), 1'000'000);
  EXPECT_THAT(entries[2].text(), HasSubstr("name=www.example.com"));
  EXPECT_EQ(entries[2].event_id(), "0000000000000001");
  EXPECT_EQ(entries[3].severity(), v1::FINDING_SEVERITY_WARN);
  EXPECT_EQ(entries[4].severity(), v1::FINDING_SEVERITY_ERROR);
  EXPECT_EQ(entries[4].alert_id(), "000000000000a001");
  EXPECT_EQ(entries[5].text(), "fin, 20 packets, 4000 bytes");
}

TEST(TimelineTest, APortThatBelongsToAnotherProtocolIsAnEntry) {
  FlowStory story;
  story.Application("ssh", v1::BASIS_DECODED, v1::ENCRYPTION_ENCRYPTED);
  story.Port(443);
  const std::vector<v1::TimelineEntry> entries = TimelineOf(story.History());
  ASSERT_THAT(KindsOf(story.History()),
              ElementsAre("flow_started", "protocol_detected",
                          "unusual_destination", "ended"));
  EXPECT_EQ(entries[2].severity(), v1::FINDING_SEVERITY_WARN);
  EXPECT_THAT(entries[2].text(), HasSubstr("port 443 instead of 22"));
  story.Port(22);
  EXPECT_THAT(KindsOf(story.History()),
              ElementsAre("flow_started", "protocol_detected", "ended"));
}

// When the timeline says that the protocol was found, in nanoseconds after the
// flow's start.
int DetectedAt(FlowStory& story, const std::string& protocol) {
  story.Application(protocol, v1::BASIS_DECODED, v1::ENCRYPTION_CLEARTEXT);
  for (const v1::TimelineEntry& entry : TimelineOf(story.History())) {
    if (entry.kind() == "protocol_detected" &&
        entry.text() == protocol + " by decoded") {
      return entry.time().nanos();
    }
  }
  return -1;
}

TEST(TimelineTest, AProtocolIsDetectedWithTheEventThatShowsIt) {
  FlowStory story;
  story.Event().mutable_icmp();
  story.Event().mutable_dns();
  story.Event().mutable_http();
  story.Event().mutable_rpc();
  story.Event().mutable_ike();
  story.Event().mutable_rtp();
  story.Event().mutable_greeting()->set_protocol("irc");
  story.Event().mutable_greeting()->set_protocol("git");
  constexpr int kMillisecond = 1'000'000;
  EXPECT_EQ(DetectedAt(story, "mdns"), 2 * kMillisecond);
  EXPECT_EQ(DetectedAt(story, "llmnr"), 2 * kMillisecond);
  EXPECT_EQ(DetectedAt(story, "grpc"), 3 * kMillisecond);
  EXPECT_EQ(DetectedAt(story, "http2"), 3 * kMillisecond);
  EXPECT_EQ(DetectedAt(story, "nfs"), 4 * kMillisecond);
  EXPECT_EQ(DetectedAt(story, "esp"), 5 * kMillisecond);
  EXPECT_EQ(DetectedAt(story, "rtcp"), 6 * kMillisecond);
  EXPECT_EQ(DetectedAt(story, "irc"), 7 * kMillisecond);
  EXPECT_EQ(DetectedAt(story, "git"), 8 * kMillisecond);
  EXPECT_EQ(DetectedAt(story, "xmpp"), 0) << "no event shows it";
}

TEST(TimelineTest, AnUpgradeIsAnEntryOfItsOwn) {
  FlowStory story;
  story.flow.mutable_application()->add_earlier_protocols("smtp");
  story.Port(25);
  story.Event().mutable_smtp();
  story.Event().mutable_tls();
  const std::vector<v1::TimelineEntry> entries = TimelineOf(story.History());
  std::vector<std::string> detected;
  for (const v1::TimelineEntry& entry : entries) {
    if (entry.kind() != "protocol_detected") continue;
    detected.push_back(absl::StrFormat(
        "%d: %s", entry.time().nanos() / 1'000'000, entry.text()));
  }
  EXPECT_THAT(detected,
              ElementsAre("1: smtp", "2: tls by decoded, after smtp"));
}

TEST(TimelineTest, WhatShowsAProtocolIsNamedAsTaplineNamesIt) {
  const auto& arms = *v1::Event::descriptor()->oneof_decl(0);
  for (int i = 0; i < arms.field_count(); ++i) {
    const auto& options = arms.field(i)->options();
    for (int k = 0; k < options.ExtensionSize(v1::shows); ++k) {
      const std::string name = options.GetExtension(v1::shows, k);
      EXPECT_NE(ProtocolByName(name), Protocol::kUnknown) << name;
    }
  }
}

TEST(TimelineTest, EveryArmOfAnEventIsAnEntry) {
  const auto& arms = *v1::Event::descriptor()->oneof_decl(0);
  FlowStory story;
  for (int i = 0; i < arms.field_count(); ++i) {
    v1::Event& event = story.Event();
    event.GetReflection()->MutableMessage(&event, arms.field(i));
  }
  const std::vector<v1::TimelineEntry> entries = TimelineOf(story.History());
  // Start, protocol and end beside them.
  EXPECT_EQ(entries.size(), static_cast<size_t>(arms.field_count()) + 3);
  for (const v1::TimelineEntry& entry : entries) {
    EXPECT_FALSE(entry.kind().empty());
  }
}

TEST(TimelineTest, ALongFlowShowsWhereItsRecordWasCut) {
  FlowStory story;
  FlowHistory history = story.History();
  v1::Flow first = story.flow;
  first.set_end_reason(v1::END_REASON_ROTATED);
  v1::Flow second = story.flow;
  second.mutable_start()->set_seconds(FlowStory::kStart + 2);
  second.mutable_end()->set_seconds(FlowStory::kStart + 9);
  second.set_end_reason(v1::END_REASON_ACTIVE);
  history.parts = {first, second};
  const std::vector<std::string> kinds = KindsOf(history);
  ASSERT_EQ(kinds.size(), 4u);
  EXPECT_EQ(kinds[0], "flow_started");
  EXPECT_EQ(kinds[3], "last_seen");
  EXPECT_THAT(kinds, ::testing::Contains("rotated"));
  const v1::Flow whole = history.Whole();
  EXPECT_EQ(PacketsOf(whole), 40u);
  EXPECT_EQ(whole.start().seconds(), FlowStory::kStart);
  EXPECT_EQ(whole.end().seconds(), FlowStory::kStart + 9);
}

TEST(TimelineTest, AnUnknownProtocolIsNotDetected) {
  FlowStory story;
  story.Application("unknown", v1::BASIS_UNSPECIFIED,
                    v1::ENCRYPTION_UNSPECIFIED);
  EXPECT_THAT(KindsOf(story.History()), ElementsAre("flow_started", "ended"));
}

TEST(IsAboutTest, AnAlertIsAboutAFlowWithItsAddressesAtItsTime) {
  FlowStory story;
  const v1::Alert alert = story.Alert("port_scan");
  EXPECT_TRUE(IsAbout(alert, story.flow));
  v1::Alert other = alert;
  other.mutable_target()->set_address("203.0.113.9");
  EXPECT_FALSE(IsAbout(other, story.flow));
  other.mutable_target()->set_address("198.51.100.2");
  other.mutable_target()->set_port(443);
  EXPECT_TRUE(IsAbout(other, story.flow));
  other.mutable_target()->set_port(80);
  EXPECT_FALSE(IsAbout(other, story.flow));
  v1::Alert later = alert;
  later.mutable_first_seen()->set_seconds(FlowStory::kStart + 63);
  EXPECT_FALSE(IsAbout(later, story.flow));
  v1::Alert many = alert;
  many.clear_source();
  EXPECT_FALSE(IsAbout(many, story.flow));
}

TEST(IsAboutTest, AnAlertIsAboutFlowsThatItsEvidenceMayRestOn) {
  FlowStory story;
  const v1::Alert made = story.Alert("port_scan");
  const uint32_t port = story.flow.responder().port();
  v1::Alert alert = made;
  v1::PortScanEvidence& scan = *alert.mutable_evidence()->mutable_port_scan();
  scan.set_transport(v1::TRANSPORT_TCP);
  scan.set_distinct_ports(2);
  scan.add_ports(port);
  scan.add_ports(port + 1);
  EXPECT_TRUE(IsAbout(alert, story.flow));
  // Another port than those tried; of more ports than are listed it may be one.
  scan.set_ports(0, port + 2);
  EXPECT_FALSE(IsAbout(alert, story.flow));
  scan.set_distinct_ports(3);
  EXPECT_TRUE(IsAbout(alert, story.flow));
  scan.set_transport(v1::TRANSPORT_UDP);
  EXPECT_FALSE(IsAbout(alert, story.flow));
  // The scanned host began it.
  alert = made;
  alert.mutable_evidence()->mutable_brute_force();
  EXPECT_TRUE(IsAbout(alert, story.flow));
  v1::Flow back = story.flow;
  back.mutable_originator()->Swap(back.mutable_responder());
  EXPECT_FALSE(IsAbout(alert, back));
  alert.mutable_evidence()->mutable_host_sweep()->set_port(port + 1);
  EXPECT_FALSE(IsAbout(alert, story.flow));
  alert.mutable_evidence()->mutable_dns_tunnel();
  EXPECT_FALSE(IsAbout(alert, story.flow));
  story.flow.mutable_application()->set_protocol("dns");
  EXPECT_TRUE(IsAbout(alert, story.flow));
}

}  // namespace
}  // namespace tapline::testing
