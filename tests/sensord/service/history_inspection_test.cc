// The closer looks over gRPC: packets, conversations, timelines, streams,
// expert information.

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "history_harness.h"
#include "sensord/decode/decoder.h"
#include "tests/support/frame_list.h"
#include "tests/support/packet_builder.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Of the flow kFlow, a second apart.
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

class HistoryInspectionTest : public HistoryTest {};

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

// Never those of the live source in their place.
TEST_F(HistoryInspectionTest, PacketsOfReplaysAreNotKept) {
  bench_.Add(Flow(kFlow));
  bench_.control_.SetPackets(Ring(true));
  const auto reason = [&](auto call, auto request, auto response) {
    request.set_source_id("replay-1");
    return InfoOf(Call(call, request, response)).reason();
  };
  EXPECT_EQ(reason(&Stub::ListPackets, v1::ListPacketsRequest(),
                   v1::ListPacketsResponse()),
            "PACKET_NOT_KEPT");
  EXPECT_EQ(
      reason(&Stub::GetPacket, v1::GetPacketRequest(), v1::GetPacketResponse()),
      "PACKET_NOT_KEPT");
  EXPECT_EQ(reason(&Stub::GetPacketBytes, v1::GetPacketBytesRequest(),
                   v1::GetPacketBytesResponse()),
            "PACKET_NOT_KEPT");
  v1::FollowStreamRequest follow;
  follow.set_id(kFlow);
  EXPECT_EQ(reason(&Stub::FollowStream, follow, v1::FollowStreamResponse()),
            "PACKET_NOT_KEPT");
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
