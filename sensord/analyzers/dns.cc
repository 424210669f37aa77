#include "sensord/analyzers/dns.h"

#include <utility>
#include <vector>

#include "sensord/analyzers/dns_message.h"
#include "sensord/analyzers/stream_buffer.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/dns.h"

namespace tapline::dns {
namespace {

namespace field = fields::dns;
namespace answer_field = fields::dns_answer;

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

Match ProbeMessage(const Opening& opening, Bytes message) {
  if (!HasPlainHeader(message)) return Match::kNo;
  if (IsDnsPort(opening)) return Match::kYes;
  DnsMessage whole;
  return whole.Read(message.data(), message.size(), nullptr) &&
                 whole.IsCredible()
             ? Match::kYes
             : Match::kNo;
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

class DnsAnalyzer final : public Analyzer {
 public:
  explicit DnsAnalyzer(const FlowIdentity& flow)
      : protocol_(ByPort(flow.originator_port, flow.responder_port)) {}

  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override {
    for (const Query& query : waiting_) TellTransaction(query, nullptr, out);
  }
  size_t MemoryBytes() const override {
    size_t bytes = sizeof(*this) + waiting_.capacity() * sizeof(Query) +
                   stream_[0].MemoryBytes() + stream_[1].MemoryBytes();
    for (const Query& query : waiting_) bytes += query.name.capacity();
    return bytes;
  }

 private:
  struct Query {
    UnixNanos clock = 0;
    bool from_originator = true;
    bool recursion_desired = false;
    bool malformed = false;
    uint16_t id = 0;
    uint16_t type = 0;
    uint16_t klass = 0;
    std::string name;
  };
  struct Response {
    const DnsMessage* message = nullptr;
    std::vector<DnsAnswerData> answers;
    uint64_t rtt_ns = 0;
    bool unmatched = false;
  };

  void OnMessage(const Segment& segment, Bytes bytes, AnalyzerOutput& out);
  void OnQuery(const Segment& segment, const DnsMessage& message,
               AnalyzerOutput& out);
  void OnResponse(const Segment& segment, Response& response,
                  AnalyzerOutput& out);
  void GiveUpOld(UnixNanos clock, AnalyzerOutput& out);
  static void TellMessage(const DnsMessage& message, absl::string_view name,
                          AnalyzerOutput& out);
  static void TellTransaction(const Query& query, const Response* response,
                              AnalyzerOutput& out);

  const Protocol protocol_;
  std::vector<Query> waiting_;
  StreamBuffer stream_[2] = {StreamBuffer(kMaxTcpMessage),
                             StreamBuffer(kMaxTcpMessage)};
};

Next DnsAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  if (segment.datagram) {
    OnMessage(segment, segment.bytes, out);
    return Want::kMore;
  }
  StreamBuffer& stream = stream_[segment.from_originator ? 0 : 1];
  Bytes all = stream.Add(segment.bytes);
  while (all.size() >= kLengthBytes) {
    const size_t length = LoadBig16(all.data());
    if (length < kDnsHeaderBytes) {
      out.Anomaly("dns.malformed");
      return Want::kDone;
    }
    if (all.size() < kLengthBytes + length) break;
    OnMessage(segment, all.subspan(kLengthBytes, length), out);
    all.remove_prefix(kLengthBytes + length);
  }
  stream.Keep(all);
  return Want::kMore;
}

void DnsAnalyzer::OnMessage(const Segment& segment, Bytes bytes,
                            AnalyzerOutput& out) {
  DnsMessage message;
  Response response;
  if (!message.Read(bytes.data(), bytes.size(), &response.answers)) {
    out.Anomaly("dns.short");
    return;
  }
  // What the snap length cut off is not the sender's fault.
  if (segment.truncated) message.malformed = false;
  if (message.malformed) out.Anomaly("dns.malformed");
  if (message.trailing) out.Anomaly("dns.trailing_bytes");
  if (!message.malformed) out.Identify(protocol_, ProtocolBasis::kDecoded, 100);
  if (!message.response) {
    OnQuery(segment, message, out);
    return;
  }
  response.message = &message;
  OnResponse(segment, response, out);
}

void DnsAnalyzer::OnQuery(const Segment& segment, const DnsMessage& message,
                          AnalyzerOutput& out) {
  const absl::string_view name =
      message.has_question ? message.name.text() : absl::string_view();
  out.Host(name);
  TellMessage(message, name, out);
  GiveUpOld(segment.clock, out);
  for (const Query& query : waiting_) {
    // Sent again: one transaction, from the first.
    if (query.id == message.id && query.type == message.type &&
        query.from_originator == segment.from_originator &&
        query.name == name) {
      return;
    }
  }
  if (waiting_.size() == kMaxPending) {
    TellTransaction(waiting_.front(), nullptr, out);
    waiting_.erase(waiting_.begin());
  }
  Query& query = waiting_.emplace_back();
  query.clock = segment.clock;
  query.from_originator = segment.from_originator;
  query.recursion_desired = message.recursion_desired;
  query.malformed = message.malformed;
  query.id = message.id;
  query.type = message.type;
  query.klass = message.klass;
  query.name.assign(name.data(), name.size());
}

void DnsAnalyzer::GiveUpOld(UnixNanos clock, AnalyzerOutput& out) {
  size_t old = 0;
  while (old < waiting_.size() && clock - waiting_[old].clock > kGiveUp) {
    TellTransaction(waiting_[old++], nullptr, out);
  }
  waiting_.erase(waiting_.begin(),
                 waiting_.begin() + static_cast<std::ptrdiff_t>(old));
}

void DnsAnalyzer::OnResponse(const Segment& segment, Response& response,
                             AnalyzerOutput& out) {
  const DnsMessage& message = *response.message;
  absl::string_view name =
      message.has_question ? message.name.text() : absl::string_view();
  bool id_waits = false;
  for (size_t i = 0; i < waiting_.size(); ++i) {
    Query& query = waiting_[i];
    if (query.id != message.id ||
        query.from_originator == segment.from_originator) {
      continue;
    }
    id_waits = true;
    // An error response may leave the question out.
    if (message.has_question &&
        (query.type != message.type || query.klass != message.klass ||
         query.name != name)) {
      continue;
    }
    const UnixNanos rtt = segment.clock - query.clock;
    response.rtt_ns = rtt > 0 ? static_cast<uint64_t>(rtt) : 1;
    const Query asked = std::move(query);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    TellTransaction(asked, &response, out);
    return;
  }
  if (id_waits) out.Anomaly("dns.question_mismatch");
  // Multicast answers come unasked, or to a query of another flow (RFC 6762 6).
  response.unmatched = protocol_ != Protocol::kMdns;
  Query unasked;
  unasked.id = message.id;
  unasked.type = message.type;
  unasked.klass = message.klass;
  unasked.recursion_desired = message.recursion_desired;
  unasked.name.assign(name.data(), name.size());
  if (unasked.name.empty() && !response.answers.empty()) {
    unasked.name = response.answers.front().name;
    unasked.type = response.answers.front().type;
  }
  TellMessage(message, unasked.name, out);
  TellTransaction(unasked, &response, out);
}

void DnsAnalyzer::TellMessage(const DnsMessage& message, absl::string_view name,
                              AnalyzerOutput& out) {
  DnsData data;
  data.id = message.id;
  data.type = message.type;
  data.rcode = message.rcode;
  data.response = message.response;
  data.malformed = message.malformed;
  if (message.has_question) data.name_bytes = message.name.plain_bytes();
  data.name.assign(name.data(), name.size());
  out.DnsMessage(std::move(data));
}

void DnsAnalyzer::TellTransaction(const Query& query, const Response* response,
                                  AnalyzerOutput& out) {
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kId, query.id);
  // The name is escaped already; its backslashes are not doubled.
  event.SetSafe(field::kName, query.name);
  event.Set(field::kType, query.type);
  event.Set(field::kClass, query.klass);
  event.Set(field::kRecursionDesired, query.recursion_desired);
  const bool malformed =
      query.malformed || (response != nullptr && response->message->malformed);
  event.Set(field::kMalformed, malformed);
  if (response == nullptr) return;
  event.Set(field::kAnswered, true);
  event.Set(field::kRcode, response->message->rcode);
  event.Set(field::kTruncated, response->message->truncated);
  event.Set(field::kRttNs, response->rtt_ns);
  event.Set(field::kUnmatched, response->unmatched);
  for (const DnsAnswerData& answer : response->answers) {
    event.Open(field::kAnswers);
    event.SetSafe(answer_field::kName, answer.name);
    event.Set(answer_field::kType, answer.type);
    event.Set(answer_field::kTtl, answer.ttl);
    event.SetSafe(answer_field::kData, answer.data);
    event.Close();
  }
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
