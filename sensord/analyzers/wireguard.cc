#include "sensord/analyzers/wireguard.h"

#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/wireguard.h"

namespace tapline::wireguard {
namespace {

namespace field = fields::wireguard;

// One byte, then three zeros; numbers have the lowest byte first.
enum Kind : uint32_t {
  kInitiation = 1,
  kResponse = 2,
  kCookieReply = 3,
  kData = 4,
};

constexpr size_t kInitiationBytes = 148;
constexpr size_t kResponseBytes = 92;
constexpr size_t kCookieReplyBytes = 64;
// Head, receiver, counter and the tag of nothing; padded to 16.
constexpr size_t kDataBytes = 32;

constexpr UnitPort kPorts[] = {{UnitPort::kUdp, 51820, Protocol::kWireguard}};

// The kind of a message of the right length; 0 for anything else.
uint32_t KindOf(Bytes b) {
  if (b.size() < kDataBytes) return 0;
  const uint32_t kind = LoadLittle32(b.data());
  switch (kind) {
    case kInitiation:
      return b.size() == kInitiationBytes ? kind : 0;
    case kResponse:
      return b.size() == kResponseBytes ? kind : 0;
    case kCookieReply:
      return b.size() == kCookieReplyBytes ? kind : 0;
    case kData:
      return b.size() % 16 == 0 ? kind : 0;
    default:
      return 0;
  }
}

Match Probe(const Opening& opening) {
  const Bytes b = opening.first();
  if (opening.truncated) {
    if (b.size() < 8) return Match::kNo;
    const uint32_t kind = LoadLittle32(b.data());
    return kind >= kInitiation && kind <= kData ? Match::kWeak : Match::kNo;
  }
  switch (KindOf(b)) {
    case 0:
      return Match::kNo;
    case kData: {
      // The counter of a session, after which it is begun anew, is small.
      constexpr size_t kCounterAt = 8;
      const uint32_t high = LoadLittle32(&b[kCounterAt + 4]);
      return high == 0 ? Match::kWeak : Match::kNo;
    }
    default:
      return Match::kYes;
  }
}

class WireguardAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override {
    if (waits_) Tell(0, 0, out);
  }
  size_t MemoryBytes() const override { return sizeof(*this); }

 private:
  void OnInitiation(const Segment& segment);
  void Tell(uint32_t receiver, uint64_t rtt_ns, AnalyzerOutput& out);

  // An initiation that waits for its response.
  bool waits_ = false;
  bool from_originator_ = false;
  bool cookie_reply_ = false;
  uint32_t sender_ = 0;
  uint32_t retries_ = 0;
  UnixNanos clock_ = 0;
};

Next WireguardAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  const Bytes b = segment.bytes;
  const uint32_t kind = KindOf(b);
  if (kind == 0) {
    if (!segment.truncated) out.Anomaly("wireguard.malformed");
    return Want::kMore;
  }
  if (kind != kData) {
    out.Identify(Protocol::kWireguard, ProtocolBasis::kDecoded, 100);
  }
  switch (kind) {
    case kInitiation:
      OnInitiation(segment);
      break;
    case kResponse:
      if (waits_ && from_originator_ != segment.from_originator &&
          LoadLittle32(&b[8]) == sender_) {
        const UnixNanos rtt = segment.clock - clock_;
        Tell(LoadLittle32(&b[4]), rtt > 0 ? static_cast<uint64_t>(rtt) : 1,
             out);
      }
      break;
    case kCookieReply:
      cookie_reply_ |= waits_;
      break;
    default:
      break;
  }
  return Want::kMore;
}

void WireguardAnalyzer::OnInitiation(const Segment& segment) {
  // Each try has a number of its own.
  if (waits_) {
    ++retries_;
  } else {
    retries_ = 0;
    cookie_reply_ = false;
  }
  waits_ = true;
  from_originator_ = segment.from_originator;
  sender_ = LoadLittle32(&segment.bytes[4]);
  clock_ = segment.clock;
}

void WireguardAnalyzer::Tell(uint32_t receiver, uint64_t rtt_ns,
                             AnalyzerOutput& out) {
  waits_ = false;
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetNonzero(field::kSenderIndex, sender_);
  event.SetNonzero(field::kReceiverIndex, receiver);
  event.SetTrue(field::kAnswered, rtt_ns != 0);
  event.SetNonzero(field::kRttNs, rtt_ns);
  event.SetTrue(field::kCookieReply, cookie_reply_);
  event.SetNonzero(field::kRetries, retries_);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<WireguardAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kWireguard,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::wireguard
