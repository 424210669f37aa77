#include "sensord/inspect/conversations.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sensord/inspect/alert_relation.h"
#include "sensord/inspect/flow_facts.h"
#include "sensord/pipeline/protocol_totals.h"

namespace tapline {
namespace {

constexpr size_t kMaxProtocols = 16;

bool IsBefore(const google::protobuf::Timestamp& a,
              const google::protobuf::Timestamp& b) {
  return std::pair(a.seconds(), a.nanos()) < std::pair(b.seconds(), b.nanos());
}

// A rotated flow goes on: its last record counts it.
uint64_t FlowsOf(const v1::Flow& flow) {
  switch (flow.end_reason()) {
    case v1::END_REASON_ROTATED:
      return 0;
    case v1::END_REASON_AGGREGATED:
      return flow.aggregated_flows();
    default:
      return 1;
  }
}

std::string PairKey(const std::string& a, const std::string& b) {
  return a < b ? absl::StrCat(a, " ", b) : absl::StrCat(b, " ", a);
}

v1::Endpoint WithoutPort(v1::Endpoint endpoint) {
  endpoint.clear_port();
  return endpoint;
}

uint64_t BytesOf(const v1::Conversation& c) {
  return c.originator_bytes() + c.responder_bytes();
}

}  // namespace

void ProtocolTable::Add(const v1::Flow& flow) {
  const std::string& name = flow.application().protocol();
  v1::ProtocolUse& use = uses_[name.empty() ? "unknown" : name];
  const uint64_t bytes = tapline::BytesOf(flow);
  use.set_flows(use.flows() + FlowsOf(flow));
  use.set_packets(use.packets() + PacketsOf(flow));
  use.set_bytes(use.bytes() + bytes);
  if (flow.application().encryption() == v1::ENCRYPTION_ENCRYPTED) {
    use.set_encrypted_bytes(use.encrypted_bytes() + bytes);
  }
}

std::vector<v1::ProtocolUse> ProtocolTable::Top(size_t limit) const {
  std::vector<v1::ProtocolUse> top;
  for (const auto& [name, use] : uses_) {
    top.emplace_back(use).set_protocol(name);
  }
  RankProtocols(limit, top);
  return top;
}

void ConversationTable::Add(const v1::Flow& flow) {
  if (flow.conversation_id().empty()) return;
  if (totals_.size() >= kMaxConversations &&
      !totals_.contains(flow.conversation_id())) {
    left_out_ += FlowsOf(flow);
    return;
  }
  Totals& totals = totals_[flow.conversation_id()];
  v1::Conversation& c = totals.conversation;
  if (c.id().empty() || IsBefore(flow.start(), c.first_seen())) {
    const bool turned = !c.id().empty() &&
                        c.originator().address() != flow.originator().address();
    c.set_id(flow.conversation_id());
    *c.mutable_originator() = WithoutPort(flow.originator());
    *c.mutable_responder() = WithoutPort(flow.responder());
    *c.mutable_first_seen() = flow.start();
    if (turned) {
      const uint64_t packets = c.originator_packets();
      const uint64_t bytes = c.originator_bytes();
      c.set_originator_packets(c.responder_packets());
      c.set_originator_bytes(c.responder_bytes());
      c.set_responder_packets(packets);
      c.set_responder_bytes(bytes);
    }
  }
  if (IsBefore(c.last_seen(), flow.end())) *c.mutable_last_seen() = flow.end();
  const bool same = c.originator().address() == flow.originator().address();
  const v1::FlowSide& there =
      same ? flow.from_originator() : flow.from_responder();
  const v1::FlowSide& back =
      same ? flow.from_responder() : flow.from_originator();
  c.set_originator_packets(c.originator_packets() + there.packets());
  c.set_originator_bytes(c.originator_bytes() + there.frame_bytes());
  c.set_responder_packets(c.responder_packets() + back.packets());
  c.set_responder_bytes(c.responder_bytes() + back.frame_bytes());
  c.set_flows(c.flows() + FlowsOf(flow));
  if (flow.end_reason() == v1::END_REASON_ACTIVE) {
    c.set_open_flows(c.open_flows() + 1);
  }
  totals.protocols.Add(flow);
  CountAlerts(flow, totals);
}

void ConversationTable::Add(const v1::Alert& alert) {
  if (!alert.has_source() || !alert.has_target()) return;
  alerts_[PairKey(alert.source().address(), alert.target().address())]
      .push_back(WhatIsAboutReads(alert));
}

void ConversationTable::CountAlerts(const v1::Flow& flow,
                                    Totals& totals) const {
  const auto found = alerts_.find(
      PairKey(flow.originator().address(), flow.responder().address()));
  if (found == alerts_.end()) return;
  for (size_t i = 0; i < found->second.size(); ++i) {
    if (totals.alerts.contains(i)) continue;
    if (IsAbout(found->second[i], flow)) totals.alerts.insert(i);
  }
}

std::vector<v1::Conversation> ConversationTable::Top(size_t limit) const {
  std::vector<const Totals*> order;
  for (const auto& [id, totals] : totals_) order.push_back(&totals);
  const auto busier = [](const Totals* a, const Totals* b) {
    const uint64_t bytes_a = BytesOf(a->conversation);
    const uint64_t bytes_b = BytesOf(b->conversation);
    if (bytes_a != bytes_b) return bytes_a > bytes_b;
    return a->conversation.id() < b->conversation.id();
  };
  std::sort(order.begin(), order.end(), busier);
  if (order.size() > limit) order.resize(limit);
  std::vector<v1::Conversation> top;
  for (const Totals* totals : order) {
    v1::Conversation& c = top.emplace_back(totals->conversation);
    c.set_alerts(totals->alerts.size());
    for (v1::ProtocolUse& use : totals->protocols.Top(kMaxProtocols)) {
      *c.add_protocols() = std::move(use);
    }
  }
  return top;
}

}  // namespace tapline
