// Lists of flows over gRPC.

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "history_harness.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class HistoryFlowsTest : public HistoryTest {};

std::vector<std::string> IdsOf(const v1::ListFlowsResponse& response) {
  std::vector<std::string> ids;
  for (const v1::Record& record : response.records()) {
    ids.push_back(record.flow().id());
  }
  return ids;
}

TEST_F(HistoryFlowsTest, FlowsAreSortedByWhatTheyAmountTo) {
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
  EXPECT_TRUE(response.truncated());
  request.set_order_by("size");
  const grpc::Status status = Call(&Stub::ListFlows, request, response);
  EXPECT_EQ(InfoOf(status).reason(), "ORDER_BY_INVALID");
  EXPECT_THAT(status.error_message(), HasSubstr("bytes, packets, duration"));
}

TEST_F(HistoryFlowsTest, FlowsThatAlertsAreAboutAreFoundPageByPage) {
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
}

TEST_F(HistoryFlowsTest, OpenFlowsThatAlertsAreAboutAreFound) {
  bench_.Add(AlertOn("00000000000000a1"));
  std::vector<v1::Record> open = {OpenFlow("00000000000000f1"),
                                  OpenFlow("00000000000000f2")};
  open[1].mutable_flow()->mutable_responder()->set_address("203.0.113.9");
  bench_.control_.SetOpenFlows(open);
  v1::ListFlowsRequest request;
  request.set_open(true);
  v1::ListFlowsResponse response;
  ASSERT_TRUE(Call(&Stub::ListFlows, request, response).ok());
  EXPECT_THAT(response.records(), SizeIs(2));
  request.set_has_alert(true);
  ASSERT_TRUE(Call(&Stub::ListFlows, request, response).ok());
  EXPECT_THAT(IdsOf(response), ElementsAre("00000000000000f1"));
}

TEST_F(HistoryFlowsTest, OpenFlowsComePageByPageInTheOrderOfTheirIds) {
  std::vector<v1::Record> open;
  for (const uint64_t i : {7u, 3u, 9u, 1u, 5u}) {
    open.push_back(OpenFlow(absl::StrFormat("%016x", 0xf0 + i)));
  }
  bench_.control_.SetOpenFlows(open);
  v1::ListFlowsRequest request;
  request.set_open(true);
  request.set_page_size(2);
  std::vector<std::string> found;
  int pages = 0;
  do {
    v1::ListFlowsResponse response;
    ASSERT_TRUE(Call(&Stub::ListFlows, request, response).ok());
    EXPECT_FALSE(response.truncated());
    for (const std::string& id : IdsOf(response)) found.push_back(id);
    request.set_page_token(response.next_page_token());
    // One that ends and one that opens meanwhile move none between pages.
    if (++pages == 1) {
      open[3] = OpenFlow("00000000000000f2");
      bench_.control_.SetOpenFlows(open);
    }
  } while (!request.page_token().empty());
  EXPECT_THAT(found, ElementsAre("00000000000000f1", "00000000000000f3",
                                 "00000000000000f5", "00000000000000f7",
                                 "00000000000000f9"));
}

TEST_F(HistoryFlowsTest, ASortedListSaysWhetherThereAreMore) {
  bench_.control_.SetOpenFlows(
      {OpenFlow("00000000000000f1"), OpenFlow("00000000000000f2")});
  for (const char* id : {"00000000000000e1", "00000000000000e2"}) {
    bench_.Add(Flow(id));
  }
  for (const bool open : {false, true}) {
    v1::ListFlowsRequest request;
    request.set_open(open);
    request.set_order_by("bytes desc");
    v1::ListFlowsResponse response;
    ASSERT_TRUE(Call(&Stub::ListFlows, request, response).ok());
    EXPECT_FALSE(response.truncated());
    request.set_page_size(1);
    ASSERT_TRUE(Call(&Stub::ListFlows, request, response).ok());
    EXPECT_TRUE(response.truncated());
  }
}

TEST_F(HistoryFlowsTest, AScanIsAboutItsProbesOnly) {
  for (const uint32_t port : {22u, 23u, 80u}) {
    v1::Record record = Flow(absl::StrFormat("%016x", port));
    record.mutable_flow()->mutable_responder()->set_port(port);
    bench_.Add(record);
  }
  v1::Record udp = Flow(absl::StrFormat("%016x", 24));
  udp.mutable_flow()->mutable_responder()->set_port(22);
  udp.mutable_flow()->set_transport(v1::TRANSPORT_UDP);
  bench_.Add(udp);
  v1::Record alert = AlertOn("00000000000000a1");
  v1::PortScanEvidence& scan =
      *alert.mutable_alert()->mutable_evidence()->mutable_port_scan();
  scan.set_distinct_ports(2);
  scan.add_ports(22);
  scan.add_ports(23);
  scan.set_transport(v1::TRANSPORT_TCP);
  bench_.Add(alert);
  v1::ListFlowsRequest request;
  request.set_has_alert(true);
  v1::ListFlowsResponse response;
  ASSERT_TRUE(Call(&Stub::ListFlows, request, response).ok());
  EXPECT_THAT(IdsOf(response), ElementsAre(absl::StrFormat("%016x", 23),
                                           absl::StrFormat("%016x", 22)));
}

}  // namespace
}  // namespace tapline::testing
