// netctl's closer looks: packets, conversations, timelines, expert information.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_split.h"
#include "fake_sensor.h"

namespace tapline {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class InspectionTest : public NetctlTest {};

v1::Finding Finding() {
  v1::Finding finding;
  finding.set_code("tcp.zero_window");
  finding.set_severity(v1::FINDING_SEVERITY_WARN);
  finding.set_category(v1::FINDING_CATEGORY_TRANSPORT);
  finding.set_kind(v1::FLOW_RISK_TCP_ISSUES);
  finding.set_summary("A side could not take more data for a while");
  finding.set_action("Look at the load of that host");
  finding.set_flow_id("03bd000000000001");
  finding.set_count(2);
  v1::FindingValue& value = *finding.add_evidence();
  value.set_name("responder.zero_windows");
  value.set_seen("2 of 60 packets");
  return finding;
}

TEST_F(InspectionTest, APacketIsATree) {
  sensor_.history.get_packet = [](const v1::GetPacketRequest& request,
                                  v1::GetPacketResponse* response) {
    EXPECT_EQ(request.ordinal(), 17u);
    v1::Layer& layer = *response->mutable_dissection()->add_layers();
    layer.set_name("ip");
    layer.set_title("Internet Protocol Version 4");
    layer.set_offset(14);
    layer.set_size(20);
    v1::LayerField& field = *layer.add_fields();
    field.set_name("ip.ttl");
    field.set_value("64");
    field.set_offset(22);
    field.set_size(1);
    field.set_severity(v1::FINDING_SEVERITY_NOTE);
    field.set_remark("low\x1b[31m");
    return grpc::Status::OK;
  };
  sensor_.Start();
  EXPECT_EQ(Run({"get", "packet", "17"}).out,
            "Internet Protocol Version 4 (ip), bytes 14-33\n"
            "  ip.ttl: 64                                            [22]\n"
            "    note: low\\x1b[31m\n");
  EXPECT_THAT(Run({"get", "packet", "17", "-o", "json"}).out,
              HasSubstr("\"dissection\":{\"layers\":[{\"name\":\"ip\""));
  EXPECT_EQ(Run({"get", "packet", "x"}).code, 2);
}

TEST_F(InspectionTest, BytesComeOnlyWhereTheSensorSendsThem) {
  sensor_.history.get_packet = [](const auto&, auto*) {
    return grpc::Status::OK;
  };
  sensor_.history.get_packet_bytes = [](const auto&,
                                        v1::GetPacketBytesResponse* response) {
    v1::HexLine& line = *response->add_lines();
    line.set_hex("41 42");
    line.set_ascii("AB");
    return grpc::Status::OK;
  };
  sensor_.Start();
  EXPECT_THAT(Run({"get", "packet", "1", "--hex"}).out,
              AllOf(StartsWith("0000  41 42 "), HasSubstr("  AB\n")));
  sensor_.history.get_packet_bytes = [](const auto&, auto*) {
    return ErrorWithReason(grpc::StatusCode::FAILED_PRECONDITION,
                           "bytes: the sensor captures in METADATA mode",
                           "CAPTURE_MODE_REQUIRED");
  };
  const Output refused = Run({"get", "packet", "1", "--hex"});
  EXPECT_EQ(refused.code, 6);
  EXPECT_THAT(refused.err, HasSubstr("METADATA mode"));
}

TEST_F(InspectionTest, FindingsShowWhatTheyRestOn) {
  sensor_.history.list_expert_info = [](const v1::ListExpertInfoRequest& r,
                                        v1::ListExpertInfoResponse* response) {
    EXPECT_EQ(r.min_severity(), v1::FINDING_SEVERITY_WARN);
    EXPECT_EQ(r.codes(0), "tcp.zero_window");
    EXPECT_TRUE(r.range().has_since());
    *response->add_findings() = Finding();
    response->set_truncated(true);
    response->set_flows_examined(5000);
    return grpc::Status::OK;
  };
  sensor_.Start();
  const Output output = Run({"expert", "--severity", "warn", "--code",
                             "tcp.zero_window", "--since", "1h"});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_THAT(output.out,
              AllOf(HasSubstr("warn"), HasSubstr("tcp.zero_window"),
                    HasSubstr("03bd0000"),
                    HasSubstr("responder.zero_windows 2 of 60 packets")));
  EXPECT_THAT(output.err, HasSubstr("the newest 5000 flows"));
  EXPECT_THAT(Run({"expert", "--severity", "warn", "--code", "tcp.zero_window",
                   "--since", "1h", "-o", "csv"})
                  .out,
              AllOf(StartsWith("time,severity,code,flow,count,category,kind,"),
                    HasSubstr("transport,tcp_issues,")));
}

TEST_F(InspectionTest, AFlowShowsItsFindingsToPeopleAndPrograms) {
  sensor_.history.get_flow = [](const v1::GetFlowRequest& request,
                                v1::GetFlowResponse* response) {
    response->mutable_record()->mutable_flow()->set_id("03bd000000000001");
    EXPECT_TRUE(request.findings());
    response->mutable_summary()->set_text("tls to www.example.com");
    *response->add_findings() = Finding();
    return grpc::Status::OK;
  };
  sensor_.Start();
  EXPECT_THAT(Run({"get", "flow", "03bd"}).out,
              AllOf(HasSubstr("id: \"03bd000000000001\""),
                    HasSubstr("\ntls to www.example.com\n"),
                    HasSubstr("tcp.zero_window")));
  const std::string json = Run({"get", "flow", "03bd", "-o", "json"}).out;
  EXPECT_THAT(json, AllOf(StartsWith("{\"record\":{\"flow\":{\"id\":\"03bd"),
                          HasSubstr("\"text\":\"tls to www.example.com\""),
                          HasSubstr("\"code\":\"tcp.zero_window\"")));
  EXPECT_THAT(Run({"get", "flow", "03bd", "-o", "yaml"}).out,
              AllOf(HasSubstr("summary:"), HasSubstr("findings:")));
  EXPECT_THAT(Run({"get", "flow", "03bd", "-o", "csv"}).out,
              AllOf(HasSubstr(",host,summary,findings\r\n"),
                    HasSubstr(",tls to www.example.com,tcp.zero_window\r\n")));
}

TEST_F(InspectionTest, FlowsAreListedByWhatTheyAmountToAndByAlerts) {
  sensor_.history.list_flows = [](const v1::ListFlowsRequest& request,
                                  v1::ListFlowsResponse* response) {
    EXPECT_TRUE(request.has_alert());
    EXPECT_EQ(request.order_by(), "bytes desc");
    v1::Flow& flow = *response->add_records()->mutable_flow();
    flow.set_id("03bd000000000001");
    flow.set_state(v1::FLOW_STATE_CONNECTED);
    flow.mutable_application()->set_encryption(v1::ENCRYPTION_ENCRYPTED);
    flow.mutable_application()->set_basis(v1::BASIS_SIGNATURE);
    response->set_truncated(true);
    return grpc::Status::OK;
  };
  sensor_.Start();
  const Output list = Run({"list", "flows", "--has-alert", "--order", "bytes"});
  EXPECT_EQ(list.code, 0) << list.err;
  EXPECT_THAT(list.out, AllOf(HasSubstr("ENCRYPTION"), HasSubstr("encrypted"),
                              HasSubstr("STATE"), HasSubstr("connected"),
                              Not(HasSubstr("BASIS"))));
  EXPECT_THAT(list.err, HasSubstr("more than could be looked at"));
  EXPECT_THAT(
      Run({"list", "flows", "--has-alert", "--order", "bytes", "-o", "wide"})
          .out,
      AllOf(HasSubstr("BASIS"), HasSubstr("signature")));
  EXPECT_EQ(
      Run({"list", "flows", "--order", "bytes", "--order-by", "received_at"})
          .code,
      2);
  EXPECT_EQ(Run({"list", "flows", "--order", "size"}).code, 2);
}

TEST_F(InspectionTest, ASortedListThatIsCutSaysSo) {
  sensor_.history.list_flows = [](const v1::ListFlowsRequest& request,
                                  v1::ListFlowsResponse* response) {
    for (uint32_t i = 0; i < request.page_size(); ++i) {
      response->add_records()->mutable_flow();
    }
    response->set_truncated(true);
    return grpc::Status::OK;
  };
  sensor_.Start();
  EXPECT_THAT(
      Run({"list", "flows", "--order", "bytes", "--all", "-o", "json"}).err,
      HasSubstr("the first 1000, as many as a sorted list has; there are "
                "more: see --filter"));
  EXPECT_THAT(
      Run({"list", "flows", "--order", "bytes", "-n", "5", "-o", "json"}).err,
      HasSubstr("the first 5; there are more: see --limit"));
}

TEST_F(InspectionTest, AllOpenFlowsAreReadPageByPage) {
  sensor_.history.list_flows = [](const v1::ListFlowsRequest& request,
                                  v1::ListFlowsResponse* response) {
    EXPECT_TRUE(request.open());
    for (int i = 0; i < 1000; ++i) response->add_records()->mutable_flow();
    if (request.page_token().empty()) response->set_next_page_token("next");
    return grpc::Status::OK;
  };
  sensor_.Start();
  const Output all = Run({"list", "flows", "--open", "--all", "-o", "json"});
  EXPECT_EQ(std::count(all.out.begin(), all.out.end(), '\n'), 2000);
  EXPECT_EQ(all.err, "");
}

TEST_F(InspectionTest, AnEmptyListOfFlowsTellsOfOpenOnes) {
  int open = 0;
  sensor_.history.list_flows = [&](const v1::ListFlowsRequest& request,
                                   v1::ListFlowsResponse* response) {
    EXPECT_EQ(request.selector().addresses(0), "192.0.2.1");
    EXPECT_EQ(request.filter(), "dns");
    for (int i = 0; request.open() && i < open; ++i) {
      response->add_records()->mutable_flow();
    }
    return grpc::Status::OK;
  };
  sensor_.Start();
  const std::vector<std::string> list = {"list", "flows",     "dns",
                                         "--ip", "192.0.2.1", "--since",
                                         "10m",  "-o",        "json"};
  Output none = Run(list);
  EXPECT_EQ(none.code, 0);
  EXPECT_THAT(none.out, IsEmpty());
  EXPECT_EQ(none.err,
            "netctl: no ended flow matches, and none that is open now\n");
  open = 2;
  EXPECT_THAT(
      Run(list).err,
      StartsWith("netctl: no ended flow matches; 2 open ones do: "
                 "'netctl list flows --open', or 'netctl watch flows'"));
  open = 1000;
  EXPECT_THAT(Run(list).err, HasSubstr("at least 1000 open ones do"));
  std::vector<std::string> failing = list;
  failing.push_back("--fail-empty");
  const Output failed = Run(failing);
  EXPECT_EQ(failed.code, 3);
  EXPECT_THAT(failed.err, HasSubstr("no ended flow matches; "));
}

TEST_F(InspectionTest, ATimelineIsATableOfMoments) {
  sensor_.history.get_timeline = [](const v1::GetTimelineRequest& request,
                                    v1::GetTimelineResponse* response) {
    EXPECT_EQ(request.id(), "03bd");
    v1::TimelineEntry& entry = *response->add_entries();
    entry.set_kind("dns_query");
    entry.set_text("name=www.example.com");
    entry.mutable_time()->set_seconds(1'700'000'000);
    return grpc::Status::OK;
  };
  sensor_.Start();
  EXPECT_THAT(Run({"timeline", "03BD"}).out,
              AllOf(HasSubstr("2023-11-14T22:13:20Z"), HasSubstr("dns_query"),
                    HasSubstr("name=www.example.com")));
}

TEST_F(InspectionTest, AStreamIsATableOfTurns) {
  sensor_.history.follow_stream = [](const v1::FollowStreamRequest& request,
                                     v1::FollowStreamResponse* response) {
    v1::Turn& turn = *response->add_turns();
    turn.set_sender(v1::SENDER_RESPONDER);
    turn.set_payload_bytes(2048);
    turn.set_packets(2);
    if (request.previews()) turn.set_preview("HTTP/1.1 200 OK");
    response->set_packets(10);
    response->set_kept_packets(2);
    return grpc::Status::OK;
  };
  sensor_.Start();
  const Output output = Run({"follow", "stream", "03bd"});
  EXPECT_THAT(output.out, AllOf(HasSubstr("responder"), HasSubstr("2.00 KiB")));
  EXPECT_THAT(output.err, HasSubstr("of 10 packets of the flow 2 are kept"));
  EXPECT_THAT(Run({"follow", "stream", "03bd", "--previews"}).out,
              HasSubstr("HTTP/1.1 200 OK"));
  EXPECT_THAT(Run({"follow", "stream", "03bd", "--side", "responder"}).out,
              HasSubstr("2.00 KiB"));
  EXPECT_THAT(Run({"follow", "stream", "03bd", "--side", "originator"}).out,
              Not(HasSubstr("2.00 KiB")));
  EXPECT_EQ(Run({"follow", "stream", "03bd", "--side", "left"}).code, 2);
}

TEST_F(InspectionTest, AStreamThatIsNotAllSaysWhy) {
  sensor_.history.follow_stream = [](const auto&,
                                     v1::FollowStreamResponse* response) {
    response->add_turns()->set_missing_bytes(4711);
    response->set_packets(10);
    response->set_kept_packets(10);
    response->set_truncated(true);
    return grpc::Status::OK;
  };
  sensor_.Start();
  const Output output = Run({"follow", "stream", "03bd"});
  EXPECT_THAT(output.out, AllOf(HasSubstr("MISSING"), HasSubstr("4711")));
  EXPECT_THAT(output.err, AllOf(HasSubstr("only the first 1 turns are told"),
                                Not(HasSubstr("are kept"))));
}

TEST_F(InspectionTest, APreviewIsShownWholeUnderItsTurn) {
  sensor_.history.follow_stream = [](const auto&,
                                     v1::FollowStreamResponse* response) {
    v1::Turn& turn = *response->add_turns();
    turn.set_sender(v1::SENDER_ORIGINATOR);
    // An escaped backslash of the payload is no line's end.
    turn.set_preview(
        "GET / HTTP/1.1\\x0d\\x0aa\\\\x0ab\\x0d\\x0a\x1b[2J... "
        "(123456789 more bytes)");
    return grpc::Status::OK;
  };
  sensor_.Start();
  EXPECT_THAT(Run({"follow", "stream", "03bd", "--previews"}).out,
              EndsWith("\n"
                       "    GET / HTTP/1.1\\x0d\\x0a\n"
                       "    a\\\\x0ab\\x0d\\x0a\n"
                       "    \\x1b[2J... (123456789 more bytes)\n"));
  EXPECT_THAT(Run({"follow", "stream", "03bd", "--previews", "-o", "json"}).out,
              AllOf(HasSubstr("\"preview\":\"GET / HTTP/1.1\\\\x0d\\\\x0a"),
                    HasSubstr("... (123456789 more bytes)\"")));
  EXPECT_THAT(
      Run({"follow", "stream", "03bd", "--previews", "-o", "compact"}).out,
      HasSubstr(" GET / HTTP/1.1\\x0d\\x0a"));
}

TEST_F(InspectionTest, ConversationsAndProtocolsAddUp) {
  const auto fill = [](v1::Conversation* conversation) {
    conversation->set_id("9a01000000000001");
    conversation->mutable_originator()->set_address("192.0.2.1");
    conversation->mutable_responder()->set_address("192.0.2.2");
    conversation->set_flows(12);
    for (const char* name : {"tls", "dns", "http", "ssh", "ntp"}) {
      conversation->add_protocols()->set_protocol(name);
    }
  };
  sensor_.history.list_conversations =
      [&](const v1::ListConversationsRequest& request,
          v1::ListConversationsResponse* response) {
        EXPECT_EQ(request.limit(), 5u);
        fill(response->add_conversations());
        return grpc::Status::OK;
      };
  sensor_.history.get_conversation =
      [&](const v1::GetConversationRequest& request,
          v1::GetConversationResponse* response) {
        EXPECT_EQ(request.id(), "9a01");
        fill(response->mutable_conversation());
        response->add_flows()->mutable_flow()->mutable_originator()->set_port(
            4711);
        return grpc::Status::OK;
      };
  sensor_.history.get_protocols = [](const auto&,
                                     v1::GetProtocolSummaryResponse* response) {
    v1::ProtocolUse& use = *response->add_protocols();
    use.set_protocol("tls");
    use.set_bytes(1000);
    use.set_share(0.25);
    use.set_encrypted_ratio(1);
    return grpc::Status::OK;
  };
  sensor_.Start();
  EXPECT_THAT(Run({"list", "conversations", "--limit", "5"}).out,
              AllOf(HasSubstr("9a010000 "), HasSubstr("192.0.2.2"),
                    HasSubstr("tls,dns,http,ssh,+1")));
  EXPECT_THAT(Run({"get", "conversation", "9a01"}).out,
              AllOf(HasSubstr("9a010000 "), HasSubstr(":4711")));
  EXPECT_THAT(Run({"list", "protocols"}).out,
              AllOf(HasSubstr("tls"), HasSubstr("25.0%"), HasSubstr("100.0%")));
  EXPECT_EQ(Run({"list", "protocols", "-o", "csv"}).out,
            "protocol,flows,packets,bytes,share,encrypted\r\n"
            "tls,0,0,1000,0.25,1\r\n");
}

TEST_F(InspectionTest, PacketsAreListedPageByPage) {
  int calls = 0;
  sensor_.history.list_packets = [&](const v1::ListPacketsRequest& request,
                                     v1::ListPacketsResponse* response) {
    EXPECT_EQ(request.page_token(), calls == 0 ? "" : "more");
    for (int i = 0; i < 2; ++i) {
      response->add_records()->mutable_packet()->set_ordinal(100);
    }
    if (++calls < 2) response->set_next_page_token("more");
    return grpc::Status::OK;
  };
  sensor_.Start();
  const std::string out = Run({"list", "packets", "-o", "json"}).out;
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 4);
  EXPECT_THAT(out, StartsWith("{\"packet\":{\"ordinal\":\"100\""));
}

}  // namespace
}  // namespace tapline
