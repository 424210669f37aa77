// The closer looks over gRPC: packets, conversations, timelines, streams,
// expert information.

#include <gmock/gmock.h>

#include "harness.h"
#include "sensord/decode/decoder.h"
#include "tests/support/frame_list.h"
#include "tests/support/packet_builder.h"
#include "tests/support/status_matchers.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kClient = "192.0.2.1";
constexpr const char* kServer = "198.51.100.2";
constexpr char kFlow[] = "03bd000000000001";
constexpr char kConversation[] = "9a01000000000001";
constexpr int64_t kStart = FrameList::kStart / kSecondNanos;

v1::Record Flow(const std::string& id, const std::string& protocol = "dns") {
  v1::Record record;
  record.set_source_id("live");
  record.mutable_received_at()->set_seconds(kStart + 10);
  v1::Flow& flow = *record.mutable_flow();
  flow.set_id(id);
  flow.set_conversation_id(kConversation);
  flow.set_transport(v1::TRANSPORT_TCP);
  flow.set_ip_protocol(6);
  flow.mutable_originator()->set_address(kClient);
  flow.mutable_originator()->set_port(40000);
  flow.mutable_responder()->set_address(kServer);
  flow.mutable_responder()->set_port(80);
  flow.mutable_start()->set_seconds(kStart);
  flow.mutable_end()->set_seconds(kStart + 5);
  flow.set_end_reason(v1::END_REASON_FIN);
  flow.mutable_from_originator()->set_packets(3);
  flow.mutable_from_originator()->set_frame_bytes(100);
  flow.mutable_from_responder()->set_packets(2);
  flow.mutable_from_responder()->set_zero_windows(1);
  flow.mutable_application()->set_protocol(protocol);
  flow.mutable_application()->set_basis(v1::BASIS_DECODED);
  return record;
}

v1::Record Event(const std::string& id, const std::string& flow_id) {
  v1::Record record;
  record.set_source_id("live");
  record.mutable_received_at()->set_seconds(kStart + 1);
  v1::Event& event = *record.mutable_event();
  event.set_id(id);
  event.set_flow_id(flow_id);
  event.mutable_time()->set_seconds(kStart + 1);
  *event.mutable_originator() = Flow(kFlow).flow().originator();
  *event.mutable_responder() = Flow(kFlow).flow().responder();
  event.mutable_dns()->set_name("nope.example.com");
  event.mutable_dns()->set_answered(true);
  event.mutable_dns()->set_rcode(3);
  return record;
}

v1::Record AlertOn(const std::string& id) {
  v1::Record record = AlertRecord(id);
  v1::Alert& alert = *record.mutable_alert();
  alert.mutable_source()->set_address(kClient);
  alert.mutable_target()->set_address(kServer);
  alert.mutable_first_seen()->set_seconds(kStart + 2);
  alert.mutable_last_seen()->set_seconds(kStart + 2);
  return record;
}

// Of the flow above, a second apart.
std::shared_ptr<PacketRing> Ring(bool payload) {
  FrameList frames;
  UnixNanos at = 0;
  const auto add = [&](bool up, uint32_t sequence, const std::string& text) {
    TcpFields fields;
    fields.sequence = sequence;
    frames.Add(
        Ethernet(0x0800, Ipv4(up ? kClient : kServer, up ? kServer : kClient, 6,
                              Tcp(up ? 40000 : 80, up ? 80 : 40000, kAck,
                                  Text(text), fields))),
        at += kSecondNanos);
  };
  add(true, 1, "GET / HTTP/1.1\r\nAuthorization: Bearer abcdefghijkl\r\n\r\n");
  add(false, 1, "HTTP/1.1 200 OK\r\n\r\n");
  PacketRingOptions options;
  options.payload = payload;
  auto ring = std::make_shared<PacketRing>(options);
  ContextTable contexts;
  Decoder decoder(DecoderOptions(), contexts);
  DecodedBatch decoded;
  decoder.Decode(frames.batch(), decoded);
  ring->Add(frames.batch(), decoded);
  return ring;
}

class HistoryInspectionTest : public ::testing::Test {
 protected:
  using Stub = v1::HistoryService::Stub;

  void SetUp() override {
    ASSERT_OK(server_.Start());
    stub_ = v1::HistoryService::NewStub(server_.Connect());
  }
  template <typename Request, typename Response>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                 const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    SetDeadline(context);
    return (stub_.get()->*method)(&context, request, &response);
  }

  Bench bench_;
  TestServer server_{bench_};
  std::unique_ptr<Stub> stub_;
};

TEST_F(HistoryInspectionTest, PacketsAreListedNewestFirstPageByPage) {
  bench_.control_.SetPackets(Ring(false));
  v1::ListPacketsRequest request;
  request.set_page_size(1);
  v1::ListPacketsResponse response;
  ASSERT_TRUE(Call(&Stub::ListPackets, request, response).ok());
  ASSERT_THAT(response.records(), SizeIs(1));
  EXPECT_EQ(response.records(0).packet().ordinal(), 1u);
  EXPECT_EQ(response.records(0).source_id(), "live");
  EXPECT_EQ(response.first_ordinal(), 0u);
  EXPECT_EQ(response.last_ordinal(), 1u);
  request.set_page_token(response.next_page_token());
  response.Clear();
  ASSERT_TRUE(Call(&Stub::ListPackets, request, response).ok());
  ASSERT_THAT(response.records(), SizeIs(1));
  EXPECT_EQ(response.records(0).packet().ordinal(), 0u);
  EXPECT_EQ(response.records(0).packet().payload_bytes(), 54u);
}

TEST_F(HistoryInspectionTest, PacketsAreSelectedLikeRecords) {
  bench_.control_.SetPackets(Ring(false));
  v1::ListPacketsRequest request;
  request.mutable_selector()->add_sources(kServer);
  v1::ListPacketsResponse response;
  ASSERT_TRUE(Call(&Stub::ListPackets, request, response).ok());
  ASSERT_THAT(response.records(), SizeIs(1));
  EXPECT_EQ(response.records(0).packet().ordinal(), 1u);
  request.mutable_selector()->set_sources(0, "not an address");
  const grpc::Status status = Call(&Stub::ListPackets, request, response);
  EXPECT_EQ(InfoOf(status).reason(), "SELECTOR_INVALID");
}

TEST_F(HistoryInspectionTest, APacketIsTakenApartWithoutItsPayload) {
  bench_.control_.SetPackets(Ring(false));
  v1::GetPacketRequest request;
  v1::GetPacketResponse response;
  ASSERT_TRUE(Call(&Stub::GetPacket, request, response).ok());
  std::vector<std::string> names;
  for (const v1::Layer& layer : response.dissection().layers()) {
    names.push_back(layer.name());
  }
  EXPECT_THAT(names, ElementsAre("frame", "eth", "ip", "tcp", "data"));
  EXPECT_EQ(response.dissection().layers(4).fields(0).remark(),
            "not kept in metadata mode");
}

TEST_F(HistoryInspectionTest, WhatIsNotKeptIsSaidSo) {
  v1::GetPacketRequest request;
  v1::GetPacketResponse response;
  EXPECT_EQ(InfoOf(Call(&Stub::GetPacket, request, response)).reason(),
            "CAPTURE_NOT_RUNNING");
  bench_.control_.SetPackets(Ring(false));
  request.set_ordinal(2);
  const grpc::Status status = Call(&Stub::GetPacket, request, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(InfoOf(status).reason(), "PACKET_NOT_KEPT");
  EXPECT_EQ(InfoOf(status).metadata().at("ordinal"), "2");
}

TEST_F(HistoryInspectionTest, PayloadIsRefusedInMetadataMode) {
  bench_.Add(Flow(kFlow));
  bench_.control_.SetPackets(Ring(false));
  v1::GetPacketBytesResponse bytes;
  const grpc::Status status =
      Call(&Stub::GetPacketBytes, v1::GetPacketBytesRequest(), bytes);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(InfoOf(status).reason(), "CAPTURE_MODE_REQUIRED");
  EXPECT_EQ(InfoOf(status).metadata().at("mode"), "METADATA");
  v1::FollowStreamRequest request;
  request.set_id(kFlow);
  request.set_previews(true);
  v1::FollowStreamResponse turns;
  EXPECT_EQ(InfoOf(Call(&Stub::FollowStream, request, turns)).reason(),
            "CAPTURE_MODE_REQUIRED");
}

TEST_F(HistoryInspectionTest, PayloadIsShownWithoutSecretsWhereItIsKept) {
  bench_.Add(Flow(kFlow));
  bench_.control_.SetPackets(Ring(true));
  v1::GetPacketBytesResponse bytes;
  ASSERT_TRUE(
      Call(&Stub::GetPacketBytes, v1::GetPacketBytesRequest(), bytes).ok());
  std::string ascii;
  for (const v1::HexLine& line : bytes.lines()) ascii += line.ascii();
  EXPECT_THAT(ascii, HasSubstr("GET / HTTP/1.1"));
  EXPECT_THAT(ascii, HasSubstr("Bearer ************"));
  v1::FollowStreamRequest request;
  request.set_id(kFlow);
  request.set_previews(true);
  v1::FollowStreamResponse stream;
  ASSERT_TRUE(Call(&Stub::FollowStream, request, stream).ok());
  ASSERT_THAT(stream.turns(), SizeIs(2));
  EXPECT_THAT(stream.turns(0).preview(), HasSubstr("[redacted:"));
  EXPECT_THAT(stream.turns(1).preview(), HasSubstr("200 OK"));
}

TEST_F(HistoryInspectionTest, AStreamIsTurnsAlsoInMetadataMode) {
  bench_.Add(Flow(kFlow));
  bench_.control_.SetPackets(Ring(false));
  v1::FollowStreamRequest request;
  request.set_id("03bd");
  v1::FollowStreamResponse response;
  ASSERT_TRUE(Call(&Stub::FollowStream, request, response).ok());
  ASSERT_THAT(response.turns(), SizeIs(2));
  EXPECT_EQ(response.turns(0).payload_bytes(), 54u);
  EXPECT_EQ(response.turns(0).preview(), "");
  EXPECT_EQ(response.kept_packets(), 2u);
  EXPECT_EQ(response.packets(), 5u);
  EXPECT_EQ(response.flow_id(), kFlow);
}

TEST_F(HistoryInspectionTest, ATimelineHasEventsAndAlertsOfTheFlow) {
  bench_.Add(Flow(kFlow));
  bench_.Add(Event("00000000000000e1", kFlow));
  bench_.Add(Event("00000000000000e2", "00000000000000ff"));
  bench_.Add(AlertOn("00000000000000a1"));
  v1::GetTimelineRequest request;
  request.set_id("03bd");
  v1::GetTimelineResponse response;
  ASSERT_TRUE(Call(&Stub::GetTimeline, request, response).ok());
  std::vector<std::string> kinds;
  for (const v1::TimelineEntry& entry : response.entries()) {
    kinds.push_back(entry.kind());
  }
  EXPECT_THAT(kinds, ElementsAre("flow_started", "unusual_destination",
                                 "protocol_detected", "dns_query",
                                 "alert_triggered", "ended"));
  request.set_id("ffff");
  EXPECT_EQ(Call(&Stub::GetTimeline, request, response).error_code(),
            grpc::StatusCode::NOT_FOUND);
  request.set_id("xyz");
  EXPECT_EQ(InfoOf(Call(&Stub::GetTimeline, request, response)).reason(),
            "ARGUMENT_INVALID");
}

TEST_F(HistoryInspectionTest, AFlowThatIsOpenIsFoundToo) {
  v1::GetFlowRequest request;
  request.set_id("00000000000000aa");
  request.set_findings(true);
  v1::GetFlowResponse response;
  ASSERT_TRUE(Call(&Stub::GetFlow, request, response).ok());
  EXPECT_EQ(response.record().flow().end_reason(), v1::END_REASON_ACTIVE);
  EXPECT_TRUE(response.has_summary());
}

std::vector<std::string> IdsOf(const v1::ListFlowsResponse& response) {
  std::vector<std::string> ids;
  for (const v1::Record& record : response.records()) {
    ids.push_back(record.flow().id());
  }
  return ids;
}

TEST_F(HistoryInspectionTest, FlowsAreSortedByWhatTheyAmountTo) {
  for (uint64_t i = 0; i < 5; ++i) {
    v1::Record record = Flow(absl::StrFormat("%016x", 0xf0 + i));
    v1::Flow& flow = *record.mutable_flow();
    // Bytes go up, packets down, durations up and down.
    flow.mutable_from_responder()->set_frame_bytes(1'000 * i);
    flow.mutable_from_responder()->set_packets(10 - i);
    flow.mutable_end()->set_seconds(kStart + (i % 2 == 0 ? 10 : 1));
    flow.mutable_start()->set_nanos(static_cast<int32_t>(i));
    bench_.Add(record);
  }
  v1::ListFlowsRequest request;
  request.set_page_size(2);
  v1::ListFlowsResponse response;
  const auto list = [&](const char* order) {
    request.set_order_by(order);
    response.Clear();
    EXPECT_TRUE(Call(&Stub::ListFlows, request, response).ok()) << order;
    EXPECT_EQ(response.next_page_token(), "");
    return IdsOf(response);
  };
  const std::string f0 = "00000000000000f0", f1 = "00000000000000f1";
  const std::string f3 = "00000000000000f3", f4 = "00000000000000f4";
  EXPECT_THAT(list("bytes desc"), ElementsAre(f4, f3));
  EXPECT_THAT(list("bytes"), ElementsAre(f0, f1));
  EXPECT_THAT(list("packets desc"), ElementsAre(f0, f1));
  EXPECT_THAT(list("duration desc"), ElementsAre(f0, "00000000000000f2"));
  EXPECT_THAT(list("start"), SizeIs(2));
  EXPECT_FALSE(response.truncated());
  request.set_order_by("size");
  const grpc::Status status = Call(&Stub::ListFlows, request, response);
  EXPECT_EQ(InfoOf(status).reason(), "ORDER_BY_INVALID");
  EXPECT_THAT(status.error_message(), HasSubstr("bytes, packets, duration"));
}

TEST_F(HistoryInspectionTest, FlowsThatAlertsAreAboutAreFoundPageByPage) {
  for (uint64_t i = 0; i < 12; ++i) {
    v1::Record record = Flow(absl::StrFormat("%016x", 0xf0 + i));
    if (i % 3 != 0) {
      record.mutable_flow()->mutable_responder()->set_address("203.0.113.9");
    }
    bench_.Add(record);
  }
  v1::ListFlowsRequest request;
  request.set_has_alert(true);
  v1::ListFlowsResponse response;
  ASSERT_TRUE(Call(&Stub::ListFlows, request, response).ok());
  EXPECT_THAT(response.records(), IsEmpty());
  bench_.Add(AlertOn("00000000000000a1"));
  request.set_page_size(2);
  std::vector<std::string> found;
  do {
    response.Clear();
    ASSERT_TRUE(Call(&Stub::ListFlows, request, response).ok());
    EXPECT_LE(response.records_size(), 2);
    for (const std::string& id : IdsOf(response)) found.push_back(id);
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(found, ElementsAre("00000000000000f9", "00000000000000f6",
                                 "00000000000000f3", "00000000000000f0"));
  request.set_order_by("bytes desc");
  ASSERT_TRUE(Call(&Stub::ListFlows, request, response).ok());
  EXPECT_THAT(response.records(), SizeIs(2));
  // Open ones are asked about too.
  request.set_open(true);
  ASSERT_TRUE(Call(&Stub::ListFlows, request, response).ok());
  EXPECT_THAT(IdsOf(response),
              ::testing::Not(::testing::Contains("00000000000000aa")));
}

TEST_F(HistoryInspectionTest, AFlowIsGivenWithWhatIsOddAboutIt) {
  bench_.Add(Flow(kFlow));
  bench_.Add(Event("00000000000000e1", kFlow));
  v1::GetFlowRequest request;
  request.set_id(kFlow);
  v1::GetFlowResponse response;
  ASSERT_TRUE(Call(&Stub::GetFlow, request, response).ok());
  EXPECT_THAT(response.findings(), IsEmpty());
  request.set_findings(true);
  ASSERT_TRUE(Call(&Stub::GetFlow, request, response).ok());
  std::vector<std::string> codes;
  for (const v1::Finding& finding : response.findings()) {
    codes.push_back(finding.code());
  }
  EXPECT_THAT(codes,
              ElementsAre("tcp.zero_window", "app.odd_port", "dns.nxdomain"));
  EXPECT_EQ(response.summary().warnings(), 2u);
}

TEST_F(HistoryInspectionTest, ExpertInformationIsFilteredByCodeAndSeverity) {
  bench_.Add(Flow(kFlow));
  bench_.Add(Event("00000000000000e1", kFlow));
  v1::ListExpertInfoRequest request;
  request.set_flow_id("03bd");
  request.set_min_severity(v1::FINDING_SEVERITY_WARN);
  v1::ListExpertInfoResponse response;
  ASSERT_TRUE(Call(&Stub::ListExpertInfo, request, response).ok());
  EXPECT_THAT(response.findings(), SizeIs(2));
  request.set_min_severity(v1::FINDING_SEVERITY_UNSPECIFIED);
  request.add_codes("dns.nxdomain");
  ASSERT_TRUE(Call(&Stub::ListExpertInfo, request, response).ok());
  ASSERT_THAT(response.findings(), SizeIs(1));
  EXPECT_THAT(response.findings(0).event_ids(),
              ElementsAre("00000000000000e1"));
  request.add_codes("no.such_code");
  const grpc::Status status = Call(&Stub::ListExpertInfo, request, response);
  EXPECT_EQ(InfoOf(status).metadata().at("field"), "codes");
}

TEST_F(HistoryInspectionTest, ExpertInformationOfARangeIsTheWorstFirst) {
  for (int i = 0; i < 3; ++i) {
    bench_.Add(Flow(absl::StrFormat("%016x", 0xf0 + i)));
    bench_.Add(AlertOn(absl::StrFormat("%016x", 0xa0 + i)));
  }
  bench_.Add(Event("00000000000000e1", absl::StrFormat("%016x", 0xf1)));
  v1::ListExpertInfoRequest request;
  request.set_limit(4);
  v1::ListExpertInfoResponse response;
  ASSERT_TRUE(Call(&Stub::ListExpertInfo, request, response).ok());
  // With the open flow of the fake control.
  EXPECT_EQ(response.flows_examined(), 4u);
  EXPECT_EQ(response.events_examined(), 1u);
  ASSERT_THAT(response.findings(), SizeIs(4));
  EXPECT_EQ(response.findings(0).code(), "flow.many_alerts");
  EXPECT_EQ(response.findings(3).severity(), v1::FINDING_SEVERITY_WARN);
  EXPECT_TRUE(response.truncated());
}

TEST_F(HistoryInspectionTest, ConversationsAddUpStoredAndOpenFlows) {
  bench_.Add(Flow(kFlow));
  bench_.Add(Flow("03bd000000000002", "tls"));
  bench_.Add(AlertOn("00000000000000a1"));
  v1::ListConversationsResponse response;
  ASSERT_TRUE(
      Call(&Stub::ListConversations, v1::ListConversationsRequest(), response)
          .ok());
  ASSERT_THAT(response.conversations(), SizeIs(1));
  EXPECT_EQ(response.conversations(0).flows(), 2u);
  EXPECT_EQ(response.conversations(0).alerts(), 1u);
  // The open flow of the fake control has no conversation, but is one.
  EXPECT_EQ(response.flows_examined(), 3u);
  EXPECT_FALSE(response.truncated());
}

TEST_F(HistoryInspectionTest, AConversationIsNamedByItselfOrByAFlow) {
  bench_.Add(Flow(kFlow));
  bench_.Add(Flow("03bd000000000002", "tls"));
  for (const char* id : {"9a01", "03bd000000000002", kConversation}) {
    v1::GetConversationRequest request;
    request.set_id(id);
    v1::GetConversationResponse response;
    ASSERT_TRUE(Call(&Stub::GetConversation, request, response).ok()) << id;
    EXPECT_EQ(response.conversation().id(), kConversation);
    EXPECT_THAT(response.flows(), SizeIs(2));
  }
  v1::GetConversationRequest request;
  request.set_id("ffff");
  v1::GetConversationResponse response;
  EXPECT_EQ(Call(&Stub::GetConversation, request, response).error_code(),
            grpc::StatusCode::NOT_FOUND);
  v1::Record other = Flow("04bd000000000001");
  other.mutable_flow()->set_conversation_id("9a01ffffffffffff");
  bench_.Add(other);
  request.set_id("9a01");
  EXPECT_EQ(InfoOf(Call(&Stub::GetConversation, request, response)).reason(),
            "ID_AMBIGUOUS");
}

TEST_F(HistoryInspectionTest, ProtocolsAddUpFlows) {
  bench_.Add(Flow(kFlow));
  bench_.Add(Flow("03bd000000000002", "tls"));
  bench_.Add(Flow("03bd000000000003", "tls"));
  v1::GetProtocolSummaryResponse response;
  ASSERT_TRUE(
      Call(&Stub::GetProtocolSummary, v1::GetProtocolSummaryRequest(), response)
          .ok());
  ASSERT_GE(response.protocols_size(), 2);
  EXPECT_EQ(response.protocols(0).protocol(), "tls");
  EXPECT_EQ(response.protocols(0).flows(), 2u);
  EXPECT_EQ(response.protocols(1).protocol(), "dns");
}

TEST_F(HistoryInspectionTest, ABeginningOfSeveralFlowsIsAmbiguous) {
  // One that is open, by the fake control.
  v1::GetFlowRequest request;
  request.set_id("0000");
  v1::GetFlowResponse response;
  ASSERT_TRUE(Call(&Stub::GetFlow, request, response).ok());
  EXPECT_EQ(response.record().flow().id(), "00000000000000aa");
  bench_.Add(Flow("00000000000000bb"));
  const grpc::Status status = Call(&Stub::GetFlow, request, response);
  EXPECT_EQ(InfoOf(status).reason(), "ID_AMBIGUOUS");
  EXPECT_EQ(InfoOf(status).metadata().at("candidates"),
            "live/00000000000000bb,live/00000000000000aa");
  for (const char* id : {"00000000000000aa", "00000000000000bb"}) {
    request.set_id(id);
    ASSERT_TRUE(Call(&Stub::GetFlow, request, response).ok());
    EXPECT_EQ(response.record().flow().id(), id);
  }
}

TEST_F(HistoryInspectionTest, WhatMayShowPayloadNeedsAnAnalyst) {
  server_.SetRole(v1::ROLE_READER);
  bench_.control_.SetPackets(Ring(true));
  v1::GetPacketBytesResponse bytes;
  EXPECT_EQ(
      InfoOf(Call(&Stub::GetPacketBytes, v1::GetPacketBytesRequest(), bytes))
          .reason(),
      "ROLE_REQUIRED");
  v1::FollowStreamResponse turns;
  EXPECT_EQ(InfoOf(Call(&Stub::FollowStream, v1::FollowStreamRequest(), turns))
                .reason(),
            "ROLE_REQUIRED");
}

}  // namespace
}  // namespace tapline::testing
