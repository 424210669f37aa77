#include "sensord/analyzers/dns_analyzer.h"

#include <utility>

#include "absl/strings/string_view.h"
#include "sensord/decode/packet.h"

namespace tapline {
namespace {

// Waits in vain: told as it is.
void GiveUp(DnsData query, AnalyzerOutput& out) {
  out.Dns(SignalKind::kDnsTransaction, std::move(query));
}

}  // namespace

void DnsAnalyzer::OnDatagram(const Datagram& datagram, Protocol hint,
                             AnalyzerOutput& out) {
  const Packet& packet = *datagram.packet;
  answers_.clear();
  const bool header =
      message_.Read(packet.payload, packet.payload_captured, &answers_);
  // What the snap length cut off is not the sender's fault.
  if ((packet.marks & kMarkTruncated) != 0) message_.malformed = false;
  if (hint == Protocol::kUnknown) {
    if (!header || !message_.IsCredible()) {
      out.Ignore();
      return;
    }
    hint = Protocol::kDns;
  } else if (!header) {
    out.Anomaly("dns.short");
    return;
  }
  TellAnomalies(out);
  if (!message_.malformed) out.Identify(hint, ProtocolBasis::kDecoded);
  DnsData data = TakeData();
  if (!message_.response) {
    out.Host(data.name);
    OnQuery(datagram, std::move(data), out);
  } else {
    OnResponse(datagram, hint, std::move(data), out);
  }
}

void DnsAnalyzer::TellAnomalies(AnalyzerOutput& out) {
  if (message_.malformed) out.Anomaly("dns.malformed");
  if (message_.trailing) out.Anomaly("dns.trailing_bytes");
}

DnsData DnsAnalyzer::TakeData() {
  DnsData data;
  data.id = message_.id;
  data.type = message_.type;
  data.klass = message_.klass;
  data.response = message_.response;
  data.malformed = message_.malformed;
  data.recursion_desired = message_.recursion_desired;
  if (message_.has_question) {
    const absl::string_view name = message_.name.text();
    data.name.assign(name.data(), name.size());
    data.name_bytes = message_.name.plain_bytes();
  }
  if (message_.response) {
    data.answered = true;
    data.rcode = message_.rcode;
    data.truncated = message_.truncated;
    data.answers = std::move(answers_);
    answers_.clear();
  }
  return data;
}

void DnsAnalyzer::OnQuery(const Datagram& datagram, DnsData query,
                          AnalyzerOutput& out) {
  const UnixNanos clock = datagram.packet->clock;
  out.Dns(SignalKind::kDnsMessage, query);
  Waiting& waiting = waiting_[datagram.flow_id];
  GiveUpOld(waiting, clock, out);
  for (const Pending& pending : waiting) {
    // Sent again: one transaction, from the first.
    if (pending.query.id == query.id && pending.query.type == query.type &&
        pending.query.name == query.name &&
        pending.from_originator == datagram.from_originator) {
      return;
    }
  }
  if (waiting.size() == kMaxPending) {
    GiveUp(std::move(waiting.front().query), out);
    waiting.erase(waiting.begin());
  }
  waiting.push_back({clock, datagram.from_originator, std::move(query)});
}

void DnsAnalyzer::GiveUpOld(Waiting& waiting, UnixNanos clock,
                            AnalyzerOutput& out) {
  size_t old = 0;
  while (old < waiting.size() && clock - waiting[old].clock > kGiveUp) {
    GiveUp(std::move(waiting[old].query), out);
    ++old;
  }
  if (old > 0) waiting.erase(waiting.begin(), waiting.begin() + old);
}

void DnsAnalyzer::OnResponse(const Datagram& datagram, Protocol hint,
                             DnsData response, AnalyzerOutput& out) {
  bool id_waits = false;
  const auto found = waiting_.find(datagram.flow_id);
  if (found != waiting_.end()) {
    Waiting& waiting = found->second;
    for (size_t i = 0; i < waiting.size(); ++i) {
      Pending& pending = waiting[i];
      DnsData& query = pending.query;
      if (query.id != response.id ||
          pending.from_originator == datagram.from_originator) {
        continue;
      }
      id_waits = true;
      // An error response may leave the question out.
      if (message_.has_question &&
          (query.type != response.type || query.klass != response.klass ||
           query.name != response.name)) {
        continue;
      }
      const UnixNanos rtt = datagram.packet->clock - pending.clock;
      response.rtt_ns = rtt > 0 ? static_cast<uint64_t>(rtt) : 1;
      response.recursion_desired = query.recursion_desired;
      response.type = query.type;
      response.klass = query.klass;
      response.name_bytes = query.name_bytes;
      response.malformed |= query.malformed;
      response.name = std::move(query.name);
      waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(i));
      if (waiting.empty()) waiting_.erase(found);
      out.Dns(SignalKind::kDnsTransaction, std::move(response));
      return;
    }
  }
  if (id_waits) out.Anomaly("dns.question_mismatch");
  // Multicast answers come unasked, or to a query of another flow (RFC 6762 6).
  response.unmatched = hint != Protocol::kMdns;
  if (response.name.empty() && !response.answers.empty()) {
    response.name = response.answers.front().name;
    response.type = response.answers.front().type;
  }
  out.Dns(SignalKind::kDnsMessage, response);
  out.Dns(SignalKind::kDnsTransaction, std::move(response));
}

void DnsAnalyzer::OnFlowEnd(uint64_t flow_id, AnalyzerOutput& out) {
  const auto found = waiting_.find(flow_id);
  if (found == waiting_.end()) return;
  for (Pending& pending : found->second) {
    GiveUp(std::move(pending.query), out);
  }
  waiting_.erase(found);
}

}  // namespace tapline
