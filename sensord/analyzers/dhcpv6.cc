#include "sensord/analyzers/dhcpv6.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/net/mac_address.h"
#include "sensord/analyzers/told_set.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/dhcpv6.h"

namespace tapline::dhcpv6 {
namespace {

namespace field = fields::dhcpv6;

// Type, transaction of three bytes, options; a relay's: type, hops, two
// addresses, options.
constexpr size_t kHead = 4;
constexpr size_t kRelayHead = 34;
constexpr uint8_t kRelayForward = 12;
constexpr uint8_t kRelayReply = 13;
constexpr int kMaxRelays = 8;
constexpr size_t kMaxAddresses = 8;
constexpr size_t kMaxServers = 4;
constexpr size_t kMaxRequested = 128;

constexpr const char* kTypeNames[] = {
    "",        "solicit", "advertise",   "request",
    "confirm", "renew",   "rebind",      "reply",
    "release", "decline", "reconfigure", "information_request"};

// RFC 8415 21, RFC 3646, RFC 4704.
enum Option : uint16_t {
  kClientId = 1,
  kServerId = 2,
  kAddressAssociation = 3,
  kTemporaryAssociation = 4,
  kAddress = 5,
  kOptionRequest = 6,
  kRelayedMessage = 9,
  kStatus = 13,
  kRapidCommit = 14,
  kVendorClass = 16,
  kNameServers = 23,
  kPrefixAssociation = 25,
  kPrefix = 26,
  kFqdn = 39,
};

constexpr UnitPort kPorts[] = {
    {UnitPort::kUdp, 547, Protocol::kDhcpv6},
    {UnitPort::kUdp, 546, Protocol::kDhcpv6},
};

// Whether options fill `b` exactly, and whether one is a client's or server's
// identifier, which every exchange has.
bool HasOptions(Bytes b, bool* identified) {
  ByteCursor in(b.data(), b.size());
  *identified = false;
  while (in.left() > 0) {
    const uint16_t code = in.U16();
    if (!in.Skip(in.U16()) || code == 0 || code > 255) return false;
    *identified |= code == kClientId || code == kServerId;
  }
  return true;
}

Match Probe(const Opening& opening) {
  const Bytes b = opening.first();
  if (b.size() < kHead) return Match::kNo;
  const bool relayed = b[0] == kRelayForward || b[0] == kRelayReply;
  if (b[0] == 0 || b[0] > kRelayReply || (relayed && b.size() < kRelayHead)) {
    return Match::kNo;
  }
  bool identified;
  if (!HasOptions(b.subspan(relayed ? kRelayHead : kHead), &identified)) {
    return opening.truncated ? Match::kWeak : Match::kNo;
  }
  return identified ? Match::kYes : Match::kWeak;
}

struct Lease {
  IpAddress address;
  int prefix_bits = -1;
};

// A message, relays taken off. Borrows from the bytes it was read from.
struct Message {
  uint8_t type = 0;
  uint32_t transaction = 0;
  int relays = 0;
  bool malformed = false;
  bool rapid_commit = false;
  uint16_t status = 0;
  uint32_t lease_seconds = 0;
  uint32_t vendor_enterprise = 0;
  Bytes client_id;
  Bytes option_request;
  Bytes name_servers;
  Bytes fqdn;
  Bytes vendor_class;
  std::vector<Lease> leases;

  void Read(Bytes b);

 private:
  // Gives the message a relay carries, if any.
  Bytes ReadOptions(ByteCursor in, int depth);
  void ReadOption(uint16_t code, Bytes value, int depth);
  void AddLease(Bytes value, size_t lifetime_at, size_t address_at,
                int prefix_bits);
};

void Message::Read(Bytes b) {
  while (b.size() >= kRelayHead &&
         (b[0] == kRelayForward || b[0] == kRelayReply) &&
         relays < kMaxRelays) {
    ++relays;
    b = ReadOptions(ByteCursor(b.data() + kRelayHead, b.size() - kRelayHead),
                    0);
    if (b.empty()) malformed = true;
  }
  if (b.size() < kHead) {
    malformed = true;
    return;
  }
  type = b[0];
  transaction = LoadBig32(b.data()) & 0xffffff;
  ReadOptions(ByteCursor(b.data() + kHead, b.size() - kHead), 0);
}

Bytes Message::ReadOptions(ByteCursor in, int depth) {
  Bytes relayed;
  while (in.left() > 0) {
    const uint16_t code = in.U16();
    const size_t size = in.U16();
    const uint8_t* value = in.Take(size);
    if (value == nullptr) {
      malformed = true;
      break;
    }
    if (code == kRelayedMessage) {
      relayed = {value, size};
    } else {
      ReadOption(code, {value, size}, depth);
    }
  }
  return relayed;
}

void Message::ReadOption(uint16_t code, Bytes value, int depth) {
  switch (code) {
    case kClientId:
      client_id = value;
      break;
    case kAddressAssociation:
    case kPrefixAssociation:
    case kTemporaryAssociation: {
      // Identifier and two times; the temporary one has none.
      const size_t head = code == kTemporaryAssociation ? 4 : 12;
      if (value.size() < head) {
        malformed = true;
      } else if (depth == 0) {
        ReadOptions(ByteCursor(value.data() + head, value.size() - head), 1);
      }
      break;
    }
    case kAddress:
      // Address, preferred and valid lifetime.
      AddLease(value, 20, 0, -1);
      break;
    case kPrefix:
      // Preferred and valid lifetime, length, address.
      AddLease(value, 4, 9, value.size() < 9 ? 0 : value[8]);
      break;
    case kOptionRequest:
      option_request = value;
      break;
    case kStatus:
      if (value.size() < 2) {
        malformed = true;
      } else if (status == 0) {
        status = LoadBig16(value.data());
      }
      break;
    case kRapidCommit:
      rapid_commit = true;
      break;
    case kVendorClass:
      vendor_class = value;
      break;
    case kNameServers:
      name_servers = value;
      break;
    case kFqdn:
      fqdn = value;
      break;
    default:
      break;
  }
}

void Message::AddLease(Bytes value, size_t lifetime_at, size_t address_at,
                       int prefix_bits) {
  if (value.size() < address_at + 16 || value.size() < lifetime_at + 4 ||
      prefix_bits > 128) {
    malformed = true;
    return;
  }
  if (leases.empty()) lease_seconds = LoadBig32(&value[lifetime_at]);
  if (leases.size() == 2 * kMaxAddresses) return;
  leases.push_back({IpAddress::FromV6(&value[address_at]), prefix_bits});
}

// RFC 8415 11, RFC 6355.
void TellClientId(Bytes id, EventWriter& event) {
  constexpr uint16_t kEthernet = 1;
  constexpr const char* kNames[] = {"", "llt", "enterprise", "ll", "uuid"};
  if (id.size() < 4) return;
  const uint16_t type = LoadBig16(id.data());
  if (type == 0 || type >= std::size(kNames)) {
    event.SetSafe(field::kDuidType, absl::StrCat(type));
    return;
  }
  event.SetSafe(field::kDuidType, kNames[type]);
  // Kind of hardware, for "llt" a time, address.
  const size_t address_at = type == 1 ? 8 : 4;
  if ((type != 1 && type != 3) || LoadBig16(&id[2]) != kEthernet ||
      id.size() != address_at + 6) {
    return;
  }
  MacAddress mac;
  std::copy_n(&id[address_at], 6, mac.bytes);
  event.SetSafe(field::kClientMac, mac.ToString());
}

// Flags, then labels.
std::string NameOf(Bytes fqdn) {
  std::string name;
  ByteCursor in(fqdn.data(), fqdn.size());
  in.Skip(1);
  while (in.left() > 0) {
    const size_t size = in.U8();
    const uint8_t* label = size > 63 ? nullptr : in.Take(size);
    if (size == 0 || label == nullptr || name.size() > 255) break;
    if (!name.empty()) name += '.';
    name.append(reinterpret_cast<const char*>(label), size);
  }
  return name;
}

std::string NumbersOf(Bytes list) {
  std::string text;
  for (size_t i = 0; i < std::min(list.size() / 2, kMaxRequested); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ",", LoadBig16(&list[2 * i]));
  }
  return text;
}

void TellVendorClass(Bytes value, EventWriter& event) {
  ByteCursor in(value.data(), value.size());
  const uint32_t enterprise = in.U32();
  const size_t size = in.U16();
  if (!in.ok()) return;
  event.SetNonzero(field::kVendorEnterprise, enterprise);
  in.Limit(size);
  event.SetNonempty(field::kVendorClass, TextOf({in.position(), in.left()}));
}

void TellLeases(const Message& message, EventWriter& event) {
  size_t addresses = 0;
  size_t prefixes = 0;
  for (const Lease& lease : message.leases) {
    if (lease.prefix_bits < 0) {
      if (addresses++ >= kMaxAddresses) continue;
      event.SetSafe(field::kAddresses, lease.address.ToString());
    } else {
      if (prefixes++ >= kMaxAddresses) continue;
      event.SetSafe(field::kPrefixes, absl::StrCat(lease.address.ToString(),
                                                   "/", lease.prefix_bits));
    }
  }
  event.SetNonzero(field::kLeaseSeconds, message.lease_seconds);
}

class Dhcpv6Analyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  size_t MemoryBytes() const override { return sizeof(*this); }

 private:
  // Type and transaction of the last messages.
  ToldSet<8> told_;
};

Next Dhcpv6Analyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  Message message;
  message.Read(segment.bytes);
  if (segment.truncated) message.malformed = false;
  if (message.malformed) {
    out.Anomaly("dhcpv6.malformed");
  } else {
    out.Identify(Protocol::kDhcpv6, ProtocolBasis::kDecoded, 100);
  }
  const uint32_t key =
      static_cast<uint32_t>(message.type) << 24 | message.transaction;
  if (key == 0 || !told_.Add(key)) return Want::kMore;
  EventWriter event = out.NewEvent(field::kEvent);
  if (message.type > 0 && message.type < std::size(kTypeNames)) {
    event.SetSafe(field::kMessageType, kTypeNames[message.type]);
  } else {
    event.SetSafe(field::kMessageType, absl::StrCat(message.type));
  }
  event.SetNonzero(field::kTransactionId, message.transaction);
  TellClientId(message.client_id, event);
  TellLeases(message, event);
  event.SetNonempty(field::kFqdn, NameOf(message.fqdn));
  TellVendorClass(message.vendor_class, event);
  event.SetNonempty(field::kOptionRequest, NumbersOf(message.option_request));
  const Bytes servers = message.name_servers;
  for (size_t i = 0; i < std::min(servers.size() / 16, kMaxServers); ++i) {
    event.SetSafe(field::kNameServers,
                  IpAddress::FromV6(&servers[16 * i]).ToString());
  }
  event.SetNonzero(field::kStatus, message.status);
  event.SetNonzero(field::kRelays, static_cast<uint64_t>(message.relays));
  event.SetTrue(field::kRapidCommit, message.rapid_commit);
  event.SetTrue(field::kMalformed, message.malformed);
  return Want::kMore;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<Dhcpv6Analyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kDhcpv6,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::dhcpv6
