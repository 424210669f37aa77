#include "sensord/inspect/conversations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "flow_story.h"

namespace tapline::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(ConversationsTest, FlowsBetweenTwoAddressesAddUp) {
  ConversationTable table;
  table.Add(FlowStory().flow);
  FlowStory second;
  second.Application("dns", v1::BASIS_DECODED, v1::ENCRYPTION_CLEARTEXT);
  second.flow.mutable_end()->set_seconds(FlowStory::kStart + 60);
  second.flow.set_end_reason(v1::END_REASON_ACTIVE);
  table.Add(second.flow);
  FlowStory elsewhere;
  elsewhere.flow.set_conversation_id("00000000000000c2");
  table.Add(elsewhere.flow);
  const std::vector<v1::Conversation> top = table.Top(10);
  ASSERT_THAT(top, SizeIs(2));
  const v1::Conversation& c = top[0];
  EXPECT_EQ(c.id(), "00000000000000c1");
  EXPECT_EQ(c.flows(), 2u);
  EXPECT_EQ(c.open_flows(), 1u);
  EXPECT_EQ(c.originator().address(), "192.0.2.1");
  EXPECT_EQ(c.originator().port(), 0u);
  EXPECT_EQ(c.originator_packets(), 20u);
  EXPECT_EQ(c.responder_bytes(), 4'000u);
  EXPECT_EQ(c.last_seen().seconds(), FlowStory::kStart + 60);
  ASSERT_THAT(c.protocols(), SizeIs(2));
  EXPECT_EQ(c.protocols(0).protocol(), "dns");
  EXPECT_EQ(c.protocols(1).protocol(), "tls");
  EXPECT_DOUBLE_EQ(c.protocols(1).share(), 0.5);
  EXPECT_DOUBLE_EQ(c.protocols(1).encrypted_ratio(), 1);
  EXPECT_THAT(table.Top(1), SizeIs(1));
}

TEST(ConversationsTest, DirectionsAreThoseOfTheFirstFlowInAnyOrder) {
  const FlowStory early;
  FlowStory late;
  late.flow.mutable_start()->set_seconds(FlowStory::kStart + 1);
  // The other side opened it.
  std::swap(*late.flow.mutable_originator(), *late.flow.mutable_responder());
  late.flow.mutable_from_originator()->set_frame_bytes(7);
  for (const bool in_order : {true, false}) {
    ConversationTable table;
    table.Add(in_order ? early.flow : late.flow);
    table.Add(in_order ? late.flow : early.flow);
    const v1::Conversation c = table.Top(1)[0];
    EXPECT_EQ(c.originator().address(), "192.0.2.1");
    EXPECT_EQ(c.originator_bytes(), 4'000u);
    EXPECT_EQ(c.responder_bytes(), 2'007u);
    EXPECT_EQ(c.first_seen().seconds(), FlowStory::kStart);
  }
}

TEST(ConversationsTest, ARotatedFlowIsOneAndAnAggregateMany) {
  ConversationTable table;
  FlowStory part;
  part.flow.set_end_reason(v1::END_REASON_ROTATED);
  table.Add(part.flow);
  table.Add(FlowStory().flow);
  FlowStory many;
  many.flow.set_end_reason(v1::END_REASON_AGGREGATED);
  many.flow.set_aggregated_flows(500);
  table.Add(many.flow);
  EXPECT_EQ(table.Top(1)[0].flows(), 501u);
}

TEST(ConversationsTest, AlertsAboutItsFlowsAreCounted) {
  ConversationTable table;
  FlowStory story;
  // Of one side only, and of another pair.
  v1::Alert alert = story.Alert("brute_force");
  table.Add(alert);
  alert.mutable_target()->set_address("198.51.100.99");
  table.Add(alert);
  alert.mutable_target()->set_address("198.51.100.2");
  table.Add(alert);
  std::swap(*alert.mutable_source(), *alert.mutable_target());
  table.Add(alert);
  // An hour later.
  alert.mutable_first_seen()->set_seconds(FlowStory::kStart + 3600);
  alert.mutable_last_seen()->set_seconds(FlowStory::kStart + 3600);
  table.Add(alert);
  table.Add(story.flow);
  // A second flow counts none twice.
  table.Add(story.flow);
  EXPECT_EQ(table.Top(1)[0].alerts(), 2u);
}

TEST(ConversationsTest, AnAlertIsNotOfWhatElseTheTwoTalkAbout) {
  ConversationTable table;
  FlowStory story;
  v1::Alert alert = story.Alert("port_scan");
  alert.mutable_target()->set_address("198.51.100.2");
  v1::PortScanEvidence& scan = *alert.mutable_evidence()->mutable_port_scan();
  scan.set_distinct_ports(1);
  scan.add_ports(22);
  table.Add(alert);
  table.Add(story.flow);
  // The same addresses in another VLAN are another conversation.
  FlowStory probe;
  probe.Port(22).flow.set_conversation_id("00000000000000c2");
  probe.flow.mutable_from_originator()->set_frame_bytes(1);
  table.Add(probe.flow);
  const std::vector<v1::Conversation> top = table.Top(10);
  ASSERT_THAT(top, SizeIs(2));
  EXPECT_EQ(top[0].alerts(), 0u);
  EXPECT_EQ(top[1].alerts(), 1u);
}

TEST(ConversationsTest, ProtocolsAreOrderedByBytesAndShareThem) {
  ProtocolTable table;
  EXPECT_THAT(table.Top(10), IsEmpty());
  for (int i = 0; i < 3; ++i) table.Add(FlowStory().flow);
  FlowStory unknown;
  unknown.flow.clear_application();
  table.Add(unknown.flow);
  const std::vector<v1::ProtocolUse> top = table.Top(10);
  ASSERT_THAT(top, SizeIs(2));
  EXPECT_EQ(top[0].protocol(), "tls");
  EXPECT_EQ(top[0].flows(), 3u);
  EXPECT_DOUBLE_EQ(top[0].share(), 0.75);
  EXPECT_EQ(top[1].protocol(), "unknown");
  EXPECT_DOUBLE_EQ(top[1].encrypted_ratio(), 0);
}

}  // namespace
}  // namespace tapline::testing
