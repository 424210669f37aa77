#include "sensord/analyzers/dhcp.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/net/mac_address.h"
#include "sensord/analyzers/told_set.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/dhcp.h"

namespace tapline::dhcp {
namespace {

namespace field = fields::dhcp;

// RFC 2131 2: op, htype, hlen, hops, xid 4, secs 2, flags 2, ciaddr 4, yiaddr
// 4, siaddr 4, giaddr 4, chaddr 16, sname 64, file 128; then the cookie.
constexpr size_t kServerNameAt = 44;
constexpr size_t kFileAt = 108;
constexpr size_t kFixedBytes = 236;
constexpr size_t kOptionsAt = 240;
constexpr uint32_t kCookie = 0x63825363;
constexpr uint8_t kRequest = 1;
constexpr uint8_t kReply = 2;
constexpr uint8_t kEthernet = 1;

constexpr uint8_t kPad = 0;
constexpr uint8_t kEnd = 255;
constexpr size_t kMaxAddresses = 4;
constexpr size_t kMaxParameters = 128;
// What of an option that came in parts (RFC 3396) is put together.
constexpr size_t kMaxOption = 1024;

// The options that are read, in the order of Message::options.
enum Option : uint8_t {
  kSubnetMask,
  kRouters,
  kNameServers,
  kHostName,
  kDomainName,
  kRequestedAddress,
  kLease,
  kOverload,
  kMessageType,
  kServerId,
  kParameterList,
  kError,
  kVendorClass,
  kClientId,
  kFqdn,
  kRelayAgent,
  kOptionCount,
};
constexpr uint8_t kCodes[kOptionCount] = {1,  3,  6,  12, 15, 50, 51, 52,
                                          53, 54, 55, 56, 60, 61, 81, 82};

// Of 53, from 1 (RFC 2132 9.6, RFC 3203).
constexpr const char* kTypeNames[] = {
    "",    "discover", "offer",   "request", "decline",
    "ack", "nak",      "release", "inform",  "force_renew"};

constexpr UnitPort kPorts[] = {
    {UnitPort::kUdp, 67, Protocol::kDhcp},
    {UnitPort::kUdp, 68, Protocol::kDhcp},
};

bool HasHead(Bytes b) {
  return b.size() >= 4 && (b[0] == kRequest || b[0] == kReply) && b[1] != 0 &&
         b[2] <= 16 && b[3] <= 16;
}

Match Probe(const Opening& opening) {
  const Bytes b = opening.first();
  if (!HasHead(b)) return Match::kNo;
  if (b.size() >= kOptionsAt) {
    if (LoadBig32(&b[kFixedBytes]) == kCookie) return Match::kYes;
    // BOOTP: a vendor's area of 64 bytes in any form.
    return b.size() >= kFixedBytes + 64 ? Match::kWeak : Match::kNo;
  }
  return opening.truncated ? Match::kWeak : Match::kNo;
}

struct Message {
  std::array<std::string, kOptionCount> options;
  std::array<bool, kOptionCount> seen{};
  bool malformed = false;

  void Read(Bytes b);
  void ReadOptions(Bytes b);
  absl::string_view Text(Option option) const;
  // Nullptr when it is not there or has another length.
  const uint8_t* Exactly(Option option, size_t size);
  uint32_t Number(Option option);
};

void Message::Read(Bytes b) {
  if (b.size() < kOptionsAt || LoadBig32(&b[kFixedBytes]) != kCookie) return;
  ReadOptions(b.subspan(kOptionsAt));
  const uint8_t* overload = Exactly(kOverload, 1);
  if (overload == nullptr) return;
  // RFC 2132 9.3: fields that hold options too.
  if ((*overload & 1) != 0) {
    ReadOptions(b.subspan(kFileAt, kFixedBytes - kFileAt));
  }
  if ((*overload & 2) != 0) {
    ReadOptions(b.subspan(kServerNameAt, kFileAt - kServerNameAt));
  }
}

void Message::ReadOptions(Bytes b) {
  ByteCursor in(b.data(), b.size());
  while (in.left() > 0) {
    const uint8_t code = in.U8();
    if (code == kPad) continue;
    if (code == kEnd) return;
    const size_t size = in.U8();
    const uint8_t* value = in.Take(size);
    if (value == nullptr) {
      malformed = true;
      return;
    }
    const auto* known = std::find(std::begin(kCodes), std::end(kCodes), code);
    if (known == std::end(kCodes)) continue;
    const size_t i = static_cast<size_t>(known - std::begin(kCodes));
    seen[i] = true;
    if (options[i].size() + size > kMaxOption) continue;
    options[i].append(reinterpret_cast<const char*>(value), size);
  }
}

absl::string_view Message::Text(Option option) const {
  absl::string_view text = options[option];
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  return text;
}

const uint8_t* Message::Exactly(Option option, size_t size) {
  if (!seen[option]) return nullptr;
  if (options[option].size() != size) {
    malformed = true;
    return nullptr;
  }
  return reinterpret_cast<const uint8_t*>(options[option].data());
}

uint32_t Message::Number(Option option) {
  const uint8_t* value = Exactly(option, 4);
  return value == nullptr ? 0 : LoadBig32(value);
}

std::string TypeName(Message& message, uint8_t op) {
  if (!message.seen[kMessageType]) {
    return op == kReply ? "bootp_reply" : "bootp_request";
  }
  const uint8_t* type = message.Exactly(kMessageType, 1);
  if (type == nullptr || *type == 0) return "0";
  if (*type < std::size(kTypeNames)) return kTypeNames[*type];
  return absl::StrCat(*type);
}

void SetAddress(EventWriter& event, TextField to, const uint8_t* bytes) {
  if (bytes == nullptr || LoadBig32(bytes) == 0) return;
  event.SetSafe(to, IpAddress::FromV4(bytes).ToString());
}

void SetAddresses(EventWriter& event, TextField to, Message& message,
                  Option option) {
  const std::string& bytes = message.options[option];
  if (bytes.size() % 4 != 0) message.malformed = true;
  const size_t count = std::min(bytes.size() / 4, kMaxAddresses);
  for (size_t i = 0; i < count; ++i) {
    const auto* at = reinterpret_cast<const uint8_t*>(bytes.data()) + 4 * i;
    event.SetSafe(to, IpAddress::FromV4(at).ToString());
  }
}

// Option 81 (RFC 4702 2): flags, two bytes without meaning, then the name as
// text or, with the E bit, as labels.
std::string Fqdn(const std::string& option) {
  constexpr size_t kHead = 3;
  constexpr uint8_t kLabels = 0x04;
  if (option.size() <= kHead) return std::string();
  const absl::string_view rest = absl::string_view(option).substr(kHead);
  if ((static_cast<uint8_t>(option[0]) & kLabels) == 0) {
    return std::string(rest.data(), rest.size());
  }
  std::string name;
  size_t at = 0;
  while (at < rest.size()) {
    const size_t size = static_cast<uint8_t>(rest[at++]);
    if (size == 0 || size > 63 || size > rest.size() - at) break;
    if (!name.empty()) name += '.';
    name.append(rest.data() + at, size);
    at += size;
  }
  return name;
}

std::string ParameterList(const std::string& option) {
  std::string text;
  for (size_t i = 0; i < std::min(option.size(), kMaxParameters); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ",", static_cast<uint8_t>(option[i]));
  }
  return text;
}

class DhcpAnalyzer final : public Analyzer {
 public:
  explicit DhcpAnalyzer(const FlowIdentity& flow)
      : originator_port_(flow.originator_port),
        responder_port_(flow.responder_port) {}

  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  size_t MemoryBytes() const override { return sizeof(*this); }

 private:
  static void Tell(Bytes b, Message& message, AnalyzerOutput& out);

  const uint16_t originator_port_;
  const uint16_t responder_port_;
  // Transaction and type of the last messages.
  ToldSet<8> told_;
};

Next DhcpAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  const Bytes b = segment.bytes;
  if (b.size() < kFixedBytes || !HasHead(b)) {
    if (!segment.truncated) out.Anomaly("dhcp.short");
    return Want::kMore;
  }
  Message message;
  message.Read(b);
  if (segment.truncated) message.malformed = false;
  out.Identify(Protocol::kDhcp, ProtocolBasis::kDecoded, 100);
  const uint16_t from =
      segment.from_originator ? originator_port_ : responder_port_;
  if (b[0] == kReply && from == 68) out.Anomaly("dhcp.server_mismatch");
  const std::string& type = message.options[kMessageType];
  const uint8_t kind = type.empty() ? 0 : static_cast<uint8_t>(type[0]);
  const uint64_t key = uint64_t{LoadBig32(&b[4])} << 16 | kind << 8 | b[0];
  if (!told_.Add(key)) return Want::kMore;
  Tell(b, message, out);
  if (message.malformed && !segment.truncated) {
    out.Anomaly("dhcp.option_length");
  }
  return Want::kMore;
}

void DhcpAnalyzer::Tell(Bytes b, Message& message, AnalyzerOutput& out) {
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kMessageType, TypeName(message, b[0]));
  event.Set(field::kTransactionId, LoadBig32(&b[4]));
  event.Set(field::kElapsedSeconds, LoadBig16(&b[8]));
  if (b[1] == kEthernet && b[2] == 6) {
    MacAddress mac;
    std::copy_n(&b[28], 6, mac.bytes);
    event.SetSafe(field::kClientMac, mac.ToString());
  }
  SetAddress(event, field::kClientAddress, &b[12]);
  SetAddress(event, field::kRequestedAddress,
             message.Exactly(kRequestedAddress, 4));
  SetAddress(event, field::kAssignedAddress, &b[16]);
  SetAddress(event, field::kServerId, message.Exactly(kServerId, 4));
  SetAddress(event, field::kRelayAddress, &b[24]);
  event.Set(field::kHostName, message.Text(kHostName));
  event.Set(field::kFqdn, Fqdn(message.options[kFqdn]));
  event.Set(field::kDomainName, message.Text(kDomainName));
  event.Set(field::kVendorClass, message.Text(kVendorClass));
  event.Set(field::kClientIdPresent, message.seen[kClientId]);
  event.SetSafe(field::kParameterList,
                ParameterList(message.options[kParameterList]));
  event.Set(field::kLeaseSeconds, message.Number(kLease));
  SetAddress(event, field::kSubnetMask, message.Exactly(kSubnetMask, 4));
  SetAddresses(event, field::kRouters, message, kRouters);
  SetAddresses(event, field::kNameServers, message, kNameServers);
  event.Set(field::kError, message.Text(kError));
  event.Set(field::kRelayAgentInfo, message.seen[kRelayAgent]);
  event.Set(field::kMalformed, message.malformed);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& flow) {
  return std::make_unique<DhcpAnalyzer>(flow);
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kDhcp,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::dhcp
