#include "finding_cases.h"

namespace tapline::testing {
namespace {

// TCP flags as records have them.
constexpr uint32_t kSyn = 0x02;
constexpr uint32_t kRst = 0x04;
constexpr uint32_t kAck = 0x10;
void Handshake(FlowStory& s, uint32_t there, uint32_t back) {
  s.flow.mutable_from_originator()->set_tcp_flags(there);
  s.flow.mutable_from_responder()->set_tcp_flags(back);
}

void NoPayload(FlowStory& s, uint64_t originator_packets,
               uint64_t responder_packets) {
  s.flow.mutable_from_originator()->set_packets(originator_packets);
  s.flow.mutable_from_responder()->set_packets(responder_packets);
  s.flow.mutable_from_originator()->clear_payload_bytes();
  s.flow.mutable_from_responder()->clear_payload_bytes();
}

}  // namespace

std::vector<FindingCase> TransportCases() {
  return {
      {"tcp.refused", [](FlowStory& s) { Handshake(s, kSyn, kRst | kAck); },
       [](FlowStory& s) { Handshake(s, kSyn | kAck, kSyn | kRst | kAck); }},
      {"tcp.unanswered",
       [](FlowStory& s) {
         Handshake(s, kSyn, 0);
         NoPayload(s, 3, 0);
       },
       [](FlowStory& s) {
         // Still open: the answer may come.
         Handshake(s, kSyn, 0);
         NoPayload(s, 3, 0);
         s.flow.set_end_reason(v1::END_REASON_ACTIVE);
       }},
      {"tcp.incomplete_handshake",
       [](FlowStory& s) {
         Handshake(s, kSyn, kSyn | kAck);
         NoPayload(s, 1, 3);
         s.flow.mutable_tcp()->clear_originator_rtt_ns();
       },
       [](FlowStory& s) {
         Handshake(s, kSyn | kAck, kSyn | kAck);
         NoPayload(s, 2, 1);
       }},
      {"tcp.reset",
       [](FlowStory& s) { Handshake(s, kSyn | kAck | kRst, kSyn | kAck); },
       [](FlowStory& s) { Handshake(s, kSyn | kAck, kSyn | kAck); }},
      {"tcp.retransmission",
       [](FlowStory& s) {
         s.flow.mutable_from_originator()->set_retransmissions(2);
         s.flow.mutable_from_responder()->set_retransmissions(1);
       },
       [](FlowStory& s) {
         s.flow.mutable_from_originator()->set_retransmissions(2);
       }},
      {"tcp.out_of_order",
       [](FlowStory& s) {
         s.flow.mutable_from_responder()->set_out_of_order(3);
       },
       [](FlowStory& s) {
         s.flow.mutable_from_responder()->set_out_of_order(2);
       }},
      {"tcp.duplicate_ack",
       [](FlowStory& s) {
         s.flow.mutable_from_originator()->set_duplicate_acks(1);
         s.flow.mutable_from_responder()->set_duplicate_acks(2);
       },
       [](FlowStory& s) {
         s.flow.mutable_from_responder()->set_duplicate_acks(2);
       }},
      {"tcp.zero_window",
       [](FlowStory& s) {
         s.flow.mutable_from_responder()->set_zero_windows(1);
       },
       [](FlowStory&) {}},
      {"tcp.midstream",
       [](FlowStory& s) { s.flow.mutable_tcp()->set_midstream(true); },
       [](FlowStory&) {}},
      {"flow.one_way",
       [](FlowStory& s) {
         s.Udp();
         NoPayload(s, 10, 0);
       },
       [](FlowStory& s) {
         s.Udp();
         NoPayload(s, 9, 0);
       }},
      {"icmp.error", [](FlowStory& s) { s.flow.set_icmp_errors(1); },
       [](FlowStory&) {}},
      {"ip.fragments",
       [](FlowStory& s) { s.flow.add_anomalies("ip.frag_overlap"); },
       [](FlowStory& s) { s.flow.add_anomalies("ip.bad_option"); }},
      {"flow.ambiguous", [](FlowStory& s) { s.flow.set_ambiguous(true); },
       [](FlowStory&) {}},
      {"flow.malformed",
       [](FlowStory& s) { s.flow.add_anomalies("tcp.bad_option"); },
       [](FlowStory& s) { s.flow.add_anomalies("ip.frag_tiny"); }},
  };
}

}  // namespace tapline::testing
