// A server whose history is asked, and records of one flow for it.

#ifndef TAPLINE_TESTS_SENSORD_SERVICE_HISTORY_HARNESS_H_
#define TAPLINE_TESTS_SENSORD_SERVICE_HISTORY_HARNESS_H_

#include <memory>
#include <string>

#include "harness.h"
#include "tests/support/frame_list.h"
#include "tests/support/status_matchers.h"

namespace tapline::testing {

inline constexpr char kClient[] = "192.0.2.1";
inline constexpr char kServer[] = "198.51.100.2";
inline constexpr char kFlow[] = "03bd000000000001";
inline constexpr char kConversation[] = "9a01000000000001";
inline constexpr int64_t kStart = FrameList::kStart / kSecondNanos;

inline v1::Record Flow(const std::string& id,
                       const std::string& protocol = "dns") {
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

// As a snapshot of it is.
inline v1::Record OpenFlow(const std::string& id) {
  v1::Record record = Flow(id);
  record.clear_received_at();
  record.mutable_flow()->set_end_reason(v1::END_REASON_ACTIVE);
  return record;
}

inline v1::Record Event(const std::string& id, const std::string& flow_id) {
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

inline v1::Record AlertOn(const std::string& id) {
  v1::Record record = AlertRecord(id);
  v1::Alert& alert = *record.mutable_alert();
  alert.mutable_source()->set_address(kClient);
  alert.mutable_target()->set_address(kServer);
  alert.mutable_first_seen()->set_seconds(kStart + 2);
  alert.mutable_last_seen()->set_seconds(kStart + 2);
  return record;
}

class HistoryTest : public ::testing::Test {
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

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_SERVICE_HISTORY_HARNESS_H_
