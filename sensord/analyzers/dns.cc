#include "sensord/analyzers/dns.h"

#include <utility>
#include <vector>

#include "sensord/analyzers/allowance.h"
#include "sensord/analyzers/dns_message.h"
#include "sensord/analyzers/dns_transaction.h"
#include "sensord/analyzers/stream_buffer.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline::dns {
namespace {

constexpr size_t kMaxPending = 64;
constexpr UnixNanos kGiveUp = 30 * kSecondNanos;
// RFC 1035 4.2.2: two bytes of length before each message.
constexpr size_t kLengthBytes = 2;
constexpr size_t kMaxTcpMessage = kLengthBytes + 0xffff;

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 53, Protocol::kDns},
    {UnitPort::kUdp, 53, Protocol::kDns},
    {UnitPort::kUdp, 5353, Protocol::kMdns},
    {UnitPort::kTcp, 5353, Protocol::kMdns},
    {UnitPort::kUdp, 5355, Protocol::kLlmnr},
    {UnitPort::kTcp, 5355, Protocol::kLlmnr},
};

// What the port makes of DNS; plain DNS on any other.
Protocol ByPort(uint16_t originator_port, uint16_t responder_port) {
  for (const UnitPort& row : kPorts) {
    if (row.port == responder_port) return row.protocol;
  }
  for (const UnitPort& row : kPorts) {
    if (row.port == originator_port) return row.protocol;
  }
  return Protocol::kDns;
}

bool IsDnsPort(const Opening& o) {
  const auto is = [](uint16_t port) {
    return port == 53 || port == 5353 || port == 5355;
  };
  return is(o.responder_port) || is(o.originator_port);
}

// The fixed part alone: as every ordinary message has it.
bool HasPlainHeader(Bytes message) {
  if (message.size() < kDnsHeaderBytes) return false;
  const bool response = (message[2] & 0x80) != 0;
  const int opcode = message[2] >> 3 & 0x0f;
  const uint16_t questions = LoadBig16(&message[4]);
  const uint16_t answers = LoadBig16(&message[6]);
  return opcode <= 6 && (message[3] & 0x40) == 0 && questions <= 16 &&
         (response || answers <= 64);
}

// NetBIOS names have the form of DNS: 32 letters from A to P are 16 bytes
// (RFC 1001 14.1), and the port says so where they are broken.
bool IsForNetbios(const Opening& opening, Bytes message) {
  constexpr uint16_t kPort = 137;
  if (opening.responder_port == kPort || opening.originator_port == kPort) {
    return true;
  }
  constexpr size_t kName = kDnsHeaderBytes;
  constexpr size_t kLetters = 32;
  if (message.size() < kName + 1 + kLetters || message[kName] != kLetters) {
    return false;
  }
  for (const uint8_t c : message.subspan(kName + 1, kLetters)) {
    if (c < 'A' || c > 'P') return false;
  }
  return true;
}

Match ProbeMessage(const Opening& opening, Bytes message) {
  if (!HasPlainHeader(message)) return Match::kNo;
  const bool hinted = IsDnsPort(opening);
  if (!hinted && IsForNetbios(opening, message)) return Match::kNo;
  if (hinted && LoadBig16(&message[4]) == 1 &&
      HasPlainQuestion(message.data(), message.size())) {
    return Match::kYes;
  }
  DnsMessage whole;
  whole.Read(message.data(), message.size(), nullptr);
  if (whole.IsCredible()) return Match::kYes;
  if (!hinted) return Match::kNo;
  return whole.malformed || whole.trailing ? Match::kWeak : Match::kYes;
}

Match Probe(const Opening& opening) {
  const Bytes first = opening.first();
  if (opening.datagram) return ProbeMessage(opening, first);
  if (first.size() < kLengthBytes + kDnsHeaderBytes) return Match::kMore;
  const size_t length = LoadBig16(first.data());
  const Bytes message = first.subspan(kLengthBytes);
  if (length < kDnsHeaderBytes || !HasPlainHeader(message)) return Match::kNo;
  if (message.size() < length) return Match::kMore;
  return ProbeMessage(opening, message.first(length));
}

bool IsMulticast(const IpAddress& address) {
  return address.IsV4() ? address.v4_bytes()[0] >> 4 == 14
                        : address.bytes()[0] == 0xff;
}

class DnsAnalyzer final : public Analyzer {
 public:
  explicit DnsAnalyzer(const FlowIdentity& flow)
      : protocol_(ByPort(flow.originator_port, flow.responder_port)),
        to_multicast_(IsMulticast(flow.responder)) {}

  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override {
    return GiveUp(out);
  }
  void OnEnd(AnalyzerOutput& out) override { GiveUp(out); }
  size_t MemoryBytes() const override {
    size_t bytes = sizeof(*this) + waiting_.capacity() * sizeof(DnsQuery);
    if (streams_ != nullptr) {
      bytes += sizeof(*streams_) + streams_->side[0].MemoryBytes() +
               streams_->side[1].MemoryBytes();
    }
    for (const DnsQuery& query : waiting_) bytes += query.MemoryBytes();
    return bytes;
  }

 private:
  // False when it is malformed.
  bool OnMessage(const Segment& segment, Bytes bytes, AnalyzerOutput& out);
  void OnQuery(const Segment& segment, const DnsMessage& message,
               AnalyzerOutput& out);
  void OnResponse(const Segment& segment, DnsResponse& response,
                  AnalyzerOutput& out);
  void GiveUpOld(UnixNanos clock, AnalyzerOutput& out);
  Next GiveUp(AnalyzerOutput& out);
  const Protocol protocol_;
  const bool to_multicast_;
  // Of TCP.
  struct Streams {
    StreamBuffer side[2] = {StreamBuffer(kMaxTcpMessage),
                            StreamBuffer(kMaxTcpMessage)};
    Allowance malformed;
  };

  // Holds no memory while nobody waits: most flows have one query, and are open
  // long after its answer.
  std::vector<DnsQuery> waiting_;
  std::unique_ptr<Streams> streams_;
};

Next DnsAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  if (segment.datagram) {
    OnMessage(segment, segment.bytes, out);
    return Want::kMore;
  }
  if (streams_ == nullptr) streams_ = std::make_unique<Streams>();
  StreamBuffer& stream = streams_->side[segment.from_originator ? 0 : 1];
  Bytes all = stream.Add(segment.bytes);
  while (all.size() >= kLengthBytes) {
    const size_t length = LoadBig16(all.data());
    if (length < kDnsHeaderBytes) {
      out.Anomaly("dns.malformed");
      return GiveUp(out);
    }
    if (all.size() < kLengthBytes + length) break;
    if (!OnMessage(segment, all.subspan(kLengthBytes, length), out) &&
        !streams_->malformed.Take()) {
      return GiveUp(out);
    }
    all.remove_prefix(kLengthBytes + length);
  }
  stream.Keep(all);
  return Want::kMore;
}

bool DnsAnalyzer::OnMessage(const Segment& segment, Bytes bytes,
                            AnalyzerOutput& out) {
  DnsMessage message;
  DnsResponse response;
  if (!message.Read(bytes.data(), bytes.size(), &response.answers)) {
    out.Anomaly("dns.short");
    return false;
  }
  // What the snap length cut off is not the sender's fault.
  if (segment.truncated) message.malformed = false;
  if (message.malformed) out.Anomaly("dns.malformed");
  if (message.trailing) out.Anomaly("dns.trailing_bytes");
  if (message.counts[0] > 1 && protocol_ != Protocol::kMdns) {
    out.Anomaly("dns.several_questions");
  }
  if (!message.malformed) out.Identify(protocol_, ProtocolBasis::kDecoded, 100);
  if (!message.response) {
    OnQuery(segment, message, out);
  } else {
    response.message = &message;
    OnResponse(segment, response, out);
  }
  return !message.malformed;
}

void DnsAnalyzer::OnQuery(const Segment& segment, const DnsMessage& message,
                          AnalyzerOutput& out) {
  const absl::string_view name = DnsQuestionOf(message);
  out.SafeHost(name);
  TellDnsMessage(message, name, out);
  if (to_multicast_) {
    TellDnsTransaction(DnsQueryOf(message, protocol_), nullptr, protocol_, out);
    return;
  }
  GiveUpOld(segment.clock, out);
  for (const DnsQuery& query : waiting_) {
    // Sent again: one transaction, from the first.
    if (query.id == message.id && query.type == message.type &&
        query.from_originator == segment.from_originator &&
        query.name == name) {
      return;
    }
  }
  if (waiting_.size() == kMaxPending) {
    TellDnsTransaction(waiting_.front(), nullptr, protocol_, out);
    waiting_.erase(waiting_.begin());
  }
  DnsQuery& query = waiting_.emplace_back(DnsQueryOf(message, protocol_));
  query.clock = segment.clock;
  query.from_originator = segment.from_originator;
}

void DnsAnalyzer::GiveUpOld(UnixNanos clock, AnalyzerOutput& out) {
  size_t old = 0;
  while (old < waiting_.size() && clock - waiting_[old].clock > kGiveUp) {
    TellDnsTransaction(waiting_[old++], nullptr, protocol_, out);
  }
  waiting_.erase(waiting_.begin(),
                 waiting_.begin() + static_cast<std::ptrdiff_t>(old));
}

Next DnsAnalyzer::GiveUp(AnalyzerOutput& out) {
  for (const DnsQuery& query : waiting_)
    TellDnsTransaction(query, nullptr, protocol_, out);
  waiting_.clear();
  return Want::kDone;
}

void DnsAnalyzer::OnResponse(const Segment& segment, DnsResponse& response,
                             AnalyzerOutput& out) {
  const DnsMessage& message = *response.message;
  bool id_waits = false;
  for (size_t i = 0; i < waiting_.size(); ++i) {
    DnsQuery& query = waiting_[i];
    if (query.id != message.id ||
        query.from_originator == segment.from_originator) {
      continue;
    }
    id_waits = true;
    // An error response may leave the question out.
    if (message.has_question &&
        (query.type != message.type ||
         query.klass != DnsClassOf(message, protocol_) ||
         query.name != message.name.text())) {
      continue;
    }
    const UnixNanos rtt = segment.clock - query.clock;
    response.rtt_ns = rtt > 0 ? static_cast<uint64_t>(rtt) : 1;
    const DnsQuery asked = std::move(query);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    if (waiting_.empty()) waiting_.shrink_to_fit();
    TellDnsTransaction(asked, &response, protocol_, out);
    return;
  }
  if (id_waits) out.Anomaly("dns.question_mismatch");
  // Where queries go to a multicast address, answers come on other flows
  // (RFC 6762 6, RFC 4795 2.4).
  response.unmatched = protocol_ == Protocol::kDns;
  DnsQuery unasked = DnsQueryOf(message, protocol_);
  if (unasked.name.empty() && !response.answers.empty()) {
    unasked.name = response.answers.front().name;
    unasked.type = response.answers.front().type;
  }
  TellDnsMessage(message, unasked.name, out);
  TellDnsTransaction(unasked, &response, protocol_, out);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& flow) {
  return std::make_unique<DnsAnalyzer>(flow);
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kDns,
                                         .tcp = true,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::dns
