#include "sensord/analyzers/enip.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "sensord/analyzers/message_reader.h"
#include "sensord/analyzers/usage_table.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/enip.h"

namespace tapline::enip {
namespace {

namespace field = fields::enip;

// Command, length of the rest, session, status, context of 8, options;
// lowest byte first.
constexpr size_t kHead = 24;
constexpr size_t kOptionsAt = 20;
constexpr size_t kMaxMessage = 1024;
constexpr uint8_t kCipResponse = 0x80;

enum Command : uint16_t {
  kNop = 0x00,
  kListServices = 0x04,
  kListIdentity = 0x63,
  kListInterfaces = 0x64,
  kRegisterSession = 0x65,
  kUnregisterSession = 0x66,
  kSendRrData = 0x6f,
  kSendUnitData = 0x70,
};

// Items of the packet format in such messages.
constexpr uint16_t kIdentityItem = 0x000c;
constexpr uint16_t kConnectedItem = 0x00b1;
constexpr uint16_t kUnconnectedItem = 0x00b2;

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 44818, Protocol::kEnip},
    {UnitPort::kUdp, 44818, Protocol::kEnip},
};

const char* CommandName(uint16_t command) {
  switch (command) {
    case kNop:
      return "nop";
    case kListServices:
      return "list_services";
    case kListIdentity:
      return "list_identity";
    case kListInterfaces:
      return "list_interfaces";
    case kRegisterSession:
      return "register_session";
    case kUnregisterSession:
      return "unregister_session";
    case kSendRrData:
      return "send_rr_data";
    case kSendUnitData:
      return "send_unit_data";
    default:
      return nullptr;
  }
}

const char* ServiceName(uint8_t service) {
  switch (service) {
    case 0x01:
      return "get_attributes_all";
    case 0x02:
      return "set_attributes_all";
    case 0x03:
      return "get_attribute_list";
    case 0x04:
      return "set_attribute_list";
    case 0x05:
      return "reset";
    case 0x06:
      return "start";
    case 0x07:
      return "stop";
    case 0x0a:
      return "multiple_service_packet";
    case 0x0e:
      return "get_attribute_single";
    case 0x10:
      return "set_attribute_single";
    case 0x4b:
      return "execute_pccc";
    case 0x4c:
      return "read_tag";
    case 0x4d:
      return "write_tag";
    case 0x4e:
      return "forward_close";
    case 0x52:
      return "unconnected_send";
    case 0x54:
      return "forward_open";
    case 0x55:
      return "get_instance_attribute_list";
    case 0x5b:
      return "large_forward_open";
    default:
      return "";
  }
}

bool HasHead(Bytes b) {
  return CommandName(LoadLittle16(b.data())) != nullptr &&
         LoadLittle32(&b[kOptionsAt]) == 0 && LoadLittle32(&b[8]) <= 0x70;
}

// Lengths that requests of a command have.
bool HasLength(Bytes b) {
  const uint16_t length = LoadLittle16(&b[2]);
  switch (LoadLittle16(b.data())) {
    case kRegisterSession:
      return length == 4;
    case kUnregisterSession:
      return length == 0;
    case kSendRrData:
    case kSendUnitData:
      return length >= 16;
    default:
      return true;
  }
}

Match Probe(const Opening& opening) {
  const Bytes b = opening.first();
  if (b.size() > 1 && CommandName(LoadLittle16(b.data())) == nullptr) {
    return Match::kNo;
  }
  if (b.size() < kHead) {
    return opening.datagram ? Match::kNo : Match::kMore;
  }
  if (!HasHead(b) || !HasLength(b)) return Match::kNo;
  const size_t whole = kHead + LoadLittle16(&b[2]);
  const uint16_t command = LoadLittle16(b.data());
  if (opening.datagram && whole != b.size()) return Match::kNo;
  if (command == kNop) return Match::kWeak;
  // Many zeros: what is behind them must fit too.
  return command == kListServices && !opening.datagram && whole != kHead
             ? Match::kWeak
             : Match::kYes;
}

struct Identity {
  std::string product;
  uint16_t vendor = 0;
  uint16_t device_type = 0;
  uint8_t revision[2] = {0, 0};
};

class EnipAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override {
    OnEnd(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override {
    for (const Usage& row : usage_.rows()) Tell(row, true, nullptr, out);
  }
  size_t MemoryBytes() const override {
    return sizeof(*this) + in_[0].MemoryBytes() + in_[1].MemoryBytes() +
           usage_.MemoryBytes();
  }

 private:
  void OnMessage(bool from_originator, Bytes message, AnalyzerOutput& out);
  static void Tell(const Usage& row, bool ended, const Identity* identity,
                   AnalyzerOutput& out);

  MessageReader in_[2] = {MessageReader(kMaxMessage),
                          MessageReader(kMaxMessage)};
  // By command and service.
  UsageTable usage_;
};

Next EnipAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  MessageReader datagram(kMaxMessage);
  MessageReader& in =
      segment.datagram ? datagram : in_[segment.from_originator ? 0 : 1];
  in.Add(segment.bytes);
  Bytes b;
  while (in.Peek(kHead, &b)) {
    if (!HasHead(b)) {
      out.Anomaly("enip.malformed");
      if (segment.datagram) return Want::kMore;
      OnEnd(out);
      return Want::kDone;
    }
    const size_t whole = kHead + LoadLittle16(&b[2]);
    if (!in.Peek(std::min(whole, kMaxMessage), &b)) break;
    out.Identify(Protocol::kEnip, ProtocolBasis::kDecoded, 100);
    OnMessage(segment.from_originator, b, out);
    in.Pass(whole);
  }
  return Want::kMore;
}

// What is of interest of the items: type and length each.
struct Items {
  // 0: none.
  uint8_t service = 0;
  bool response = false;
  uint8_t status = 0;
  bool has_identity = false;
  Identity identity;

  void Read(ByteCursor in);

 private:
  void ReadIdentity(ByteCursor in);
};

uint16_t TakeLittle16(ByteCursor& in) {
  const uint8_t* p = in.Take(2);
  return p == nullptr ? 0 : LoadLittle16(p);
}

void Items::Read(ByteCursor in) {
  const int count = std::min<int>(TakeLittle16(in), 8);
  for (int i = 0; i < count; ++i) {
    const uint16_t type = TakeLittle16(in);
    const size_t size = TakeLittle16(in);
    const uint8_t* item = in.Take(size);
    if (item == nullptr) return;
    ByteCursor value(item, size);
    if (type == kIdentityItem) ReadIdentity(value);
    if (type != kConnectedItem && type != kUnconnectedItem) continue;
    // A connection numbers its messages.
    if (type == kConnectedItem) value.Skip(2);
    const uint8_t first = value.U8();
    if (!value.ok()) return;
    service = first & 0x7f;
    response = (first & kCipResponse) != 0;
    value.Skip(1);
    if (response) status = value.U8();
  }
}

// Version, address of 16, then what the device is.
void Items::ReadIdentity(ByteCursor in) {
  in.Skip(18);
  identity.vendor = TakeLittle16(in);
  identity.device_type = TakeLittle16(in);
  in.Skip(2);
  identity.revision[0] = in.U8();
  identity.revision[1] = in.U8();
  in.Skip(6);
  const size_t size = in.U8();
  const uint8_t* name = in.Take(size);
  if (name == nullptr) return;
  has_identity = true;
  identity.product.assign(reinterpret_cast<const char*>(name), size);
}

void EnipAnalyzer::OnMessage(bool from_originator, Bytes message,
                             AnalyzerOutput& out) {
  const uint16_t command = LoadLittle16(message.data());
  ByteCursor in(message.data(), message.size());
  in.Skip(kHead);
  Items items;
  if (command == kSendRrData || command == kSendUnitData) {
    // Interface and time.
    in.Skip(6);
    items.Read(in);
  } else if (command == kListIdentity && in.left() > 0) {
    items.Read(in);
  }
  Usage* row = usage_.Find(static_cast<uint64_t>(command) << 8 | items.service);
  if (row == nullptr) {
    out.Anomaly("enip.too_many_uses");
    return;
  }
  // Both ends may ask over a connection; the answer says so.
  const bool response = items.response || items.has_identity ||
                        (items.service == 0 && !from_originator);
  if (!response) {
    ++row->requests;
    return;
  }
  ++row->responses;
  const uint32_t status = LoadLittle32(&message[8]);
  const uint32_t error = status != 0 ? status : items.status;
  if (error != 0) {
    ++row->errors;
    row->error_code = error;
  }
  if (!row->told) {
    Tell(*row, false, items.has_identity ? &items.identity : nullptr, out);
  }
  row->told = true;
}

void EnipAnalyzer::Tell(const Usage& row, bool ended, const Identity* identity,
                        AnalyzerOutput& out) {
  const uint8_t service = row.key & 0xff;
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kCommand,
                CommandName(static_cast<uint16_t>(row.key >> 8)));
  event.SetNonzero(field::kCipService, service);
  event.SetNonempty(field::kCipName, ServiceName(service));
  event.SetTrue(field::kEnded, ended);
  event.SetNonzero(field::kRequests, row.requests);
  event.SetNonzero(field::kResponses, row.responses);
  event.SetNonzero(field::kErrors, row.errors);
  event.SetNonzero(field::kErrorCode, row.error_code);
  if (identity == nullptr) return;
  event.SetNonempty(field::kProduct, identity->product);
  event.SetNonzero(field::kVendor, identity->vendor);
  event.SetNonzero(field::kDeviceType, identity->device_type);
  event.SetSafe(field::kRevision, absl::StrCat(identity->revision[0], ".",
                                               identity->revision[1]));
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<EnipAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kEnip,
                                         .tcp = true,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::enip
