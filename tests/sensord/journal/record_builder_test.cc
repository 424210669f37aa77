#include "sensord/journal/record_builder.h"

#include <gtest/gtest.h>

#include "sensord/event/fields/dns.h"
#include "sensord/event/protocol.h"

namespace tapline {
namespace {

IpAddress Ip(const char* text) { return IpAddress::Parse(text).value(); }

class RecordBuilderTest : public ::testing::Test {
 protected:
  RecordBuilder Builder(ScopeResolver scopes = {}) {
    return RecordBuilder({"sensor", "live", 7, v1::CAPTURE_MODE_METADATA},
                         contexts_, std::move(scopes));
  }

  static FlowSummary TcpFlow() {
    FlowSummary flow;
    flow.id = 0x0123456789abcdef;
    flow.originator = Ip("128.232.110.120");
    flow.responder = Ip("66.35.250.204");
    flow.originator_port = 34855;
    flow.responder_port = 80;
    flow.ip_protocol = 6;
    flow.ip_version = 4;
    flow.end = FlowEnd::kFin;
    flow.tcp_state = TcpPhase::kClosed;
    flow.protocol = static_cast<uint16_t>(Protocol::kHttp);
    flow.basis = ProtocolBasis::kPortHint;
    flow.start = 1'000'000'000'000'000'001;
    flow.last = 1'000'000'001'500'000'000;
    flow.from_originator.packets = 3;
    flow.from_responder.frame_bytes = 1234;
    flow.host = "example.com";
    return flow;
  }

  v1::Record FlowRecord(const FlowSummary& flow) {
    v1::Record record;
    Builder().Flow(flow, record);
    return record;
  }

  ContextTable contexts_;
};

TEST_F(RecordBuilderTest, FlowCarriesOriginAndTimeOfItsLastPacket) {
  const v1::Record record = FlowRecord(TcpFlow());
  EXPECT_EQ(record.sensor_id(), "sensor");
  EXPECT_EQ(record.source_id(), "live");
  EXPECT_EQ(record.epoch(), 7u);
  EXPECT_EQ(record.capture_mode(), v1::CAPTURE_MODE_METADATA);
  EXPECT_EQ(record.observed_at().seconds(), 1'000'000'001);
  EXPECT_EQ(record.observed_at().nanos(), 500'000'000);
  EXPECT_EQ(record.sequence(), 0u);
  EXPECT_FALSE(record.has_received_at());
}

TEST_F(RecordBuilderTest, AFlowSaysWhatIsInsideItsEncryption) {
  FlowSummary flow = TcpFlow();
  EXPECT_EQ(FlowRecord(flow).flow().application().carries(), "");
  EXPECT_EQ(FlowRecord(flow).flow().application().carries_basis(),
            v1::BASIS_UNSPECIFIED);
  flow.carries = "doh";
  flow.carries_basis = ProtocolBasis::kInferred;
  const v1::Record record = FlowRecord(flow);
  EXPECT_EQ(record.flow().application().carries(), "doh");
  EXPECT_EQ(record.flow().application().carries_basis(), v1::BASIS_INFERRED);
}

TEST_F(RecordBuilderTest, TcpFlowHasEveryField) {
  const v1::Record record = FlowRecord(TcpFlow());
  const v1::Flow& flow = record.flow();
  EXPECT_EQ(flow.id(), "0123456789abcdef");
  EXPECT_EQ(flow.community_id(), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  EXPECT_EQ(flow.transport(), v1::TRANSPORT_TCP);
  EXPECT_EQ(flow.originator().address(), "128.232.110.120");
  EXPECT_EQ(flow.originator().port(), 34855u);
  EXPECT_EQ(flow.originator().scope(), v1::SCOPE_PUBLIC);
  EXPECT_EQ(flow.from_originator().packets(), 3u);
  EXPECT_EQ(flow.from_responder().frame_bytes(), 1234u);
  EXPECT_EQ(flow.start().nanos(), 1);
  EXPECT_EQ(flow.end_reason(), v1::END_REASON_FIN);
  EXPECT_EQ(flow.application().protocol(), "http");
  EXPECT_EQ(flow.application().basis(), v1::BASIS_PORT_HINT);
  EXPECT_EQ(flow.application().host(), "example.com");
  EXPECT_EQ(flow.tcp().state(), v1::TCP_STATE_CLOSED);
  EXPECT_EQ(flow.ip_protocol(), 6u);
  EXPECT_EQ(flow.aggregated_flows(), 1u);
  EXPECT_FALSE(flow.has_encapsulation());
}

TEST_F(RecordBuilderTest, AnAmbiguousFlowSaysSoAndNamesItsAnomalies) {
  FlowSummary flow = TcpFlow();
  EXPECT_FALSE(FlowRecord(flow).flow().ambiguous());
  flow.ambiguous = true;
  flow.anomalies = {"ttl.shift", "flow.ambiguous"};
  const v1::Record record = FlowRecord(flow);
  EXPECT_TRUE(record.flow().ambiguous());
  ASSERT_EQ(record.flow().anomalies_size(), 2);
  EXPECT_EQ(record.flow().anomalies(0), "ttl.shift");
}

TEST_F(RecordBuilderTest, SameSignalGivesTheSameBytes) {
  EXPECT_EQ(FlowRecord(TcpFlow()).SerializeAsString(),
            FlowRecord(TcpFlow()).SerializeAsString());
}

// Each flow goes into the record that the one before has left, so that every
// field that one of them has and another has not is left over once.
TEST_F(RecordBuilderTest, AUsedRecordIsFilledLikeAnEmptyOne) {
  Context vlan;
  vlan.vlan_count = 1;
  vlan.vlans[0] = 12;
  bool overflow = false;
  FlowSummary icmp = TcpFlow();
  icmp.ip_protocol = 1;
  icmp.icmp_type = 3;
  icmp.icmp_code = 1;
  icmp.host.clear();
  icmp.context = contexts_.Intern(vlan, &overflow);
  FlowSummary arp = TcpFlow();
  arp.ip_protocol = 0;
  arp.ip_version = 0;
  FlowSummary open = TcpFlow();
  open.end = FlowEnd::kActive;
  open.staleness_ratio = 0.5;
  open.originator_packets_per_second = 1;
  open.originator_bits_per_second = 2;
  open.responder_packets_per_second = 3;
  open.responder_bits_per_second = 4;
  FlowSummary odd = TcpFlow();
  odd.originator = Ip("2001:db8:1111:2222:3333:4444:5555:6666");
  odd.outer_flow_id = 5;
  odd.ambiguous = true;
  odd.icmp_errors = 2;
  odd.anomalies = {"ttl.shift"};
  v1::Record used;
  const FlowSummary* all[] = {&icmp, &arp, &open, &odd};
  for (const FlowSummary* first : all) {
    for (const FlowSummary* second : all) {
      Builder().Flow(*first, used);
      Builder().Flow(*second, used);
      EXPECT_EQ(used.DebugString(), FlowRecord(*second).DebugString());
    }
  }
}

// The bytes of a Dns message, as its analyzer writes them.
std::string DnsBytes(bool full) {
  EventList list;
  {
    EventWriter dns(fields::dns::kEvent, &list);
    dns.Set(fields::dns::kName, full ? "a.long.name.that.is.kept.apart" : "a");
    dns.Set(fields::dns::kClass, 1);
    if (full) {
      dns.Set(fields::dns::kAnswered, true);
      dns.Set(fields::dns::kRttNs, 5);
      for (int i = 0; i < 2; ++i) {
        dns.Open(fields::dns::kAnswers);
        dns.Set(fields::dns_answer::kData, "192.0.2.1");
        dns.Close();
      }
    }
  }
  return list.bytes;
}

TEST_F(RecordBuilderTest, AUsedEventRecordIsFilledLikeAnEmptyOne) {
  constexpr uint32_t kArm = fields::dns::kEvent.number;
  Signal with;
  with.kind = SignalKind::kEvent;
  with.flow_id = 4;
  with.ip_protocol = 17;
  with.originator = Ip("192.0.2.1");
  with.responder = Ip("2001:db8::53");
  with.responder_port = 53;
  Signal without;
  without.kind = SignalKind::kEvent;
  v1::Record used;
  Builder().Event(with, kArm, DnsBytes(true), used);
  Builder().Event(without, kArm, DnsBytes(false), used);
  v1::Record fresh;
  Builder().Event(without, kArm, DnsBytes(false), fresh);
  EXPECT_EQ(used.DebugString(), fresh.DebugString());
  Builder().Event(with, kArm, DnsBytes(true), used);
  fresh.Clear();
  Builder().Event(with, kArm, DnsBytes(true), fresh);
  EXPECT_EQ(used.DebugString(), fresh.DebugString());
}

TEST_F(RecordBuilderTest, ConversationIsTheSameInBothDirections) {
  FlowSummary back = TcpFlow();
  std::swap(back.originator, back.responder);
  back.originator_port = 9;
  FlowSummary other = TcpFlow();
  other.responder = Ip("66.35.250.205");
  const std::string id = FlowRecord(TcpFlow()).flow().conversation_id();
  EXPECT_EQ(id.size(), 16u);
  EXPECT_EQ(FlowRecord(back).flow().conversation_id(), id);
  EXPECT_NE(FlowRecord(other).flow().conversation_id(), id);
}

TEST_F(RecordBuilderTest, PortlessTransportHasPortZero) {
  FlowSummary flow = TcpFlow();
  flow.ip_protocol = 1;
  flow.icmp_type = 8;
  flow.originator_port = 77;
  const v1::Record record = FlowRecord(flow);
  EXPECT_EQ(record.flow().transport(), v1::TRANSPORT_ICMP);
  EXPECT_EQ(record.flow().originator().port(), 0u);
  EXPECT_EQ(record.flow().responder().port(), 0u);
  EXPECT_EQ(record.flow().icmp_type(), 8u);
  EXPECT_FALSE(record.flow().has_tcp());
}

TEST_F(RecordBuilderTest, UnknownProtocolNumberIsNamedUnknown) {
  FlowSummary flow = TcpFlow();
  flow.protocol = 65535;
  EXPECT_EQ(FlowRecord(flow).flow().application().protocol(), "unknown");
}

TEST_F(RecordBuilderTest, TimeBeforeTheEpochHasPositiveNanos) {
  FlowSummary flow = TcpFlow();
  flow.start = -1;
  const v1::Record record = FlowRecord(flow);
  EXPECT_EQ(record.flow().start().seconds(), -1);
  EXPECT_EQ(record.flow().start().nanos(), 999'999'999);
}

TEST_F(RecordBuilderTest, EncapsulationComesFromTheContext) {
  Context context;
  context.vlan_count = 2;
  context.vlans = {100, 7};
  context.tunnel_count = 2;
  context.tunnels = {TunnelKind::kVxlan, TunnelKind::kIpIp};
  context.tunnel_ids = {4711, 0};
  bool overflow = false;
  FlowSummary flow = TcpFlow();
  flow.context = contexts_.Intern(context, &overflow);
  flow.outer_flow_id = 0xab;
  const v1::Record record = FlowRecord(flow);
  const v1::Encapsulation& out = record.flow().encapsulation();
  ASSERT_EQ(out.vlan_ids_size(), 2);
  EXPECT_EQ(out.vlan_ids(0), 100u);
  ASSERT_EQ(out.tunnels_size(), 2);
  EXPECT_EQ(out.tunnels(0), "vxlan");
  EXPECT_EQ(out.tunnels(1), "ipip");
  EXPECT_EQ(out.vni(), 4711u);
  EXPECT_EQ(out.outer_flow_id(), "00000000000000ab");
}

TEST_F(RecordBuilderTest, LocalAddressAndGatewayHaveTheirScopes) {
  FlowSummary flow = TcpFlow();
  v1::Record record;
  Builder(ScopeResolver({flow.originator}, {flow.responder}))
      .Flow(flow, record);
  EXPECT_EQ(record.flow().originator().scope(), v1::SCOPE_LOCAL_HOST);
  EXPECT_EQ(record.flow().responder().scope(), v1::SCOPE_GATEWAY);
}

TEST_F(RecordBuilderTest, OnlySnapshotsCarryRates) {
  FlowSummary flow = TcpFlow();
  flow.originator_packets_per_second = 5;
  flow.staleness_ratio = 0.5;
  EXPECT_EQ(FlowRecord(flow).flow().from_originator().packets_per_second(), 0);
  flow.end = FlowEnd::kActive;
  EXPECT_EQ(FlowRecord(flow).flow().from_originator().packets_per_second(), 5);
  EXPECT_EQ(FlowRecord(flow).flow().staleness_ratio(), 0.5);
}

TEST_F(RecordBuilderTest, WhatAnAnalyzerToldBecomesAnEvent) {
  Signal signal;
  signal.kind = SignalKind::kEvent;
  signal.clock = 2'000'000'000;
  signal.ip_protocol = 17;
  signal.flow_id = 1;
  signal.originator = Ip("10.0.0.1");
  signal.responder = Ip("10.0.0.2");
  signal.responder_port = 53;
  v1::Record record;
  Builder().Event(signal, fields::dns::kEvent.number, DnsBytes(true), record);
  EXPECT_EQ(record.event().dns().name(), "a.long.name.that.is.kept.apart");
  EXPECT_EQ(record.event().dns().class_(), 1u);
  EXPECT_EQ(record.event().dns().answers(1).data(), "192.0.2.1");
  EXPECT_EQ(record.event().transport(), v1::TRANSPORT_UDP);
  EXPECT_EQ(record.event().flow_id(), "0000000000000001");
  EXPECT_EQ(record.event().time().seconds(), 2);
  EXPECT_EQ(record.event().id().size(), 16u);
}

TEST_F(RecordBuilderTest, EventIdsDifferByPlaceInTheOrder) {
  const AnomalyData anomaly{"ip.frag_overlap_diff", 3};
  Signal signal;
  signal.kind = SignalKind::kAnomaly;
  v1::Record first, second;
  Builder().Anomaly(signal, anomaly, first);
  signal.index = 1;
  Builder().Anomaly(signal, anomaly, second);
  EXPECT_NE(first.event().id(), second.event().id());
  EXPECT_EQ(first.event().anomaly_event().count(), 3u);
  EXPECT_FALSE(first.event().has_originator());
}

TEST_F(RecordBuilderTest, NeighbourChangeNamesBothMacs) {
  ArpSignal arp;
  arp.sender = Ip("192.0.2.1");
  arp.target = Ip("192.0.2.2");
  arp.sender_mac = {{2, 0, 0, 0, 0, 1}};
  v1::Record record;
  Builder().Neighbour(Signal(), arp, {{2, 0, 0, 0, 0, 2}}, record);
  const v1::NeighbourChange& change = record.event().neighbour_change();
  EXPECT_EQ(change.address(), "192.0.2.1");
  EXPECT_EQ(change.mac(), "02:00:00:00:00:01");
  EXPECT_EQ(change.previous_mac(), "02:00:00:00:00:02");
  v1::Record fresh;
  Builder().Neighbour(Signal(), arp, {}, fresh);
  EXPECT_EQ(fresh.event().neighbour_change().previous_mac(), "");
}

TEST_F(RecordBuilderTest, PacketHasNoPayloadButItsHeaderLine) {
  Packet packet;
  packet.source = Ip("10.0.0.1");
  packet.destination = Ip("10.0.0.2");
  packet.ip_protocol = 6;
  packet.ip_version = 4;
  packet.tcp_flags = kTcpSyn | kTcpAck;
  packet.tcp_sequence = 9;
  v1::Record record;
  Builder().Packet(packet, 0, record);
  EXPECT_EQ(record.packet().info(), "[SYN,ACK] seq=9 ack=0 win=0 len=0");
  EXPECT_EQ(record.packet().flow_id(), "");
}

TEST_F(RecordBuilderTest, AlertAndStatsKeepTheirContent) {
  v1::Alert alert;
  alert.set_id("aa");
  v1::Record record;
  Builder().Alert(3'000'000'000, alert, record);
  EXPECT_EQ(record.alert().id(), "aa");
  EXPECT_EQ(record.observed_at().seconds(), 3);
  v1::Stats stats;
  stats.mutable_time()->set_seconds(9);
  v1::Record window;
  Builder().Stats(stats, window);
  EXPECT_EQ(window.observed_at().seconds(), 9);
}

}  // namespace
}  // namespace tapline
