// Findings about the transport (D11).

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "sensord/inspect/findings.h"

namespace tapline::findings {
namespace {

constexpr uint32_t kSyn = 0x02;
constexpr uint32_t kRst = 0x04;

constexpr uint64_t kRetransmissions = 3;
// Of the packets of a side: then it is more than a note.
constexpr double kMuchRetransmitted = 0.05;
constexpr uint64_t kOutOfOrder = 3;
// As many make a sender send again (RFC 5681 3.2).
constexpr uint64_t kDuplicateAcks = 3;
constexpr uint64_t kOneWayPackets = 10;

bool HasEnded(const v1::Flow& flow) {
  return flow.end_reason() != v1::END_REASON_ACTIVE &&
         flow.end_reason() != v1::END_REASON_AGGREGATED;
}

bool Answered(const v1::Flow& flow) {
  return flow.from_responder().packets() > 0;
}

// "originator 5 of 120 packets".
void Side(absl::string_view name, const char* side, uint64_t seen,
          const v1::FlowSide& counters, FindingWriter& out) {
  if (seen == 0) return;
  out.Value(absl::StrCat(side, ".", name),
            absl::StrCat(seen, " of ", counters.packets(), " packets"));
}

bool IsFragmentAnomaly(absl::string_view name) {
  return absl::StartsWith(name, "ip.frag") ||
         absl::StartsWith(name, "ip6.frag") || name == "ip6.nested_fragment";
}

}  // namespace

void TcpRefused(const FlowFacts& facts, FindingWriter& out) {
  const v1::Flow& flow = facts.flow;
  const uint32_t there = flow.from_originator().tcp_flags();
  const uint32_t back = flow.from_responder().tcp_flags();
  if (!IsTcp(flow) || (there & kSyn) == 0) return;
  if ((back & kRst) == 0 || (back & kSyn) != 0) return;
  out.Value("answer", "RST", "SYN and ACK");
}

void TcpUnanswered(const FlowFacts& facts, FindingWriter& out) {
  const v1::Flow& flow = facts.flow;
  if (!IsTcp(flow) || !HasEnded(flow) || Answered(flow)) return;
  if ((flow.from_originator().tcp_flags() & kSyn) == 0) return;
  out.Value("originator.packets", flow.from_originator().packets());
  out.Value("responder.packets", uint64_t{0}, "at least 1");
}

void TcpIncompleteHandshake(const FlowFacts& facts, FindingWriter& out) {
  const v1::Flow& flow = facts.flow;
  if (!IsTcp(flow) || !HasEnded(flow) || flow.tcp().midstream()) return;
  // Both spoke, the originator never acknowledged the answer with anything.
  const bool both = (flow.from_originator().tcp_flags() & kSyn) != 0 &&
                    (flow.from_responder().tcp_flags() & kSyn) != 0;
  if (!both || flow.tcp().originator_rtt_ns() != 0) return;
  if (PayloadOf(flow) > 0 || flow.from_originator().packets() > 2) return;
  out.Value("answer", "SYN and ACK");
  out.Value("acknowledged", "no", "yes");
}

void TcpReset(const FlowFacts& facts, FindingWriter& out) {
  const v1::Flow& flow = facts.flow;
  if (!IsTcp(flow)) return;
  const bool there = (flow.from_originator().tcp_flags() & kRst) != 0;
  const bool back = (flow.from_responder().tcp_flags() & kRst) != 0;
  // A refusal is told as such.
  const bool refused = back &&
                       (flow.from_responder().tcp_flags() & kSyn) == 0 &&
                       (flow.from_originator().tcp_flags() & kSyn) != 0;
  if (refused || (!there && !back)) return;
  out.Value("sent_by", there && back ? "both sides"
                       : there       ? "originator"
                                     : "responder");
}

void TcpRetransmission(const FlowFacts& facts, FindingWriter& out) {
  const v1::FlowSide& there = facts.flow.from_originator();
  const v1::FlowSide& back = facts.flow.from_responder();
  const uint64_t all =
      uint64_t{there.retransmissions()} + back.retransmissions();
  if (all < kRetransmissions) return;
  out.AtLeast("retransmissions", all, kRetransmissions);
  Side("retransmissions", "originator", there.retransmissions(), there, out);
  Side("retransmissions", "responder", back.retransmissions(), back, out);
  out.Count(all);
  const auto much = [](const v1::FlowSide& side) {
    return static_cast<double>(side.retransmissions()) >=
           kMuchRetransmitted * static_cast<double>(side.packets());
  };
  if ((there.retransmissions() > 0 && much(there)) ||
      (back.retransmissions() > 0 && much(back))) {
    out.Severity(v1::FINDING_SEVERITY_WARN);
  }
}

void TcpOutOfOrder(const FlowFacts& facts, FindingWriter& out) {
  const v1::FlowSide& there = facts.flow.from_originator();
  const v1::FlowSide& back = facts.flow.from_responder();
  const uint64_t all = uint64_t{there.out_of_order()} + back.out_of_order();
  if (all < kOutOfOrder) return;
  out.AtLeast("out_of_order", all, kOutOfOrder);
  out.Count(all);
}

void TcpDuplicateAck(const FlowFacts& facts, FindingWriter& out) {
  const v1::FlowSide& there = facts.flow.from_originator();
  const v1::FlowSide& back = facts.flow.from_responder();
  const uint64_t all = uint64_t{there.duplicate_acks()} + back.duplicate_acks();
  if (all < kDuplicateAcks) return;
  out.AtLeast("duplicate_acks", all, kDuplicateAcks);
  Side("duplicate_acks", "originator", there.duplicate_acks(), there, out);
  Side("duplicate_acks", "responder", back.duplicate_acks(), back, out);
  out.Count(all);
}

void TcpZeroWindow(const FlowFacts& facts, FindingWriter& out) {
  const v1::FlowSide& there = facts.flow.from_originator();
  const v1::FlowSide& back = facts.flow.from_responder();
  const uint64_t all = uint64_t{there.zero_windows()} + back.zero_windows();
  if (all == 0) return;
  Side("zero_windows", "originator", there.zero_windows(), there, out);
  Side("zero_windows", "responder", back.zero_windows(), back, out);
  out.Count(all);
}

void TcpMidstream(const FlowFacts& facts, FindingWriter& out) {
  if (!IsTcp(facts.flow) || !facts.flow.tcp().midstream()) return;
  out.Value("first_packet", "not a SYN", "SYN");
}

void OneWay(const FlowFacts& facts, FindingWriter& out) {
  const v1::Flow& flow = facts.flow;
  const uint64_t packets = PacketsOf(flow);
  const bool one = flow.from_originator().packets() == 0 || !Answered(flow);
  if (!one || packets < kOneWayPackets) return;
  // Groups do not answer.
  if (flow.responder().scope() == v1::SCOPE_MULTICAST) return;
  out.AtLeast("packets", packets, kOneWayPackets);
}

void IcmpError(const FlowFacts& facts, FindingWriter& out) {
  if (facts.flow.icmp_errors() == 0) return;
  out.AtLeast("icmp_errors", facts.flow.icmp_errors(), 1);
  out.Count(facts.flow.icmp_errors());
}

void Fragments(const FlowFacts& facts, FindingWriter& out) {
  for (const std::string& name : facts.flow.anomalies()) {
    if (IsFragmentAnomaly(name)) out.Value("anomaly", name);
  }
}

void Ambiguous(const FlowFacts& facts, FindingWriter& out) {
  if (!facts.flow.ambiguous()) return;
  out.Value("ambiguous", "yes", "no");
  for (const v1::Event* event : facts.events) {
    if (event->has_anomaly_event() &&
        !event->anomaly_event().first_hash().empty()) {
      out.Rests(*event);
    }
  }
}

void Malformed(const FlowFacts& facts, FindingWriter& out) {
  for (const std::string& name : facts.flow.anomalies()) {
    if (!IsFragmentAnomaly(name)) out.Value("anomaly", name);
  }
  if (!out.fired()) return;
  for (const v1::Event* event : facts.events) {
    if (event->has_anomaly_event()) out.Rests(*event);
  }
}

}  // namespace tapline::findings
