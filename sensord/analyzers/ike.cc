#include "sensord/analyzers/ike.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sensord/analyzers/ike_message.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/ike.h"

namespace tapline::ike {
namespace {

namespace field = fields::ike;

constexpr uint16_t kNatPort = 4500;
constexpr size_t kMarkerBytes = 4;
// SPI, sequence number, and what little an encrypted packet has.
constexpr size_t kMinEsp = 24;
// SPIs up to this are reserved (RFC 4303 2.1).
constexpr uint32_t kMaxReservedSpi = 255;
constexpr uint8_t kKeepAlive = 0xff;
constexpr int kMaxEsp = 16;

constexpr UnitPort kPorts[] = {
    {UnitPort::kUdp, 500, Protocol::kIke},
    {UnitPort::kUdp, kNatPort, Protocol::kIke},
};

// Without the marker, if there is one.
Bytes Unmarked(Bytes b) {
  return b.size() > kMarkerBytes && LoadBig32(b.data()) == 0
             ? b.subspan(kMarkerBytes)
             : b;
}

bool IsEsp(Bytes b) {
  return b.size() >= kMinEsp && LoadBig32(b.data()) > kMaxReservedSpi;
}

bool IsNatPort(uint16_t originator_port, uint16_t responder_port) {
  return originator_port == kNatPort || responder_port == kNatPort;
}

Match Probe(const Opening& opening) {
  const Bytes b = opening.first();
  Message message;
  if (message.Read(Unmarked(b))) {
    // The first of a negotiation; others have nothing to know them by but
    // their header.
    const bool first = message.responder_spi == 0 && message.has_sa;
    return !message.malformed && first               ? Match::kYes
           : message.malformed && !opening.truncated ? Match::kNo
                                                     : Match::kWeak;
  }
  if (!IsNatPort(opening.originator_port, opening.responder_port)) {
    return Match::kNo;
  }
  const bool keep_alive = b.size() == 1 && b[0] == kKeepAlive;
  return keep_alive || IsEsp(b) ? Match::kWeak : Match::kNo;
}

class IkeAnalyzer final : public Analyzer {
 public:
  explicit IkeAnalyzer(const FlowIdentity& flow)
      : nat_port_(IsNatPort(flow.originator_port, flow.responder_port)) {}

  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override {
    if (waits_) Tell(nullptr, 0, out);
  }
  size_t MemoryBytes() const override {
    size_t bytes = sizeof(*this);
    for (const std::string& id : request_.vendor_ids) bytes += id.capacity();
    return bytes;
  }

 private:
  void OnMessage(const Segment& segment, Message message, AnalyzerOutput& out);
  void Tell(const Message* answer, uint64_t rtt_ns, AnalyzerOutput& out);

  const bool nat_port_;
  bool waits_ = false;
  bool from_originator_ = true;
  int esp_ = 0;
  UnixNanos clock_ = 0;
  Message request_;
};

Next IkeAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  Message message;
  if (message.Read(Unmarked(segment.bytes))) {
    out.Identify(Protocol::kIke, ProtocolBasis::kDecoded, 100);
    if (message.malformed && !segment.truncated) out.Anomaly("ike.malformed");
    OnMessage(segment, std::move(message), out);
    return Want::kMore;
  }
  if (!nat_port_ || !IsEsp(segment.bytes)) return Want::kMore;
  // Keys are agreed on: the flow is what it carries from now on.
  if (++esp_ == 1) out.Identify(Protocol::kEsp, ProtocolBasis::kDecoded, 80);
  if (esp_ < kMaxEsp) return Want::kMore;
  OnEnd(out);
  return Want::kDone;
}

void IkeAnalyzer::OnMessage(const Segment& segment, Message message,
                            AnalyzerOutput& out) {
  if (message.responder_spi == 0 && !message.response) {
    // Sent again, with a cookie or another group (RFC 7296 2.6, 1.2).
    if (waits_ && request_.initiator_spi == message.initiator_spi) return;
    if (waits_) Tell(nullptr, 0, out);
    waits_ = true;
    from_originator_ = segment.from_originator;
    clock_ = segment.clock;
    request_ = std::move(message);
    return;
  }
  if (!waits_ || segment.from_originator == from_originator_ ||
      message.initiator_spi != request_.initiator_spi) {
    return;
  }
  const UnixNanos rtt = segment.clock - clock_;
  Tell(&message, rtt > 0 ? static_cast<uint64_t>(rtt) : 1, out);
}

std::string ExchangeName(const Message& message) {
  switch (message.exchange) {
    case kMainMode:
      return "main";
    case kAggressiveMode:
      return "aggressive";
    case kSaInit:
      return "sa_init";
    default:
      return absl::StrCat(message.exchange);
  }
}

std::string SpiText(uint64_t spi) {
  return absl::StrCat(absl::Hex(spi, absl::kZeroPad16));
}

void TellTransforms(const Transforms& t, EventWriter& event) {
  if (t.encryption != 0) {
    std::string text = absl::StrCat(t.encryption);
    if (t.key_bits != 0) absl::StrAppend(&text, "/", t.key_bits);
    event.SetSafe(field::kEncryption, text);
  }
  event.SetNonzero(field::kIntegrity, t.integrity);
  event.SetNonzero(field::kPrf, t.prf);
  event.SetNonzero(field::kDhGroup, t.dh_group);
  event.SetNonzero(field::kAuthentication, t.authentication);
}

void IkeAnalyzer::Tell(const Message* answer, uint64_t rtt_ns,
                       AnalyzerOutput& out) {
  waits_ = false;
  const Message& m = request_;
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kVersion, m.version == 1 ? "1.0" : "2.0");
  event.SetSafe(field::kExchange, ExchangeName(m));
  event.SetSafe(field::kInitiatorSpi, SpiText(m.initiator_spi));
  event.SetTrue(field::kAnswered, answer != nullptr);
  event.SetNonzero(field::kRttNs, rtt_ns);
  const bool chosen = answer != nullptr && answer->has_sa;
  TellTransforms(chosen ? answer->transforms : m.transforms, event);
  for (const std::string& id : m.vendor_ids) {
    event.SetSafe(field::kVendorIds, id);
  }
  if (answer == nullptr) return;
  if (answer->responder_spi != 0) {
    event.SetSafe(field::kResponderSpi, SpiText(answer->responder_spi));
  }
  event.SetNonzero(field::kError, answer->error);
  event.SetTrue(field::kNatTraversal, m.nat_traversal && answer->nat_traversal);
  for (const std::string& id : answer->vendor_ids) {
    event.SetSafe(field::kVendorIds, id);
  }
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& flow) {
  return std::make_unique<IkeAnalyzer>(flow);
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kIke,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::ike
