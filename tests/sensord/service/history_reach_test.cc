// How far back timelines, findings and conversations look, and past what.

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "history_harness.h"

namespace tapline::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr char kOther[] = "03bd000000000002";

class HistoryReachTest : public HistoryTest {
 protected:
  // Kept as if received `seconds` after the traffic began.
  void Keep(v1::Record record, int64_t seconds) {
    record.set_epoch(1);
    record.set_sequence(++sequence_);
    record.mutable_received_at()->set_seconds(kStart + seconds);
    bench_.store_.Put(record);
  }
  std::vector<std::string> Kinds() {
    v1::GetTimelineRequest request;
    request.set_id(kFlow);
    v1::GetTimelineResponse response;
    EXPECT_TRUE(Call(&Stub::GetTimeline, request, response).ok());
    truncated_ = response.truncated();
    std::vector<std::string> kinds;
    for (const v1::TimelineEntry& entry : response.entries()) {
      kinds.push_back(entry.kind());
    }
    return kinds;
  }

  static v1::Record BigEvent(const std::string& id) {
    v1::Record record = Event(id, kFlow);
    record.mutable_event()->mutable_dns()->set_name(std::string(8'000, 'x'));
    return record;
  }

  uint64_t sequence_ = 0;
  bool truncated_ = false;
};

TEST_F(HistoryReachTest, AnOldFlowOfABusyPairHasItsOwnEvents) {
  Keep(Event("00000000000000e1", kFlow), 1);
  Keep(Flow(kFlow), 10);
  for (int i = 0; i < 10'050; ++i) {
    Keep(Event(absl::StrFormat("%016x", 0x10000 + i), kOther), 11);
  }
  EXPECT_THAT(Kinds(), Contains("dns_query"));
  EXPECT_FALSE(truncated_);
}

TEST_F(HistoryReachTest, AnOldFlowOfABusyPairHasItsOwnPartsAndAlerts) {
  v1::Record part = Flow(kFlow);
  part.mutable_flow()->set_end_reason(v1::END_REASON_ROTATED);
  part.mutable_flow()->mutable_start()->set_seconds(kStart - 3600);
  part.mutable_flow()->mutable_end()->set_seconds(kStart);
  Keep(part, 0);
  Keep(AlertOn("00000000000000a1"), 2);
  Keep(Flow(kFlow), 10);
  for (int i = 0; i < 1'050; ++i) {
    Keep(Flow(absl::StrFormat("%016x", 0x10000 + i)), 11);
    v1::Record later = AlertOn(absl::StrFormat("%016x", 0x20000 + i));
    later.mutable_alert()->mutable_first_seen()->set_seconds(kStart + 5000);
    later.mutable_alert()->mutable_last_seen()->set_seconds(kStart + 5000);
    Keep(later, 5000);
  }
  EXPECT_THAT(Kinds(), Contains("alert_triggered"));
  EXPECT_FALSE(truncated_);
  v1::GetFlowRequest request;
  request.set_id(kFlow);
  request.set_findings(true);
  v1::GetFlowResponse response;
  ASSERT_TRUE(Call(&Stub::GetFlow, request, response).ok());
  v1::GetTimelineRequest timeline;
  timeline.set_id(kFlow);
  v1::GetTimelineResponse entries;
  ASSERT_TRUE(Call(&Stub::GetTimeline, timeline, entries).ok());
  // From the first part on.
  EXPECT_EQ(entries.entries(0).time().seconds(), kStart - 3600);
}

TEST_F(HistoryReachTest, AnAlertThatGoesOnIsOfAFlowThatCameLater) {
  v1::Record alert = AlertOn("00000000000000a1");
  alert.mutable_alert()->mutable_first_seen()->set_seconds(kStart - 7000);
  Keep(alert, -7000);
  Keep(Flow(kFlow), 10);
  EXPECT_THAT(Kinds(), Contains("alert_triggered"));
}

TEST_F(HistoryReachTest, FindingsOfARangeRestOnEventsBeforeIt) {
  v1::ListExpertInfoRequest request;
  request.mutable_range()->mutable_since()->set_seconds(kStart + 8);
  request.add_codes("dns.nxdomain");
  Keep(Event("00000000000000e1", kFlow), 1);
  Keep(Flow(kFlow), 10);
  v1::ListExpertInfoResponse response;
  ASSERT_TRUE(Call(&Stub::ListExpertInfo, request, response).ok());
  ASSERT_THAT(response.findings(), SizeIs(1));
  EXPECT_THAT(response.findings(0).event_ids(),
              ElementsAre("00000000000000e1"));
}

TEST_F(HistoryReachTest, AFlowWithMoreEventsThanAreLookedAtIsToldTruncated) {
  Keep(Flow(kFlow), 10);
  for (int i = 0; i < 1'000; ++i) {
    Keep(Event(absl::StrFormat("%016x", 0x10000 + i), kFlow), 1);
  }
  v1::ListExpertInfoRequest request;
  request.set_limit(1000);
  v1::ListExpertInfoResponse response;
  ASSERT_TRUE(Call(&Stub::ListExpertInfo, request, response).ok());
  EXPECT_FALSE(response.truncated());
  Keep(Event("00000000000000e1", kFlow), 1);
  ASSERT_TRUE(Call(&Stub::ListExpertInfo, request, response).ok());
  EXPECT_TRUE(response.truncated());
}

TEST_F(HistoryReachTest, AFlowThatEndsMeanwhileCountsOnce) {
  Keep(Flow(kFlow), 10);
  v1::Record rotated = Flow(kOther);
  rotated.mutable_flow()->set_end_reason(v1::END_REASON_ROTATED);
  rotated.mutable_flow()->mutable_start()->set_seconds(kStart - 100);
  Keep(rotated, 10);
  // Both were open when they were asked for.
  bench_.control_.SetOpenFlows({OpenFlow(kFlow), OpenFlow(kOther)});
  v1::GetProtocolSummaryResponse protocols;
  ASSERT_TRUE(Call(&Stub::GetProtocolSummary, v1::GetProtocolSummaryRequest(),
                   protocols)
                  .ok());
  ASSERT_THAT(protocols.protocols(), SizeIs(1));
  EXPECT_EQ(protocols.protocols(0).flows(), 2u);
  EXPECT_EQ(protocols.protocols(0).packets(), 15u);
  v1::ListConversationsResponse response;
  ASSERT_TRUE(
      Call(&Stub::ListConversations, v1::ListConversationsRequest(), response)
          .ok());
  ASSERT_THAT(response.conversations(), SizeIs(1));
  EXPECT_EQ(response.conversations(0).originator_packets(), 9u);
}

TEST_F(HistoryReachTest, OpenFlowsThatWereNotToldInTimeAreMissedNotSilently) {
  bench_.control_.SetOpenFlows({OpenFlow(kFlow)}, false);
  v1::ListFlowsRequest list;
  list.set_open(true);
  v1::ListFlowsResponse flows;
  ASSERT_TRUE(Call(&Stub::ListFlows, list, flows).ok());
  EXPECT_TRUE(flows.truncated());
  v1::ListConversationsResponse conversations;
  ASSERT_TRUE(Call(&Stub::ListConversations, v1::ListConversationsRequest(),
                   conversations)
                  .ok());
  EXPECT_TRUE(conversations.truncated());
  v1::GetProtocolSummaryResponse protocols;
  ASSERT_TRUE(Call(&Stub::GetProtocolSummary, v1::GetProtocolSummaryRequest(),
                   protocols)
                  .ok());
  EXPECT_TRUE(protocols.truncated());
  v1::ListExpertInfoResponse expert;
  ASSERT_TRUE(
      Call(&Stub::ListExpertInfo, v1::ListExpertInfoRequest(), expert).ok());
  EXPECT_TRUE(expert.truncated());
  v1::GetFlowRequest get;
  get.set_id(kFlow);
  v1::GetFlowResponse flow;
  EXPECT_TRUE(Call(&Stub::GetFlow, get, flow).ok());
  // Another may be open or not: nobody looked.
  get.set_id(kOther);
  const grpc::Status status = Call(&Stub::GetFlow, get, flow);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(InfoOf(status).reason(), "UNAVAILABLE");
}

TEST_F(HistoryReachTest, BigEventsComeInPagesThatClientsTake) {
  for (int i = 0; i < 1'000; ++i) {
    Keep(BigEvent(absl::StrFormat("%016x", 0x10000 + i)), 1);
  }
  v1::ListEventsRequest request;
  request.set_page_size(1000);
  size_t events = 0;
  size_t pages = 0;
  do {
    v1::ListEventsResponse response;
    const grpc::Status status = Call(&Stub::ListEvents, request, response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    events += response.records().size();
    ++pages;
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(events, 1'000u);
  EXPECT_GT(pages, 1u);
}

TEST_F(HistoryReachTest, BigFlowsComeInPagesThatClientsTake) {
  for (int i = 0; i < 1'000; ++i) {
    v1::Record flow = Flow(absl::StrFormat("%016x", 0x10000 + i));
    flow.mutable_flow()->mutable_application()->set_host(
        std::string(8'000, 'x'));
    Keep(flow, 1);
  }
  v1::ListFlowsRequest request;
  request.set_page_size(1000);
  size_t flows = 0;
  do {
    v1::ListFlowsResponse response;
    const grpc::Status status = Call(&Stub::ListFlows, request, response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_FALSE(response.truncated());
    flows += response.records().size();
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(flows, 1'000u);
  // One page only: it says that it is cut.
  request.set_order_by("bytes desc");
  v1::ListFlowsResponse response;
  ASSERT_TRUE(Call(&Stub::ListFlows, request, response).ok());
  EXPECT_TRUE(response.truncated());
  EXPECT_GT(response.records_size(), 300);
}

TEST_F(HistoryReachTest, ALongTimelineIsCutToWhatClientsTake) {
  Keep(Flow(kFlow), 10);
  for (int i = 0; i < 2'000; ++i) {
    Keep(BigEvent(absl::StrFormat("%016x", 0x10000 + i)), 1);
  }
  v1::GetTimelineRequest request;
  request.set_id(kFlow);
  v1::GetTimelineResponse response;
  const grpc::Status status = Call(&Stub::GetTimeline, request, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(response.truncated());
  EXPECT_GT(response.entries_size(), 100);
}

TEST_F(HistoryReachTest, AlertsOfAConversationAreThoseOfTheFlowsAskedFor) {
  Keep(Flow(kFlow), 10);
  Keep(Flow(kOther, "tls"), 10);
  v1::Record tunnel = AlertOn("00000000000000a1");
  tunnel.mutable_alert()->mutable_evidence()->mutable_dns_tunnel();
  Keep(tunnel, 10);
  v1::ListConversationsRequest request;
  v1::ListConversationsResponse response;
  const auto alerts = [&](const char* filter) {
    request.set_filter(filter);
    EXPECT_TRUE(Call(&Stub::ListConversations, request, response).ok());
    EXPECT_THAT(response.conversations(), SizeIs(1)) << filter;
    return response.conversations(0).alerts();
  };
  EXPECT_EQ(alerts("dns"), 1u);
  EXPECT_EQ(alerts("tls"), 0u);
}

}  // namespace
}  // namespace tapline::testing
