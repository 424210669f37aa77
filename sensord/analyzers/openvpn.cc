#include "sensord/analyzers/openvpn.h"

#include "sensord/analyzers/message_reader.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/openvpn.h"

namespace tapline::openvpn {
namespace {

namespace field = fields::openvpn;

// Five bits of the first byte; the other three number the key, 0 at first.
enum Opcode : uint8_t {
  kHardResetServerV1 = 2,
  kSoftReset = 3,
  kControl = 4,
  kAck = 5,
  kDataV1 = 6,
  kHardResetClient = 7,
  kHardResetServer = 8,
  kDataV2 = 9,
  kHardResetClientV3 = 10,
};

// On TCP, two bytes of length before each packet.
constexpr size_t kLengthBytes = 2;
constexpr size_t kMaxPacket = 4096;
// Opcode and the sender's session number.
constexpr size_t kHeadBytes = 9;
// A reset's end: no acknowledgments, packet number 0.
constexpr size_t kPlainReset = kHeadBytes + 5;
// Number and time of a packet, against replays.
constexpr size_t kReplayBytes = 8;
// Head, replay, SHA-256, the reset's end encrypted.
constexpr size_t kCryptReset = kHeadBytes + kReplayBytes + 32 + 5;
// MD5, SHA-1, SHA-256, SHA-384, SHA-512.
constexpr size_t kDigests[] = {16, 20, 32, 48, 64};
// 2001: a clock that was set says more.
constexpr uint32_t kOldest = 1000000000;

constexpr UnitPort kPorts[] = {
    {UnitPort::kUdp, 1194, Protocol::kOpenvpn},
    {UnitPort::kTcp, 1194, Protocol::kOpenvpn},
};

uint8_t OpcodeOf(Bytes packet) { return packet[0] >> 3; }

// Packet number 1 (or 0x0f000001 of early negotiation), and the time.
bool HasFirstReplay(const uint8_t* p) {
  const uint32_t number = LoadBig32(p);
  return (number == 1 || number == 0x0f000001) && LoadBig32(p + 4) >= kOldest;
}

bool HasPlainEnd(Bytes packet) {
  const Bytes end = packet.last(5);
  return end[0] == 0 && LoadBig32(&end[1]) == 0;
}

// How a client's first packet protects the control channel; nullptr when it is
// no such packet. Static storage.
const char* ProtectionOf(Bytes packet) {
  if (packet.size() < kPlainReset || (packet[0] & 7) != 0) return nullptr;
  const uint8_t opcode = OpcodeOf(packet);
  if (opcode == kHardResetClientV3) {
    return packet.size() > kCryptReset && HasFirstReplay(&packet[kHeadBytes])
               ? "crypt-v2"
               : nullptr;
  }
  if (opcode != kHardResetClient) return nullptr;
  if (packet.size() == kPlainReset && HasPlainEnd(packet)) return "none";
  for (const size_t digest : kDigests) {
    const size_t replay_at = kHeadBytes + digest;
    if (packet.size() == replay_at + kReplayBytes + 5 &&
        HasFirstReplay(&packet[replay_at]) && HasPlainEnd(packet)) {
      return "auth";
    }
  }
  return packet.size() == kCryptReset && HasFirstReplay(&packet[kHeadBytes])
             ? "crypt"
             : nullptr;
}

Match ProbePacket(Bytes packet) {
  if (packet.empty()) return Match::kNo;
  if (ProtectionOf(packet) != nullptr) return Match::kYes;
  // Anything else could be random bytes.
  const uint8_t opcode = OpcodeOf(packet);
  const bool control = opcode >= kSoftReset && opcode <= kHardResetClientV3;
  return control && packet.size() >= kPlainReset ? Match::kWeak : Match::kNo;
}

Match Probe(const Opening& opening) {
  const Bytes b = opening.first();
  if (opening.datagram) return ProbePacket(b);
  if (b.size() < kLengthBytes + 1) return Match::kMore;
  const size_t length = LoadBig16(b.data());
  const Bytes packet = b.subspan(kLengthBytes);
  if (!opening.originator_first || length < kPlainReset ||
      length > kMaxPacket ||
      (packet[0] != kHardResetClient << 3 && packet[0] != kHardResetClientV3
                                                              << 3)) {
    return Match::kNo;
  }
  if (packet.size() < length) return Match::kMore;
  return ProbePacket(packet.first(length));
}

class OpenvpnAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override {
    if (protection_ != nullptr) Tell(0, out);
  }
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override {
    OnEnd(out);
    return Want::kDone;
  }
  size_t MemoryBytes() const override {
    return sizeof(*this) + in_[0].MemoryBytes() + in_[1].MemoryBytes();
  }

 private:
  Next OnPacket(const Segment& segment, Bytes packet, AnalyzerOutput& out);
  void Tell(uint64_t rtt_ns, AnalyzerOutput& out) const;

  MessageReader in_[2] = {MessageReader(kLengthBytes + kMaxPacket),
                          MessageReader(kLengthBytes + kMaxPacket)};
  // Of a client's reset that was seen; else null.
  const char* protection_ = nullptr;
  bool from_originator_ = true;
  uint32_t retries_ = 0;
  uint32_t packets_ = 0;
  UnixNanos clock_ = 0;
};

Next OpenvpnAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  if (segment.datagram) return OnPacket(segment, segment.bytes, out);
  MessageReader& in = in_[segment.from_originator ? 0 : 1];
  in.Add(segment.bytes);
  Bytes b;
  while (in.Peek(kLengthBytes, &b)) {
    const size_t length = LoadBig16(b.data());
    if (length > kMaxPacket) {
      OnEnd(out);
      return Want::kDone;
    }
    if (!in.Peek(kLengthBytes + length, &b)) break;
    const Next next = OnPacket(segment, b.subspan(kLengthBytes), out);
    if (next.want != Want::kMore) return next;
    in.Pass(kLengthBytes + length);
  }
  return Want::kMore;
}

Next OpenvpnAnalyzer::OnPacket(const Segment& segment, Bytes packet,
                               AnalyzerOutput& out) {
  constexpr uint32_t kMaxPackets = 64;
  if (packet.empty()) return Want::kMore;
  if (const char* protection = ProtectionOf(packet)) {
    if (protection_ != nullptr) {
      ++retries_;
    } else {
      clock_ = segment.clock;
    }
    protection_ = protection;
    from_originator_ = segment.from_originator;
    out.Identify(Protocol::kOpenvpn, ProtocolBasis::kDecoded, 100);
    return Want::kMore;
  }
  if (protection_ != nullptr && OpcodeOf(packet) == kHardResetServer &&
      segment.from_originator != from_originator_) {
    const UnixNanos rtt = segment.clock - clock_;
    Tell(rtt > 0 ? static_cast<uint64_t>(rtt) : 1, out);
    return Want::kDone;
  }
  // A session that began before.
  if (++packets_ < kMaxPackets) return Want::kMore;
  OnEnd(out);
  return Want::kDone;
}

void OpenvpnAnalyzer::Tell(uint64_t rtt_ns, AnalyzerOutput& out) const {
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kControlProtection, protection_);
  event.SetTrue(field::kAnswered, rtt_ns != 0);
  event.SetNonzero(field::kRttNs, rtt_ns);
  event.SetNonzero(field::kRetries, retries_);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<OpenvpnAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kOpenvpn,
                                         .tcp = true,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::openvpn
