#include "sensord/analyzers/ntp.h"

#include <algorithm>
#include <array>
#include <string>

#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/ntp.h"

namespace tapline::ntp {
namespace {

namespace field = fields::ntp;

// RFC 5905 7.3: flags, stratum, poll, precision, root delay 4, root dispersion
// 4, reference id 4, then four times of 8 bytes.
constexpr size_t kHeaderBytes = 48;
constexpr size_t kReferenceIdAt = 12;
constexpr size_t kOriginAt = 24;
constexpr size_t kReceiveAt = 32;
constexpr size_t kTransmitAt = 40;
constexpr size_t kControlBytes = 12;
constexpr size_t kPrivateBytes = 8;

enum Mode : uint8_t {
  kReserved = 0,
  kSymmetricActive = 1,
  kSymmetricPassive = 2,
  kClient = 3,
  kServer = 4,
  kBroadcast = 5,
  kControl = 6,
  kPrivate = 7,
};
constexpr const char* kModeNames[] = {
    "",       "symmetric_active", "symmetric_passive", "client",
    "server", "broadcast",        "control",           "private"};

// Seconds from 1900 to 1970.
constexpr uint32_t kUnixEpoch = 2208988800;
// 1995: no clock that was ever set says less.
constexpr uint32_t kOldest = 2997993600;
// ntpd's REQ_MON_GETLIST and REQ_MON_GETLIST_1.
constexpr uint8_t kMonGetList = 20;
constexpr uint8_t kMonGetList1 = 42;
// RFC 8915 7.5: unique identifier, cookie, cookie placeholder, authenticator.
constexpr uint16_t kNtsFields[] = {0x0104, 0x0204, 0x0304, 0x0404};

constexpr UnitPort kPorts[] = {{UnitPort::kUdp, 123, Protocol::kNtp}};

Mode ModeOf(Bytes b) { return static_cast<Mode>(b[0] & 7); }
uint8_t VersionOf(Bytes b) { return b[0] >> 3 & 7; }
uint64_t TimeAt(Bytes b, size_t at) {
  return uint64_t{LoadBig32(&b[at])} << 32 | LoadBig32(&b[at + 4]);
}

bool HasHead(Bytes b) {
  if (b.empty() || VersionOf(b) < 1 || VersionOf(b) > 4) return false;
  switch (ModeOf(b)) {
    case kReserved:
      return false;
    case kControl:
      return b.size() >= kControlBytes;
    case kPrivate:
      // Sequence of the implementation: universal, or one of ntpd's two.
      return b.size() >= kPrivateBytes && b[2] <= 3;
    default:
      return b.size() >= kHeaderBytes && b[1] <= 16;
  }
}

// A server's times: set, and sent soon after it received.
bool HasServerTimes(Bytes b) {
  const uint32_t received = LoadBig32(&b[kReceiveAt]);
  const uint32_t sent = LoadBig32(&b[kTransmitAt]);
  return b[1] >= 1 && b[1] <= 15 && received >= kOldest && sent >= received &&
         sent - received <= 2;
}

// A client that tells nothing but when it sent: as most do.
bool HasClientSilence(Bytes b) {
  for (size_t i = kReferenceIdAt; i < kTransmitAt; ++i) {
    if (b[i] != 0) return false;
  }
  return b[1] <= 16 && TimeAt(b, kTransmitAt) != 0;
}

// A client that was answered before: root delay and dispersion below 16 s, and
// three times that were set.
bool HasClientTimes(Bytes b) {
  return LoadBig32(&b[4]) < 16 << 16 && LoadBig32(&b[8]) < 16 << 16 &&
         LoadBig32(&b[kOriginAt]) >= kOldest &&
         LoadBig32(&b[kReceiveAt]) >= kOldest &&
         LoadBig32(&b[kTransmitAt]) >= kOldest;
}

Match Probe(const Opening& opening) {
  const Bytes b = opening.first();
  if (!HasHead(b)) return Match::kNo;
  const Mode mode = ModeOf(b);
  if (mode == kControl || mode == kPrivate) return Match::kWeak;
  // Extensions and codes are whole words.
  if (b.size() % 4 != 0) return Match::kNo;
  const bool credible = mode == kServer || mode == kBroadcast
                            ? HasServerTimes(b)
                            : HasClientSilence(b) || HasClientTimes(b);
  return credible ? Match::kYes : Match::kWeak;
}

bool HasNts(Bytes b) {
  ByteCursor in(b.data(), b.size());
  in.Skip(kHeaderBytes);
  while (in.left() >= 4) {
    const uint16_t type = in.U16();
    const size_t size = in.U16();
    if (size < 4 || !in.Skip(size - 4)) return false;
    if (std::find(std::begin(kNtsFields), std::end(kNtsFields), type) !=
        std::end(kNtsFields)) {
      return true;
    }
  }
  return false;
}

class NtpAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override;
  size_t MemoryBytes() const override { return sizeof(*this); }

 private:
  // A request that waits for its answer.
  struct Request {
    UnixNanos clock = 0;
    uint64_t transmit = 0;
    bool from_originator = false;
    // 0: none waits.
    uint8_t flags = 0;
  };

  void OnRequest(const Segment& segment);
  void OnAnswer(const Segment& segment, AnalyzerOutput& out);
  void OnQuery(const Segment& segment, AnalyzerOutput& out);
  void TellTime(const Segment& segment, Mode mode, const Request* request,
                AnalyzerOutput& out);
  void TellQuery(bool answered, AnalyzerOutput& out);

  std::array<Request, 4> waiting_{};
  uint8_t next_ = 0;
  bool told_any_ = false;
  // Of what was told last: flags, stratum, reference id.
  uint64_t last_ = 0;
  // A control or private request: its first four bytes; 0 for none.
  uint32_t query_ = 0;
  uint32_t told_query_ = 0;
};

Next NtpAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  const Bytes b = segment.bytes;
  if (!HasHead(b)) {
    if (!segment.truncated) out.Anomaly("ntp.malformed");
    return Want::kMore;
  }
  out.Identify(Protocol::kNtp, ProtocolBasis::kDecoded, 100);
  switch (ModeOf(b)) {
    case kControl:
    case kPrivate:
      OnQuery(segment, out);
      break;
    case kClient:
      OnRequest(segment);
      break;
    case kServer:
      OnAnswer(segment, out);
      break;
    default:
      TellTime(segment, ModeOf(b), nullptr, out);
      break;
  }
  return Want::kMore;
}

void NtpAnalyzer::OnRequest(const Segment& segment) {
  Request& request = waiting_[next_];
  next_ = static_cast<uint8_t>((next_ + 1) % waiting_.size());
  request.clock = segment.clock;
  request.transmit = TimeAt(segment.bytes, kTransmitAt);
  request.from_originator = segment.from_originator;
  request.flags = segment.bytes[0];
}

void NtpAnalyzer::OnAnswer(const Segment& segment, AnalyzerOutput& out) {
  const uint64_t origin = TimeAt(segment.bytes, kOriginAt);
  bool waits = false;
  for (Request& request : waiting_) {
    if (request.flags == 0 ||
        request.from_originator == segment.from_originator) {
      continue;
    }
    waits = true;
    if (request.transmit != origin) continue;
    const Request asked = request;
    request = Request();
    TellTime(segment, kClient, &asked, out);
    return;
  }
  if (waits) out.Anomaly("ntp.origin_mismatch");
  TellTime(segment, kServer, nullptr, out);
}

void NtpAnalyzer::TellTime(const Segment& segment, Mode mode,
                           const Request* request, AnalyzerOutput& out) {
  const Bytes b = segment.bytes;
  const uint32_t id = LoadBig32(&b[kReferenceIdAt]);
  const uint64_t facts = uint64_t{id} << 32 | uint64_t{b[1]} << 16 |
                         static_cast<uint32_t>(b[0] << 8) | mode;
  if (facts == last_) return;
  last_ = facts;
  told_any_ = true;
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kVersion, VersionOf(b));
  event.SetSafe(field::kMode, kModeNames[mode]);
  event.Set(field::kAnswered, request != nullptr);
  event.Set(field::kStratum, b[1]);
  event.Set(field::kLeap, b[0] >> 6);
  absl::string_view name = TextOf(b.subspan(kReferenceIdAt, 4));
  while (!name.empty() && name.back() == '\0') name.remove_suffix(1);
  if (b[1] == 0) {
    event.Set(field::kKissCode, name);
  } else if (b[1] == 1) {
    event.Set(field::kReferenceId, name);
  } else if (id != 0) {
    event.SetSafe(field::kReferenceId,
                  IpAddress::FromV4(&b[kReferenceIdAt]).ToString());
  }
  event.Set(field::kAuthenticated, b.size() > kHeaderBytes);
  event.Set(field::kNts, HasNts(b));
  if (request == nullptr) return;
  const UnixNanos rtt = segment.clock - request->clock;
  event.Set(field::kRttNs, rtt > 0 ? static_cast<uint64_t>(rtt) : 1);
  const uint32_t seconds = LoadBig32(&b[kTransmitAt]);
  if (seconds < kOldest) return;
  const double sent =
      (seconds - kUnixEpoch) + LoadBig32(&b[kTransmitAt + 4]) / 4294967296.0;
  event.Set(field::kOffsetSeconds,
            sent - static_cast<double>(segment.clock) / kSecondNanos);
}

void NtpAnalyzer::OnQuery(const Segment& segment, AnalyzerOutput& out) {
  const Bytes b = segment.bytes;
  // Control: the second byte begins with "response", private: the first.
  const bool control = ModeOf(b) == kControl;
  const bool response = ((control ? b[1] : b[0]) & 0x80) != 0;
  const uint8_t operation = control ? b[1] & 0x1f : b[3];
  const uint32_t query =
      static_cast<uint32_t>(b[0] & 0x3f) << 16 | operation << 8 | 1;
  if (response) {
    query_ = query;
    TellQuery(true, out);
    return;
  }
  if (!control && (operation == kMonGetList || operation == kMonGetList1)) {
    out.Anomaly("ntp.monlist");
  }
  if (query_ != 0 && query_ != query) TellQuery(false, out);
  query_ = query;
}

void NtpAnalyzer::TellQuery(bool answered, AnalyzerOutput& out) {
  const uint32_t query = query_ | (answered ? 2 : 0);
  query_ = 0;
  if (query == told_query_) return;
  told_query_ = query;
  told_any_ = true;
  const uint8_t flags = query >> 16 & 0x3f;
  const uint8_t operation = query >> 8 & 0xff;
  const bool control = (flags & 7) == kControl;
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kVersion, flags >> 3);
  event.SetSafe(field::kMode, kModeNames[flags & 7]);
  event.Set(field::kAnswered, answered);
  event.Set(field::kOperation, operation);
  event.Set(field::kMonlist, !control && (operation == kMonGetList ||
                                          operation == kMonGetList1));
}

void NtpAnalyzer::OnEnd(AnalyzerOutput& out) {
  if (query_ != 0) TellQuery(false, out);
  if (told_any_) return;
  for (const Request& request : waiting_) {
    if (request.flags == 0) continue;
    EventWriter event = out.NewEvent(field::kEvent);
    event.Set(field::kVersion, request.flags >> 3 & 7);
    event.SetSafe(field::kMode, kModeNames[kClient]);
    return;
  }
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<NtpAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kNtp,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::ntp
