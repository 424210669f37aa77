// A flow with its events and alerts, written in a few words.

#ifndef TAPLINE_TESTS_SENSORD_INSPECT_FLOW_STORY_H_
#define TAPLINE_TESTS_SENSORD_INSPECT_FLOW_STORY_H_

#include <deque>
#include <string>

#include "absl/strings/str_format.h"
#include "sensord/inspect/flow_facts.h"
#include "sensord/inspect/flow_history.h"

namespace tapline::testing {

// An ordinary TLS flow from inside to outside that began and ended well; tests
// change what they are about.
class FlowStory {
 public:
  static constexpr int64_t kStart = 1'767'225'600;

  FlowStory() {
    flow.set_id("00000000000000f1");
    flow.set_conversation_id("00000000000000c1");
    flow.set_transport(v1::TRANSPORT_TCP);
    flow.set_ip_protocol(6);
    Side(*flow.mutable_originator(), "192.0.2.1", 40000, v1::SCOPE_PRIVATE);
    Side(*flow.mutable_responder(), "198.51.100.2", 443, v1::SCOPE_PUBLIC);
    flow.mutable_start()->set_seconds(kStart);
    flow.mutable_end()->set_seconds(kStart + 2);
    flow.set_end_reason(v1::END_REASON_FIN);
    for (v1::FlowSide* side :
         {flow.mutable_from_originator(), flow.mutable_from_responder()}) {
      side->set_packets(10);
      side->set_frame_bytes(2'000);
      side->set_payload_bytes(1'200);
      side->set_tcp_flags(0x1b);
    }
    flow.mutable_tcp()->set_state(v1::TCP_STATE_CLOSED);
    flow.mutable_tcp()->set_responder_rtt_ns(1'000'000);
    flow.mutable_tcp()->set_originator_rtt_ns(1'000'000);
    Application("tls", v1::BASIS_DECODED, v1::ENCRYPTION_ENCRYPTED);
  }

  FlowStory& Application(const std::string& protocol, v1::Basis basis,
                         v1::Encryption encryption) {
    v1::Application& application = *flow.mutable_application();
    application.set_protocol(protocol);
    application.set_basis(basis);
    application.set_encryption(encryption);
    return *this;
  }
  FlowStory& Port(uint32_t port) {
    flow.mutable_responder()->set_port(port);
    return *this;
  }
  FlowStory& Udp() {
    flow.set_transport(v1::TRANSPORT_UDP);
    flow.set_ip_protocol(17);
    flow.clear_tcp();
    for (v1::FlowSide* side :
         {flow.mutable_from_originator(), flow.mutable_from_responder()}) {
      side->clear_tcp_flags();
    }
    return *this;
  }
  // One millisecond after the last one.
  v1::Event& Event() {
    v1::Event& event = events.emplace_back();
    event.set_id(absl::StrFormat("%016x", events.size()));
    event.set_flow_id(flow.id());
    const auto sent = static_cast<int64_t>(events.size());
    event.mutable_time()->set_seconds(kStart + sent / 1000);
    event.mutable_time()->set_nanos(
        static_cast<int32_t>(sent % 1000 * 1'000'000));
    return event;
  }
  v1::Dns& Dns(const std::string& name, uint32_t rcode = 0,
               bool answered = true) {
    v1::Dns& dns = *Event().mutable_dns();
    dns.set_name(name);
    dns.set_type(1);
    dns.set_answered(answered);
    dns.set_rcode(rcode);
    return dns;
  }
  v1::Alert& Alert(const std::string& rule) {
    v1::Alert& alert = alerts.emplace_back();
    alert.set_id(absl::StrFormat("%016x", 0xa000 + alerts.size()));
    alert.set_rule(rule);
    alert.set_severity(v1::SEVERITY_HIGH);
    alert.set_summary("a summary");
    alert.mutable_first_seen()->set_seconds(kStart + 1);
    alert.mutable_last_seen()->set_seconds(kStart + 1);
    *alert.mutable_source() = flow.originator();
    alert.mutable_source()->clear_port();
    return alert;
  }

  FlowFacts Facts() const {
    FlowFacts facts(flow);
    for (const v1::Event& event : events) facts.events.push_back(&event);
    for (const v1::Alert& alert : alerts) facts.alerts.push_back(&alert);
    return facts;
  }
  FlowHistory History() const {
    FlowHistory history;
    history.parts = {flow};
    history.events = {events.begin(), events.end()};
    history.alerts = {alerts.begin(), alerts.end()};
    return history;
  }

  v1::Flow flow;
  // Addresses stay while more come.
  std::deque<v1::Event> events;
  std::deque<v1::Alert> alerts;

 private:
  static void Side(v1::Endpoint& endpoint, const std::string& address,
                   uint32_t port, v1::Scope scope) {
    endpoint.set_address(address);
    endpoint.set_port(port);
    endpoint.set_scope(scope);
  }
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_INSPECT_FLOW_STORY_H_
