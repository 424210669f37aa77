// Records to try filters on.

#ifndef TAPLINE_TESTS_COMMON_FILTER_FILTER_RECORDS_H_
#define TAPLINE_TESTS_COMMON_FILTER_FILTER_RECORDS_H_

#include <gtest/gtest.h>

#include <string>

#include "common/filter/filter.h"
#include "tapline/v1/record.pb.h"
#include "tests/support/status_matchers.h"

namespace tapline::testing {

// 192.0.2.1:40000 -> 198.51.100.7:443, TCP, "tls" by its port.
inline v1::Record TlsFlow() {
  v1::Record record;
  v1::Flow& flow = *record.mutable_flow();
  flow.set_id("00000000000000f1");
  flow.set_transport(v1::TRANSPORT_TCP);
  flow.set_ip_protocol(6);
  flow.mutable_originator()->set_address("192.0.2.1");
  flow.mutable_originator()->set_port(40000);
  flow.mutable_originator()->set_scope(v1::SCOPE_PRIVATE);
  flow.mutable_responder()->set_address("198.51.100.7");
  flow.mutable_responder()->set_port(443);
  flow.mutable_from_originator()->set_packets(10);
  flow.mutable_from_originator()->set_payload_bytes(1500);
  flow.mutable_from_originator()->set_tcp_flags(0x12);
  flow.mutable_from_responder()->set_tcp_flags(0x14);
  flow.mutable_application()->set_protocol("tls");
  flow.mutable_application()->set_basis(v1::BASIS_PORT_HINT);
  flow.mutable_tcp()->set_responder_rtt_ns(20'000'000);
  flow.mutable_start()->set_seconds(1'700'000'000);
  flow.mutable_encapsulation()->add_vlan_ids(100);
  flow.mutable_encapsulation()->add_vlan_ids(200);
  record.set_source_id("live");
  record.mutable_observed_at()->set_seconds(1'700'000'010);
  return record;
}

// Query for www.example.com with two answers, over IPv6.
inline v1::Record DnsEvent() {
  v1::Record record;
  v1::Event& event = *record.mutable_event();
  event.set_id("00000000000000e1");
  event.set_transport(v1::TRANSPORT_UDP);
  event.mutable_originator()->set_address("2001:db8::1");
  event.mutable_originator()->set_port(5353);
  event.mutable_responder()->set_address("2001:db8::53");
  event.mutable_responder()->set_port(53);
  v1::Dns& dns = *event.mutable_dns();
  dns.set_id(7);
  dns.set_name("www.example.com");
  dns.set_type(1);
  dns.set_answered(true);
  dns.set_rtt_ns(5'000'000);
  v1::DnsAnswer& first = *dns.add_answers();
  first.set_name("www.example.com");
  first.set_type(1);
  first.set_ttl(300);
  first.set_data("203.0.113.5");
  v1::DnsAnswer& second = *dns.add_answers();
  second.set_name("www.example.com");
  second.set_type(28);
  second.set_ttl(60);
  second.set_data("2001:db8::80");
  record.mutable_observed_at()->set_seconds(1'700'000'020);
  return record;
}

// HIGH port scan by 192.0.2.66 of 192.0.2.1.
inline v1::Record ScanAlert() {
  v1::Record record;
  v1::Alert& alert = *record.mutable_alert();
  alert.set_id("00000000000000a1");
  alert.set_rule("port_scan");
  alert.set_severity(v1::SEVERITY_HIGH);
  alert.set_count(12);
  alert.set_coverage(0.5);
  alert.mutable_source()->set_address("192.0.2.66");
  alert.mutable_target()->set_address("192.0.2.1");
  v1::PortScanEvidence& scan = *alert.mutable_evidence()->mutable_port_scan();
  scan.set_transport(v1::TRANSPORT_TCP);
  scan.add_ports(22);
  scan.add_ports(80);
  scan.mutable_window()->set_seconds(60);
  alert.mutable_suppress_window()->set_seconds(300);
  return record;
}

// ARP, whose addresses are MACs.
inline v1::Record ArpFlow() {
  v1::Record record;
  v1::Flow& flow = *record.mutable_flow();
  flow.set_transport(v1::TRANSPORT_ARP);
  flow.mutable_originator()->set_address("02:00:5e:10:00:01");
  flow.mutable_responder()->set_address("ff:ff:ff:ff:ff:ff");
  return record;
}

inline Filter::Options At(int64_t now) {
  Filter::Options options;
  options.now = absl::FromUnixSeconds(now);
  return options;
}

// Whether the filter takes the record; a filter that does not compile fails
// the test.
inline bool Takes(absl::string_view text, const v1::Record& record) {
  const auto filter = Filter::Compile(text, At(1'700'000'100));
  EXPECT_OK(filter.status()) << text;
  return filter.ok() && (*filter)->Matches(record);
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_COMMON_FILTER_FILTER_RECORDS_H_
