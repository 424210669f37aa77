#include "sensord/analyzers/coap.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "sensord/analyzers/masked_path.h"
#include "sensord/analyzers/told_set.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/coap.h"

namespace tapline::coap {
namespace {

namespace field = fields::coap;

constexpr size_t kHead = 4;
constexpr size_t kMaxToken = 8;
constexpr uint8_t kPayloadMarker = 0xff;
constexpr size_t kMaxPath = 512;

enum Type : uint8_t {
  kConfirmable = 0,
  kAcknowledgment = 2,
  kReset = 3,
};

// IANA "CoAP Option Numbers".
enum Option : uint32_t {
  kUriHost = 3,
  kObserve = 6,
  kUriPort = 7,
  kUriPath = 11,
  kUriQuery = 15,
  kProxyUri = 35,
  kProxyScheme = 39,
};
constexpr uint16_t kKnownOptions[] = {1,  3,  4,  5,  6,  7,  8,   9,   11,
                                      12, 14, 15, 16, 17, 19, 20,  21,  23,
                                      27, 28, 31, 35, 39, 60, 252, 258, 292};

constexpr const char* kMethods[] = {"",       "GET",   "POST",  "PUT",
                                    "DELETE", "FETCH", "PATCH", "iPATCH"};

constexpr UnitPort kPorts[] = {{UnitPort::kUdp, 5683, Protocol::kCoap}};

struct Message {
  uint8_t type = 0;
  uint8_t code = 0;
  uint16_t id = 0;
  bool observe = false;
  bool proxied = false;
  bool malformed = false;
  // Every option is registered, and texts are texts.
  bool credible = true;
  int uri_options = 0;
  Bytes token;
  absl::string_view host;
  std::string path;

  // False: not even the fixed part.
  bool Read(Bytes b);
  bool IsRequest() const { return code >= 1 && code < std::size(kMethods); }
  bool IsResponse() const { return code >> 5 >= 2 && code >> 5 <= 5; }

 private:
  void OnOption(uint32_t number, Bytes value);
};

// A delta or length: 13 and 14 say that one or two bytes follow. False: 15.
bool TakeExtended(uint8_t nibble, ByteCursor& in, uint32_t* value) {
  *value = nibble;
  if (nibble == 13) *value = 13u + in.U8();
  if (nibble == 14) *value = 269u + in.U16();
  return nibble != 15;
}

bool Message::Read(Bytes b) {
  if (b.size() < kHead || b[0] >> 6 != 1) return false;
  type = b[0] >> 4 & 3;
  code = b[1];
  id = LoadBig16(&b[2]);
  ByteCursor in(b.data(), b.size());
  in.Skip(kHead);
  const size_t token_bytes = b[0] & 15;
  const uint8_t* p = token_bytes > kMaxToken ? nullptr : in.Take(token_bytes);
  if (p == nullptr) {
    malformed = true;
    return true;
  }
  token = {p, token_bytes};
  // An empty message is the fixed part alone (RFC 7252 4.1).
  if (code == 0) {
    malformed = in.left() > 0 || token_bytes > 0;
    return true;
  }
  uint32_t number = 0;
  while (in.left() > 0) {
    const uint8_t head = in.U8();
    if (head == kPayloadMarker) {
      malformed = in.left() == 0;
      return true;
    }
    uint32_t delta;
    uint32_t size;
    const bool valid = TakeExtended(head >> 4, in, &delta) &&
                       TakeExtended(head & 15, in, &size);
    const uint8_t* value = valid ? in.Take(size) : nullptr;
    if (value == nullptr) {
      malformed = true;
      return true;
    }
    number += delta;
    OnOption(number, {value, size});
  }
  return true;
}

void Message::OnOption(uint32_t number, Bytes value) {
  credible &= std::find(std::begin(kKnownOptions), std::end(kKnownOptions),
                        number) != std::end(kKnownOptions);
  const bool text = number == kUriHost || number == kUriPath ||
                    number == kUriQuery || number == kProxyUri;
  if (text) {
    ++uri_options;
    credible &= value.size() <= 1034 &&
                std::all_of(value.begin(), value.end(),
                            [](uint8_t c) { return absl::ascii_isprint(c); });
  }
  switch (number) {
    case kUriHost:
      host = TextOf(value);
      break;
    case kUriPath:
      if (path.size() + value.size() >= kMaxPath) break;
      absl::StrAppend(&path, "/", TextOf(value));
      break;
    case kObserve:
      observe = true;
      break;
    case kProxyUri:
    case kProxyScheme:
      proxied = true;
      break;
    default:
      break;
  }
}

Match Probe(const Opening& opening) {
  Message message;
  if (!message.Read(opening.first()) || message.malformed) return Match::kNo;
  const bool empty = message.code == 0;
  if (empty ? message.type == 1
            : !message.IsRequest() && !message.IsResponse()) {
    return Match::kNo;
  }
  // Four bytes and a few small ones could be anything.
  const bool sure = message.IsRequest() && message.credible &&
                    message.uri_options > 0 &&
                    (message.type == kConfirmable || message.type == 1) &&
                    !message.path.empty();
  return sure ? Match::kYes : Match::kWeak;
}

class CoapAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override {
    for (const Request& request : waiting_) {
      if (request.waits) Tell(request, nullptr, 0, out);
    }
  }
  size_t MemoryBytes() const override {
    size_t bytes = sizeof(*this);
    for (const Request& request : waiting_) {
      bytes += request.host.capacity() + request.path.capacity();
    }
    return bytes;
  }

 private:
  struct Request {
    bool waits = false;
    bool from_originator = true;
    bool observe = false;
    bool proxied = false;
    uint8_t type = 0;
    uint8_t code = 0;
    UnixNanos clock = 0;
    std::string token;
    std::string host;
    std::string path;
  };

  void OnRequest(const Segment& segment, const Message& message,
                 AnalyzerOutput& out);
  void Tell(const Request& request, const Message* response, uint64_t rtt_ns,
            AnalyzerOutput& out);

  std::array<Request, 8> waiting_;
  uint8_t next_ = 0;
  ToldSet<32> told_;
};

Next CoapAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  Message message;
  if (!message.Read(segment.bytes)) return Want::kMore;
  if (message.malformed) {
    if (!segment.truncated) out.Anomaly("coap.malformed");
    return Want::kMore;
  }
  if (message.IsRequest() || message.IsResponse()) {
    out.Identify(Protocol::kCoap, ProtocolBasis::kDecoded, 100);
  }
  if (message.IsRequest()) {
    OnRequest(segment, message, out);
    return Want::kMore;
  }
  if (!message.IsResponse()) return Want::kMore;
  for (Request& request : waiting_) {
    if (!request.waits || request.token != TextOf(message.token) ||
        request.from_originator == segment.from_originator) {
      continue;
    }
    request.waits = false;
    const UnixNanos rtt = segment.clock - request.clock;
    Tell(request, &message, rtt > 0 ? static_cast<uint64_t>(rtt) : 1, out);
    return Want::kMore;
  }
  Tell(Request(), &message, 0, out);
  return Want::kMore;
}

void CoapAnalyzer::OnRequest(const Segment& segment, const Message& message,
                             AnalyzerOutput& out) {
  const absl::string_view token = TextOf(message.token);
  for (const Request& request : waiting_) {
    // Sent again.
    if (request.waits && request.token == token &&
        request.from_originator == segment.from_originator) {
      return;
    }
  }
  if (!message.host.empty()) out.Host(message.host);
  Request& request = waiting_[next_];
  next_ = static_cast<uint8_t>((next_ + 1) % waiting_.size());
  if (request.waits) Tell(request, nullptr, 0, out);
  request.waits = true;
  request.from_originator = segment.from_originator;
  request.observe = message.observe;
  request.proxied = message.proxied;
  request.type = message.type;
  request.code = message.code;
  request.clock = segment.clock;
  request.token.assign(token.data(), token.size());
  request.host.assign(message.host.data(),
                      std::min<size_t>(message.host.size(), 255));
  request.path = MaskedPath(message.path);
}

void CoapAnalyzer::Tell(const Request& request, const Message* response,
                        uint64_t rtt_ns, AnalyzerOutput& out) {
  const uint8_t code = response == nullptr ? 0 : response->code;
  const std::string key = absl::StrCat(request.code, " ", code, " ",
                                       request.host, " ", request.path);
  if (!told_.Add(
          Bytes(reinterpret_cast<const uint8_t*>(key.data()), key.size()))) {
    return;
  }
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetNonempty(field::kMethod, kMethods[request.code]);
  event.SetNonempty(field::kHost, request.host);
  event.SetNonempty(field::kPath, request.path);
  event.SetTrue(field::kAnswered, response != nullptr);
  if (response != nullptr) {
    event.SetSafe(field::kCode, absl::StrCat(code >> 5, ".", (code & 31) / 10,
                                             (code & 31) % 10));
  }
  event.SetNonzero(field::kRttNs, rtt_ns);
  event.SetTrue(field::kConfirmable,
                request.code != 0 && request.type == kConfirmable);
  event.SetTrue(field::kObserve, request.observe);
  event.SetTrue(field::kProxied, request.proxied);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<CoapAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kCoap,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::coap
