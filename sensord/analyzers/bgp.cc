#include "sensord/analyzers/bgp.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "sensord/analyzers/message_reader.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/bgp.h"

namespace tapline::bgp {
namespace {

namespace field = fields::bgp;

// A marker of ones, length, type.
constexpr size_t kMarkerBytes = 16;
constexpr size_t kHead = 19;
constexpr size_t kMaxMessage = 4096;

enum Type : uint8_t {
  kOpen = 1,
  kUpdate = 2,
  kNotification = 3,
  kKeepalive = 4,
  kRouteRefresh = 5,
};

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 179, Protocol::kBgp}};

bool HasMarker(Bytes b) {
  const Bytes marker = b.first(std::min(b.size(), kMarkerBytes));
  return std::all_of(marker.begin(), marker.end(),
                     [](uint8_t c) { return c == 0xff; });
}

Match Probe(const Opening& opening) {
  const Bytes b = opening.first();
  if (!HasMarker(b)) return Match::kNo;
  if (b.size() < kHead) return Match::kMore;
  const size_t length = LoadBig16(&b[kMarkerBytes]);
  const uint8_t type = b[kHead - 1];
  return length >= kHead && type >= kOpen && type <= kRouteRefresh ? Match::kYes
                                                                   : Match::kNo;
}

class BgpAnalyzer final : public Analyzer {
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
  struct Counts {
    uint32_t updates = 0;
    uint32_t announced = 0;
    uint32_t withdrawn = 0;
    uint32_t keepalives = 0;
  };

  void OnMessage(bool from_originator, uint8_t type, Bytes body, bool whole,
                 AnalyzerOutput& out);
  void OnOpen(bool from_originator, ByteCursor in, AnalyzerOutput& out);
  void OnUpdate(bool from_originator, ByteCursor in, bool whole,
                AnalyzerOutput& out);

  MessageReader in_[2] = {MessageReader(kMaxMessage),
                          MessageReader(kMaxMessage)};
  // [0] of the originator.
  Counts counts_[2];
};

Next BgpAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  MessageReader& in = in_[segment.from_originator ? 0 : 1];
  in.Add(segment.bytes);
  Bytes b;
  while (in.Peek(kHead, &b)) {
    const size_t length = LoadBig16(&b[kMarkerBytes]);
    if (!HasMarker(b) || length < kHead || b[kHead - 1] == 0 ||
        b[kHead - 1] > kRouteRefresh) {
      out.Anomaly("bgp.malformed");
      OnEnd(out);
      return Want::kDone;
    }
    if (!in.Peek(std::min(length, kMaxMessage), &b)) break;
    out.Identify(Protocol::kBgp, ProtocolBasis::kDecoded, 100);
    OnMessage(segment.from_originator, b[kHead - 1], b.subspan(kHead),
              length <= kMaxMessage, out);
    in.Pass(length);
  }
  return Want::kMore;
}

void BgpAnalyzer::OnMessage(bool from_originator, uint8_t type, Bytes body,
                            bool whole, AnalyzerOutput& out) {
  ByteCursor in(body.data(), body.size());
  switch (type) {
    case kOpen:
      OnOpen(from_originator, in, out);
      break;
    case kUpdate:
      OnUpdate(from_originator, in, whole, out);
      break;
    case kNotification: {
      EventWriter event = out.NewEvent(field::kEvent);
      event.SetSafe(field::kMessageType, "notification");
      event.SetTrue(field::kFromOriginator, from_originator);
      event.SetNonzero(field::kErrorCode, in.U8());
      event.SetNonzero(field::kErrorSubcode, in.U8());
      break;
    }
    case kKeepalive:
      ++counts_[from_originator ? 0 : 1].keepalives;
      break;
    default:
      break;
  }
}

// What an open may say it can do: parameters of type and length; of type 2,
// capabilities of code and length.
struct Capabilities {
  std::string codes;
  uint32_t autonomous_system = 0;

  // False: one ends behind what holds it.
  bool Read(ByteCursor in);
};

bool Capabilities::Read(ByteCursor in) {
  constexpr uint8_t kCapabilities = 2;
  constexpr uint8_t kSystemOf4Bytes = 65;
  constexpr size_t kMaxText = 256;
  while (in.left() > 0) {
    const uint8_t kind = in.U8();
    const size_t size = in.U8();
    const uint8_t* value = in.Take(size);
    if (value == nullptr) return false;
    if (kind != kCapabilities) continue;
    ByteCursor list(value, size);
    while (list.left() > 0) {
      const uint8_t code = list.U8();
      const size_t bytes = list.U8();
      const uint8_t* capability = list.Take(bytes);
      if (capability == nullptr) return false;
      if (code == kSystemOf4Bytes && bytes == 4) {
        autonomous_system = LoadBig32(capability);
      }
      if (codes.size() < kMaxText) {
        absl::StrAppend(&codes, codes.empty() ? "" : ",", code);
      }
    }
  }
  return true;
}

void BgpAnalyzer::OnOpen(bool from_originator, ByteCursor in,
                         AnalyzerOutput& out) {
  in.Skip(1);
  uint32_t system = in.U16();
  const uint16_t hold = in.U16();
  const uint8_t* id = in.Take(4);
  const size_t size = in.U8();
  if (id == nullptr || !in.ok()) {
    out.Anomaly("bgp.malformed");
    return;
  }
  const bool fits = in.left() == size;
  Capabilities capabilities;
  if (!capabilities.Read(in) || !fits) out.Anomaly("bgp.malformed");
  if (capabilities.autonomous_system != 0) {
    system = capabilities.autonomous_system;
  }
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kMessageType, "open");
  event.SetTrue(field::kFromOriginator, from_originator);
  event.SetNonzero(field::kAutonomousSystem, system);
  event.SetSafe(field::kRouterId, IpAddress::FromV4(id).ToString());
  event.SetNonzero(field::kHoldTimeSeconds, hold);
  event.SetNonempty(field::kCapabilities, capabilities.codes);
}

// Prefixes: a length in bits, and as many bytes as that needs. Adds them to
// *count. False: one is longer than an address or the field.
bool CountPrefixes(ByteCursor in, uint32_t* count) {
  while (in.left() > 0) {
    const uint8_t bits = in.U8();
    if (bits > 32 || !in.Skip((bits + 7u) / 8)) return false;
    ++*count;
  }
  return true;
}

void BgpAnalyzer::OnUpdate(bool from_originator, ByteCursor in, bool whole,
                           AnalyzerOutput& out) {
  Counts& counts = counts_[from_originator ? 0 : 1];
  ++counts.updates;
  const size_t withdrawn_bytes = in.U16();
  const uint8_t* withdrawn = in.Take(withdrawn_bytes);
  const size_t attributes_bytes = in.U16();
  if (withdrawn == nullptr || !in.Skip(attributes_bytes)) {
    if (whole) out.Anomaly("bgp.malformed");
    return;
  }
  // With several paths a prefix (RFC 7911) each has a number before it, which
  // reads as prefixes too: counts are then too high, and nothing is malformed.
  CountPrefixes(ByteCursor(withdrawn, withdrawn_bytes), &counts.withdrawn);
  CountPrefixes(in, &counts.announced);
}

void BgpAnalyzer::OnEnd(AnalyzerOutput& out) {
  for (int side = 0; side < 2; ++side) {
    const Counts& counts = counts_[side];
    if (counts.updates == 0 && counts.keepalives == 0) continue;
    EventWriter event = out.NewEvent(field::kEvent);
    event.SetSafe(field::kMessageType, "summary");
    event.SetTrue(field::kFromOriginator, side == 0);
    event.SetNonzero(field::kUpdates, counts.updates);
    event.SetNonzero(field::kAnnouncedPrefixes, counts.announced);
    event.SetNonzero(field::kWithdrawnPrefixes, counts.withdrawn);
    event.SetNonzero(field::kKeepalives, counts.keepalives);
  }
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<BgpAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kBgp,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::bgp
