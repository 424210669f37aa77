#include "sensord/analyzers/rtsp.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "sensord/analyzers/http_transaction.h"
#include "sensord/analyzers/masked_url.h"
#include "sensord/analyzers/message_stream.h"
#include "sensord/analyzers/text_head.h"
#include "sensord/event/fields/rtsp.h"

namespace tapline::rtsp {
namespace {

namespace field = fields::rtsp;

constexpr size_t kNone = absl::string_view::npos;
constexpr size_t kMaxWaiting = 32;
constexpr size_t kMaxFields = 100;
constexpr size_t kMaxMethod = 24;
constexpr size_t kMaxHost = 255;
constexpr size_t kMaxTransport = 32;

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 554, Protocol::kRtsp},
                               {UnitPort::kTcp, 8554, Protocol::kRtsp}};

// One message; borrowed.
struct Message {
  // Empty for a response.
  absl::string_view method;
  absl::string_view url;
  uint16_t status = 0;
  const char* version = "";
  absl::string_view user_agent;
  absl::string_view server;
  absl::string_view authorization;
  absl::string_view challenge;
  absl::string_view transport;
  absl::string_view content_type;
  uint32_t cseq = 0;
  bool has_cseq = false;
  bool has_length = false;
  bool malformed = false;
  bool ambiguous = false;
  uint32_t length = 0;
};

const char* ReadVersion(absl::string_view text) {
  if (text == "RTSP/1.0") return "1.0";
  return text == "RTSP/2.0" ? "2.0" : nullptr;
}

bool ReadStartLine(absl::string_view line, Message* message) {
  const size_t first = line.find(' ');
  if (first == kNone) return false;
  const absl::string_view rest = line.substr(first + 1);
  message->version = ReadVersion(line.substr(0, first));
  if (message->version != nullptr) {
    uint32_t status = 0;
    if (!absl::SimpleAtoi(rest.substr(0, 3), &status) || status < 100 ||
        status > 999) {
      return false;
    }
    message->status = static_cast<uint16_t>(status);
    return true;
  }
  const size_t last = rest.rfind(' ');
  if (last == kNone) return false;
  message->version = ReadVersion(TrimBlanks(rest.substr(last + 1)));
  message->method = line.substr(0, first);
  message->url = TrimBlanks(rest.substr(0, last));
  return message->version != nullptr && IsToken(message->method) &&
         message->method.size() <= kMaxMethod && !message->url.empty();
}

bool ReadNumber(absl::string_view value, uint32_t* number) {
  return !value.empty() && value[0] >= '0' && value[0] <= '9' &&
         absl::SimpleAtoi(value, number);
}

void ReadField(const HeadField& field, Message* message) {
  const auto is = [&field](absl::string_view name) {
    return absl::EqualsIgnoreCase(field.name, name);
  };
  if (is("cseq")) {
    message->has_cseq = ReadNumber(field.value, &message->cseq);
  } else if (is("content-length")) {
    uint32_t length = 0;
    message->malformed |= !ReadNumber(field.value, &length);
    message->ambiguous |= message->has_length && length != message->length;
    message->has_length = true;
    message->length = length;
  } else if (is("user-agent")) {
    message->user_agent = field.value;
  } else if (is("server")) {
    message->server = field.value;
  } else if (is("authorization")) {
    message->authorization = field.value;
  } else if (is("www-authenticate") && message->challenge.empty()) {
    message->challenge = field.value;
  } else if (is("transport")) {
    message->transport = field.value;
  } else if (is("content-type")) {
    message->content_type = field.value;
  }
}

bool Read(absl::string_view text, Message* message) {
  HeadReader reader(text);
  if (!ReadStartLine(reader.StartLine(), message)) return false;
  HeadField field;
  for (size_t i = 0; i < kMaxFields && reader.Next(&field); ++i) {
    message->malformed |= field.odd;
    ReadField(field, message);
  }
  message->malformed |= !message->has_cseq;
  return true;
}

struct Transaction {
  std::string method;
  std::string host;
  std::string path;
  std::string user_agent;
  std::string server;
  std::string transport;
  std::string content_type;
  // Static storage.
  const char* version = "";
  absl::string_view auth_scheme;
  absl::string_view challenge_scheme;
  uint16_t host_port = 0;
  uint16_t status = 0;
  uint32_t cseq = 0;
  bool unmatched = false;
  bool from_originator = true;
  UnixNanos begin = 0;
  UnixNanos end = 0;

  size_t MemoryBytes() const {
    return sizeof(*this) + method.capacity() + host.capacity() +
           path.capacity() + user_agent.capacity() + server.capacity() +
           transport.capacity() + content_type.capacity();
  }
};

class RtspAnalyzer final : public Analyzer {
 public:
  RtspAnalyzer() {
    for (MessageStream& stream : streams_) stream.AllowInterleaved();
  }
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override {
    streams_[from_originator ? 0 : 1].Gap(bytes);
    return Settled(out);
  }
  void OnEnd(AnalyzerOutput& out) override {
    for (const auto& waiting : waiting_) Tell(*waiting, out);
    waiting_.clear();
  }
  size_t MemoryBytes() const override {
    size_t bytes = sizeof(*this) + streams_[0].MemoryBytes() +
                   streams_[1].MemoryBytes() +
                   waiting_.capacity() * sizeof(waiting_[0]);
    for (const auto& waiting : waiting_) bytes += waiting->MemoryBytes();
    return bytes;
  }

 private:
  bool OnHead(const Segment& segment, absl::string_view head, Message* message,
              AnalyzerOutput& out);
  void OnRequest(const Segment& segment, const Message& message,
                 AnalyzerOutput& out);
  void OnResponse(const Segment& segment, const Message& message,
                  AnalyzerOutput& out);
  static void Tell(const Transaction& transaction, AnalyzerOutput& out);
  Next Settled(AnalyzerOutput& out) {
    if (!streams_[0].stopped() || !streams_[1].stopped()) return Want::kMore;
    OnEnd(out);
    return Want::kDone;
  }

  MessageStream streams_[2];
  std::vector<std::unique_ptr<Transaction>> waiting_;
  bool identified_ = false;
};

Next RtspAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  MessageStream& stream = streams_[segment.from_originator ? 0 : 1];
  stream.Add(segment.bytes);
  for (absl::string_view head; stream.Next(&head);) {
    Message message;
    if (OnHead(segment, head, &message, out)) {
      stream.Skip(message.length);
      continue;
    }
    out.Anomaly("rtsp.malformed");
    stream.Stop();
  }
  if (stream.too_large()) out.Anomaly("rtsp.head_too_large");
  return Settled(out);
}

bool RtspAnalyzer::OnHead(const Segment& segment, absl::string_view head,
                          Message* message, AnalyzerOutput& out) {
  if (!Read(head, message)) return false;
  if (message->malformed) out.Anomaly("rtsp.malformed");
  if (message->ambiguous) {
    out.Anomaly("rtsp.ambiguous");
    out.Ambiguous();
  }
  if (!identified_) out.Identify(Protocol::kRtsp, ProtocolBasis::kDecoded, 100);
  identified_ = true;
  if (message->method.empty()) {
    OnResponse(segment, *message, out);
  } else {
    OnRequest(segment, *message, out);
  }
  return true;
}

void RtspAnalyzer::OnRequest(const Segment& segment, const Message& message,
                             AnalyzerOutput& out) {
  if (waiting_.size() == kMaxWaiting) {
    Tell(*waiting_.front(), out);
    waiting_.erase(waiting_.begin());
  }
  waiting_.push_back(std::make_unique<Transaction>());
  Transaction& request = *waiting_.back();
  request.method = std::string(message.method);
  AbsoluteUrl url;
  if (SplitUrl(message.url, &url)) {
    const absl::string_view host = url.authority.host;
    request.host = absl::AsciiStrToLower(host.substr(0, kMaxHost));
    request.host_port = url.authority.port;
    request.path = MaskedTarget(url.target);
    out.Host(request.host);
  } else {
    request.path = MaskedTarget(message.url);
  }
  request.version = message.version;
  request.user_agent = MaskedProduct(message.user_agent);
  request.auth_scheme = http::AuthScheme(message.authorization);
  request.cseq = message.cseq;
  request.from_originator = segment.from_originator;
  request.begin = segment.clock;
}

void RtspAnalyzer::OnResponse(const Segment& segment, const Message& message,
                              AnalyzerOutput& out) {
  // RFC 2326 7.1.1: nothing final yet.
  if (message.status < 200) return;
  const auto asked =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& w) {
        return w->cseq == message.cseq &&
               w->from_originator != segment.from_originator;
      });
  Transaction unasked;
  Transaction* transaction = &unasked;
  if (asked != waiting_.end()) {
    transaction = asked->get();
    transaction->end = segment.clock;
  } else {
    unasked.unmatched = true;
    unasked.version = message.version;
    unasked.from_originator = !segment.from_originator;
  }
  transaction->status = message.status;
  transaction->server = MaskedProduct(message.server);
  transaction->challenge_scheme = http::AuthScheme(message.challenge);
  transaction->content_type = http::MediaType(message.content_type);
  const absl::string_view transport = message.transport;
  transaction->transport = MaskedProduct(
      transport.substr(0, transport.find_first_of(";,")), kMaxTransport);
  Tell(*transaction, out);
  if (asked != waiting_.end()) waiting_.erase(asked);
}

void RtspAnalyzer::Tell(const Transaction& t, AnalyzerOutput& out) {
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kMethod, t.method);
  event.Set(field::kHost, t.host);
  event.Set(field::kHostPort, t.host_port);
  event.Set(field::kPath, t.path);
  event.Set(field::kVersion, t.version);
  event.Set(field::kStatus, t.status);
  event.Set(field::kUserAgent, t.user_agent);
  event.Set(field::kServer, t.server);
  event.Set(field::kAuthScheme, t.auth_scheme);
  event.Set(field::kChallengeScheme, t.challenge_scheme);
  event.Set(field::kTransport, t.transport);
  event.Set(field::kContentType, t.content_type);
  event.Set(field::kUnmatched, t.unmatched);
  event.Set(field::kFromResponder, !t.from_originator);
  if (t.begin != 0) event.Set(field::kRequestTime, t.begin);
  if (t.end != 0) {
    event.Set(field::kResponseTimeNs,
              t.end > t.begin ? static_cast<uint64_t>(t.end - t.begin) : 1);
  }
}

Match Probe(const Opening& opening) {
  const absl::string_view text = TextOf(opening.first()).substr(0, 1024);
  const size_t end = text.find('\n');
  absl::string_view line = text.substr(0, end);
  if (end != kNone) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    Message message;
    return ReadStartLine(line, &message) ? Match::kYes : Match::kNo;
  }
  constexpr absl::string_view kVersion = "RTSP/";
  const size_t compared = std::min(line.size(), kVersion.size());
  if (line.substr(0, compared) == kVersion.substr(0, compared)) {
    return line.size() < 256 ? Match::kMore : Match::kNo;
  }
  const size_t space = line.find(' ');
  if (!IsToken(line.substr(0, space)) || space > kMaxMethod) {
    return line.size() <= kMaxMethod && IsToken(line) ? Match::kMore
                                                      : Match::kNo;
  }
  // Requests of other protocols have other targets.
  constexpr absl::string_view kScheme = "rtsp";
  const absl::string_view url = line.substr(space + 1);
  const size_t same = std::min(url.size(), kScheme.size());
  return absl::EqualsIgnoreCase(url.substr(0, same), kScheme.substr(0, same)) ||
                 url == "*"
             ? Match::kMore
             : Match::kNo;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<RtspAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kRtsp,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::rtsp
