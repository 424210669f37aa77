#include "sensord/analyzers/icmp.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/crypto/siphash.h"
#include "sensord/analyzers/icmp_echo.h"
#include "sensord/analyzers/icmp_meaning.h"
#include "sensord/analyzers/told_set.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/decode/icmp_quote.h"
#include "sensord/event/fields/icmp.h"

namespace tapline::icmp {
namespace {

namespace field = fields::icmp;
namespace quote_field = fields::icmp_quote;
namespace router_field = fields::icmp_router;

// The types read beyond their meaning; those of ICMPv6 begin with kV6.
constexpr uint8_t kEchoReply = 0;
constexpr uint8_t kUnreachable = 3;
constexpr uint8_t kFragmentationNeeded = 4;
constexpr uint8_t kRedirect = 5;
constexpr uint8_t kEcho = 8;
constexpr uint8_t kV6TooBig = 2;
constexpr uint8_t kV6Echo = 128;
constexpr uint8_t kV6EchoReply = 129;
constexpr uint8_t kV6ListenerQuery = 130;
constexpr uint8_t kV6ListenerDone = 132;
constexpr uint8_t kV6RouterSolicitation = 133;
constexpr uint8_t kV6Router = 134;
constexpr uint8_t kV6NeighborSolicitation = 135;
constexpr uint8_t kV6NeighborAdvertisement = 136;
constexpr uint8_t kV6Redirect = 137;
constexpr uint8_t kV6ListenerReport = 143;

constexpr size_t kMaxTold = 16;
constexpr size_t kMaxTypes = 8;
constexpr int kMaxPrefixes = 8;
constexpr int kMaxNameServers = 4;

class IcmpAnalyzer final : public Analyzer {
 public:
  explicit IcmpAnalyzer(bool v6) : v6_(v6) {}

  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override;
  size_t MemoryBytes() const override {
    return sizeof(*this) + (echo_ == nullptr ? 0 : sizeof(*echo_));
  }

 private:
  struct TypeCount {
    uint8_t type = 0;
    uint8_t code = 0;
    uint32_t messages = 0;
  };

  EchoFlow& echo() {
    if (echo_ == nullptr) echo_ = std::make_unique<EchoFlow>();
    return *echo_;
  }
  void TellError(const Segment& segment, AnalyzerOutput& out);
  void TellRedirect(const Segment& segment, AnalyzerOutput& out);
  void TellRouter(const Segment& segment, AnalyzerOutput& out);
  void Count(uint8_t type, uint8_t code, AnalyzerOutput& out);
  // Everyday talk of neighbours: nothing worth an event a flow.
  bool IsRoutine(uint8_t type) const;
  void Begin(EventWriter& event, uint8_t type, uint8_t code) const;

  const bool v6_;
  std::unique_ptr<EchoFlow> echo_;
  ToldSet<kMaxTold> told_;
  std::array<TypeCount, kMaxTypes> counts_{};
};

Next IcmpAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  const Packet* packet = segment.packet;
  if (packet == nullptr) return Want::kDone;
  const uint8_t type = packet->icmp_type;
  if (type == (v6_ ? kV6Echo : kEcho)) {
    echo().OnRequest(segment, packet->tcp_acknowledgment);
  } else if (type == (v6_ ? kV6EchoReply : kEchoReply)) {
    if (!echo().OnReply(segment, packet->tcp_acknowledgment)) {
      out.Anomaly("icmp.reply_differs");
    }
  } else if (v6_ && type == kV6Redirect) {
    TellRedirect(segment, out);
  } else if (v6_ && type == kV6Router) {
    TellRouter(segment, out);
  } else if (IsIcmpError(v6_ ? kIpProtoIcmpV6 : kIpProtoIcmp, type)) {
    TellError(segment, out);
  } else if (!v6_ || !IsRoutine(type)) {
    Count(type, packet->icmp_code, out);
  }
  return Want::kMore;
}

void IcmpAnalyzer::Begin(EventWriter& event, uint8_t type, uint8_t code) const {
  event.SetNonzero(field::kType, type);
  event.SetNonzero(field::kCode, code);
  event.SetSafe(field::kMeaning, MeaningOf(v6_, type, code));
  event.SetTrue(field::kIpv6, v6_);
}

void TellQuote(const QuotedPacket& quote, uint64_t flow_id,
               EventWriter& event) {
  event.Open(field::kQuote);
  if (flow_id != 0) {
    event.SetSafe(quote_field::kFlowId,
                  absl::StrCat(absl::Hex(flow_id, absl::kZeroPad16)));
  }
  event.SetSafe(quote_field::kSource, quote.source.ToString());
  event.SetSafe(quote_field::kDestination, quote.destination.ToString());
  event.SetNonzero(quote_field::kIpProtocol, quote.ip_protocol);
  event.SetNonzero(quote_field::kSourcePort, quote.source_port);
  event.SetNonzero(quote_field::kDestinationPort, quote.destination_port);
  event.Close();
}

// One event for what is the same but for the packet that caused it.
uint64_t KeyOf(const Packet& packet, const QuotedPacket& quote) {
  uint8_t key[42];
  std::copy_n(quote.source.bytes(), 16, key);
  std::copy_n(quote.destination.bytes(), 16, key + 16);
  const uint16_t numbers[] = {quote.source_port, quote.destination_port,
                              quote.ip_protocol, packet.icmp_type,
                              packet.icmp_code};
  std::memcpy(key + 32, numbers, sizeof(numbers));
  return SipHashBytes<SipHash13>(SipKey(), key, sizeof(key));
}

void IcmpAnalyzer::TellError(const Segment& segment, AnalyzerOutput& out) {
  const Packet& packet = *segment.packet;
  const ByteCursor in(segment.bytes.data(), segment.bytes.size());
  QuotedPacket quote;
  const bool quoted = v6_ ? ReadQuoteV6(in, quote) : ReadQuoteV4(in, quote);
  if (!quoted && !segment.truncated) out.Anomaly("icmp.malformed");
  if (!told_.Add(KeyOf(packet, quote))) return;
  const uint32_t rest = packet.tcp_acknowledgment;
  EventWriter event = out.NewEvent(field::kEvent);
  Begin(event, packet.icmp_type, packet.icmp_code);
  if (quoted) TellQuote(quote, segment.quoted_flow_id, event);
  if (v6_ && packet.icmp_type == kV6TooBig) event.Set(field::kMtu, rest);
  if (v6_) return;
  if (packet.icmp_type == kUnreachable &&
      packet.icmp_code == kFragmentationNeeded) {
    event.SetNonzero(field::kMtu, rest & 0xffff);
  } else if (packet.icmp_type == kRedirect) {
    event.SetSafe(field::kGateway, IpAddress::FromV4(rest).ToString());
  }
}

void IcmpAnalyzer::TellRedirect(const Segment& segment, AnalyzerOutput& out) {
  // RFC 4861 4.5: target, destination, then options; the packet that caused it
  // stands in option 4.
  ByteCursor in(segment.bytes.data(), segment.bytes.size());
  const uint8_t* target = in.Take(16);
  const uint8_t* destination = in.Take(16);
  if (destination == nullptr) {
    if (!segment.truncated) out.Anomaly("icmp.malformed");
    return;
  }
  QuotedPacket quote;
  quote.source = segment.packet->destination;
  quote.destination = IpAddress::FromV6(destination);
  if (!told_.Add(KeyOf(*segment.packet, quote))) return;
  EventWriter event = out.NewEvent(field::kEvent);
  Begin(event, kV6Redirect, segment.packet->icmp_code);
  TellQuote(quote, segment.quoted_flow_id, event);
  event.SetSafe(field::kGateway, IpAddress::FromV6(target).ToString());
}

// The options of an announcement (RFC 4861 4.6, RFC 8106 5.1). False: one ends
// behind the message.
bool TellRouterOptions(ByteCursor in, EventWriter& event) {
  constexpr uint8_t kPrefix = 3;
  constexpr uint8_t kMtu = 5;
  constexpr uint8_t kNameServers = 25;
  int prefixes = 0;
  int name_servers = 0;
  while (in.left() > 0) {
    const uint8_t type = in.U8();
    const size_t size = in.U8() * 8u;
    const uint8_t* option = size == 0 ? nullptr : in.Take(size - 2);
    if (option == nullptr) return false;
    if (type == kPrefix && size == 32 && prefixes++ < kMaxPrefixes) {
      event.SetSafe(router_field::kPrefixes,
                    absl::StrCat(IpAddress::FromV6(option + 14).ToString(), "/",
                                 option[0]));
    } else if (type == kMtu && size == 8) {
      event.Set(router_field::kMtu, LoadBig32(option + 2));
    } else if (type == kNameServers) {
      for (size_t at = 6; at + 16 <= size - 2; at += 16) {
        if (name_servers++ == kMaxNameServers) break;
        event.SetSafe(router_field::kNameServers,
                      IpAddress::FromV6(option + at).ToString());
      }
    }
  }
  return true;
}

void IcmpAnalyzer::TellRouter(const Segment& segment, AnalyzerOutput& out) {
  constexpr size_t kTimes = 8;
  constexpr uint8_t kManaged = 0x80;
  constexpr uint8_t kOther = 0x40;
  const Bytes b = segment.bytes;
  const uint32_t rest = segment.packet->tcp_acknowledgment;
  if (!told_.Add(b, rest)) return;
  bool whole = b.size() >= kTimes;
  {
    EventWriter event = out.NewEvent(field::kEvent);
    Begin(event, kV6Router, segment.packet->icmp_code);
    event.Open(field::kRouter);
    event.SetNonzero(router_field::kLifetimeSeconds, rest & 0xffff);
    const uint8_t flags = rest >> 16 & 0xff;
    event.SetTrue(router_field::kManaged, (flags & kManaged) != 0);
    event.SetTrue(router_field::kOtherConfiguration, (flags & kOther) != 0);
    if (whole) {
      ByteCursor in(b.data() + kTimes, b.size() - kTimes);
      whole = TellRouterOptions(in, event);
    }
    event.Close();
  }
  if (!whole && !segment.truncated) out.Anomaly("icmp.malformed");
}

bool IcmpAnalyzer::IsRoutine(uint8_t type) const {
  return (type >= kV6ListenerQuery && type <= kV6ListenerDone) ||
         type == kV6RouterSolicitation || type == kV6NeighborSolicitation ||
         type == kV6NeighborAdvertisement || type == kV6ListenerReport;
}

void IcmpAnalyzer::Count(uint8_t type, uint8_t code, AnalyzerOutput& out) {
  for (TypeCount& row : counts_) {
    if (row.messages == 0) {
      row.type = type;
      row.code = code;
    } else if (row.type != type || row.code != code) {
      continue;
    }
    ++row.messages;
    return;
  }
  out.Anomaly("icmp.too_many_types");
}

void IcmpAnalyzer::OnEnd(AnalyzerOutput& out) {
  if (echo_ != nullptr) {
    EventWriter event = out.NewEvent(field::kEvent);
    Begin(event, v6_ ? kV6Echo : kEcho, 0);
    event.Open(field::kEcho);
    echo_->Tell(event);
    event.Close();
  }
  for (const TypeCount& row : counts_) {
    if (row.messages == 0) break;
    EventWriter event = out.NewEvent(field::kEvent);
    Begin(event, row.type, row.code);
    event.Set(field::kMessages, row.messages);
  }
}

}  // namespace

std::unique_ptr<Analyzer> Open(const FlowIdentity& flow) {
  return std::make_unique<IcmpAnalyzer>(flow.ip_protocol == kIpProtoIcmpV6);
}

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {
      .protocol = Protocol::kIcmp, .ip_protocol = kIpProtoIcmp, .open = Open};
  return kUnit;
}

}  // namespace tapline::icmp
