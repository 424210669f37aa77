#include "sensord/analyzers/stun.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "sensord/analyzers/message_reader.h"
#include "sensord/analyzers/stun_message.h"
#include "sensord/analyzers/told_set.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/stun.h"

namespace tapline::stun {
namespace {

namespace field = fields::stun;

// ChannelData (RFC 8656 12): number from 0x4000 to 0x4fff, and length; on TCP
// padded to words.
constexpr size_t kChannelHead = 4;
constexpr size_t kMaxMessage = 2048;
constexpr int kMaxForeign = 64;
constexpr uint16_t kMaxMethod = 0x00ff;

constexpr UnitPort kPorts[] = {
    {UnitPort::kUdp, 3478, Protocol::kStun},
    {UnitPort::kTcp, 3478, Protocol::kStun},
    {UnitPort::kUdp, 19302, Protocol::kStun},
};

Match MatchHead(Bytes b) {
  const size_t length = LengthOf(b);
  Message message;
  if (length == 0 || !message.Read(b.first(kHeaderBytes))) return Match::kNo;
  if (message.method == 0 || message.method > kMaxMethod) return Match::kNo;
  return message.classic ? Match::kWeak : Match::kYes;
}

Match Probe(const Opening& opening) {
  const Bytes b = opening.first();
  if (!opening.datagram) {
    if (!b.empty() && b[0] > 1) return Match::kNo;
    if (b.size() >= 4 && LengthOf({b.data(), b.size()}) == 0) return Match::kNo;
    if (b.size() < kHeaderBytes) return Match::kMore;
    // Without its cookie: any binary protocol on TCP may begin so.
    return MatchHead(b) == Match::kYes ? Match::kYes : Match::kNo;
  }
  if (b.size() < kHeaderBytes) return Match::kNo;
  const Match match = MatchHead(b);
  if (match == Match::kNo || opening.truncated) return match;
  const size_t length = LengthOf(b);
  if (match == Match::kYes) return length <= b.size() ? match : Match::kWeak;
  // RFC 3489: binding and shared secret only, and the length must be right.
  return length == b.size() && (b[0] & 0xfe) == 0 && (b[1] & 0xec) == 0
             ? Match::kWeak
             : Match::kNo;
}

class StunAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override {
    if (in_[from_originator ? 0 : 1].Gap(bytes)) return Want::kMore;
    OnEnd(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override;
  size_t MemoryBytes() const override {
    return sizeof(*this) + in_[0].MemoryBytes() + in_[1].MemoryBytes();
  }

 private:
  // Nothing that is borrowed: what a request had is rarely more than this.
  struct Request {
    UnixNanos clock = 0;
    uint64_t transaction = 0;
    uint16_t method = 0;
    bool from_originator = false;
    bool waits = false;
    bool has_user_name = false;
    bool ice_controlling = false;
    bool ice_controlled = false;
    bool classic = false;
  };

  Next OnStream(const Segment& segment, AnalyzerOutput& out);
  void OnMessage(const Segment& segment, Bytes bytes, AnalyzerOutput& out);
  void OnRequest(const Segment& segment, const Message& message);
  bool TellsNews(const Message& message);
  void Tell(const Message& message, const Request* request, UnixNanos clock,
            AnalyzerOutput& out);

  MessageReader in_[2] = {MessageReader(kMaxMessage),
                          MessageReader(kMaxMessage)};
  std::array<Request, 8> waiting_{};
  uint8_t next_ = 0;
  ToldSet<8> told_;
  int foreign_ = 0;
};

// A handshake of DTLS 1.0 to 1.3 begins.
bool BeginsDtls(Bytes b) {
  constexpr uint8_t kHandshake = 22;
  constexpr size_t kRecordHead = 13;
  return b.size() > kRecordHead && b[0] == kHandshake && b[1] == 0xfe &&
         (b[2] == 0xff || b[2] == 0xfd);
}

Next StunAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  if (!segment.datagram) return OnStream(segment, out);
  const Bytes b = segment.bytes;
  if (b.size() >= kHeaderBytes && (b[0] & 0xc0) == 0 &&
      MatchHead(b) != Match::kNo) {
    foreign_ = 0;
    OnMessage(segment, b, out);
    return Want::kMore;
  }
  if (BeginsDtls(b)) {
    OnEnd(out);
    return {Want::kOther, b.size()};
  }
  if (++foreign_ < kMaxForeign) return Want::kMore;
  OnEnd(out);
  return Want::kDone;
}

Next StunAnalyzer::OnStream(const Segment& segment, AnalyzerOutput& out) {
  MessageReader& in = in_[segment.from_originator ? 0 : 1];
  in.Add(segment.bytes);
  Bytes b;
  while (in.Peek(kChannelHead, &b)) {
    if (b[0] >> 4 == 4) {
      in.Pass(kChannelHead + (LoadBig16(&b[2]) + 3u) / 4 * 4);
      continue;
    }
    if (!in.Peek(kHeaderBytes, &b)) break;
    const size_t length = LengthOf(b);
    if (length == 0 || LoadBig32(&b[4]) != kCookie || length > kMaxMessage) {
      out.Anomaly("stun.malformed");
      OnEnd(out);
      return Want::kDone;
    }
    if (!in.Peek(length, &b)) break;
    OnMessage(segment, b, out);
    in.Pass(length);
  }
  return Want::kMore;
}

void StunAnalyzer::OnMessage(const Segment& segment, Bytes bytes,
                             AnalyzerOutput& out) {
  Message message;
  if (!message.Read(bytes)) return;
  if (message.malformed && !segment.truncated) out.Anomaly("stun.malformed");
  if (!message.malformed) {
    out.Identify(Protocol::kStun, ProtocolBasis::kDecoded, 100);
  }
  switch (message.kind) {
    case Class::kRequest:
      OnRequest(segment, message);
      return;
    case Class::kIndication:
      Tell(message, nullptr, segment.clock, out);
      return;
    case Class::kSuccess:
    case Class::kError:
      break;
  }
  for (Request& request : waiting_) {
    if (!request.waits || request.transaction != message.transaction ||
        request.from_originator == segment.from_originator) {
      continue;
    }
    request.waits = false;
    Tell(message, &request, segment.clock, out);
    return;
  }
  Tell(message, nullptr, segment.clock, out);
}

void StunAnalyzer::OnRequest(const Segment& segment, const Message& message) {
  for (const Request& request : waiting_) {
    // Sent again.
    if (request.waits && request.transaction == message.transaction) return;
  }
  Request& request = waiting_[next_];
  next_ = static_cast<uint8_t>((next_ + 1) % waiting_.size());
  request.clock = segment.clock;
  request.transaction = message.transaction;
  request.method = message.method;
  request.from_originator = segment.from_originator;
  request.waits = true;
  request.has_user_name = message.has_user_name;
  request.ice_controlling = message.ice_controlling;
  request.ice_controlled = message.ice_controlled;
  request.classic = message.classic;
}

// By what makes two outcomes the same.
bool StunAnalyzer::TellsNews(const Message& m) {
  uint8_t key[56];
  std::copy_n(m.mapped.address.bytes(), 16, key);
  std::copy_n(m.relayed.address.bytes(), 16, key + 16);
  std::copy_n(m.peer.address.bytes(), 16, key + 32);
  const uint16_t numbers[] = {m.method, m.error_code, m.mapped.port,
                              static_cast<uint16_t>(m.kind)};
  std::memcpy(key + 48, numbers, sizeof(numbers));
  return told_.Add(key);
}

void SetMethod(EventWriter& event, uint16_t method) {
  const char* name = MethodName(method);
  if (name != nullptr) {
    event.SetSafe(field::kMethod, name);
  } else {
    event.SetSafe(field::kMethod, absl::StrCat(method));
  }
}

void StunAnalyzer::Tell(const Message& message, const Request* request,
                        UnixNanos clock, AnalyzerOutput& out) {
  if (!TellsNews(message)) return;
  EventWriter event = out.NewEvent(field::kEvent);
  SetMethod(event, message.method);
  const bool indication = message.kind == Class::kIndication;
  event.SetTrue(field::kIndication, indication);
  event.SetTrue(field::kAnswered, !indication);
  event.SetNonzero(field::kErrorCode, message.error_code);
  event.SetTrue(field::kClassic, message.classic);
  if (request != nullptr) {
    const UnixNanos rtt = clock - request->clock;
    event.Set(field::kRttNs, rtt > 0 ? static_cast<uint64_t>(rtt) : 1);
  }
  const bool user =
      message.has_user_name || (request != nullptr && request->has_user_name);
  event.SetTrue(field::kHasUserName, user);
  event.SetTrue(field::kIceControlling,
                request != nullptr && request->ice_controlling);
  event.SetTrue(field::kIceControlled,
                request != nullptr && request->ice_controlled);
  if (message.mapped.present) {
    event.SetSafe(field::kMappedAddress, message.mapped.address.ToString());
    event.Set(field::kMappedPort, message.mapped.port);
  }
  if (message.relayed.present) {
    event.SetSafe(field::kRelayedAddress, message.relayed.address.ToString());
    event.Set(field::kRelayedPort, message.relayed.port);
  }
  if (message.peer.present) {
    event.SetSafe(field::kPeerAddress, message.peer.address.ToString());
  }
  event.SetNonempty(field::kSoftware, message.software, 128);
  event.SetNonempty(field::kRealm, message.realm, 256);
}

void StunAnalyzer::OnEnd(AnalyzerOutput& out) {
  for (const Request& request : waiting_) {
    if (!request.waits || !told_.Add(request.method)) continue;
    EventWriter event = out.NewEvent(field::kEvent);
    SetMethod(event, request.method);
    event.SetTrue(field::kHasUserName, request.has_user_name);
    event.SetTrue(field::kIceControlling, request.ice_controlling);
    event.SetTrue(field::kIceControlled, request.ice_controlled);
    event.SetTrue(field::kClassic, request.classic);
  }
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<StunAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kStun,
                                         .tcp = true,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::stun
