#include "sensord/analyzers/dcerpc_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sensord/analyzers/dcerpc_names.h"
#include "sensord/analyzers/framed_stream.h"
#include "sensord/analyzers/little_endian.h"
#include "sensord/event/fields/dcerpc.h"

namespace tapline {
namespace {

namespace field = fields::dcerpc;
namespace interface_field = fields::dcerpc_interface;
namespace operation_field = fields::dcerpc_operation;

// C706 12.6.4.
constexpr uint8_t kRequest = 0;
constexpr uint8_t kPing = 1;
constexpr uint8_t kFault = 3;
constexpr uint8_t kReject = 6;
constexpr uint8_t kDatagramLast = 10;
constexpr uint8_t kBind = 11;
constexpr uint8_t kBindAck = 12;
constexpr uint8_t kBindNak = 13;
constexpr uint8_t kAlterContext = 14;
constexpr uint8_t kAlterContextAnswer = 15;
constexpr uint8_t kAuth3 = 16;
constexpr uint8_t kLast = 20;

constexpr uint8_t kFirstFragment = 0x01;
constexpr uint8_t kLittleEndian = 0x10;
constexpr uint8_t kLevelPrivacy = 6;
constexpr size_t kDatagramHeadBytes = 80;
// Type, level, padding, reserved, context id; before each token.
constexpr size_t kAuthHeadBytes = 8;

// Integers in one of two orders, characters in ASCII or EBCDIC, floats in one
// of four forms.
bool IsDataRepresentation(const uint8_t* drep) {
  return (drep[0] & 0xee) == 0 && drep[1] <= 3 && drep[2] == 0;
}

}  // namespace

// Reads in the order that the sender's data representation says.
class DcerpcSession::Cursor {
 public:
  Cursor(Bytes bytes, bool little)
      : bytes_(bytes), cursor_(bytes.data(), bytes.size()), little_(little) {}

  bool ok() const { return cursor_.ok(); }
  bool Skip(size_t n) { return cursor_.Skip(n); }
  uint8_t U8() { return cursor_.U8(); }
  uint16_t U16() {
    const uint8_t* p = cursor_.Take(2);
    if (p == nullptr) return 0;
    return little_ ? LoadLittle16(p) : LoadBig16(p);
  }
  uint32_t U32() {
    const uint8_t* p = cursor_.Take(4);
    if (p == nullptr) return 0;
    return little_ ? LoadLittle32(p) : LoadBig32(p);
  }
  // To a multiple of 4 from the beginning.
  void Align4() { Skip((4 - (bytes_.size() - cursor_.left()) % 4) % 4); }
  std::string Uuid() {
    const uint32_t low = U32();
    const uint16_t mid = U16();
    const uint16_t high = U16();
    const uint8_t* p = cursor_.Take(8);
    if (p == nullptr) return {};
    std::string text = absl::StrCat(absl::Hex(low, absl::kZeroPad8), "-",
                                    absl::Hex(mid, absl::kZeroPad4), "-",
                                    absl::Hex(high, absl::kZeroPad4), "-");
    for (int i = 0; i < 8; ++i) {
      absl::StrAppend(&text, absl::Hex(p[i], absl::kZeroPad2),
                      i == 1 ? "-" : "");
    }
    return text;
  }

 private:
  const Bytes bytes_;
  ByteCursor cursor_;
  const bool little_;
};

size_t DcerpcPduSize(Bytes head) {
  if (head.size() < kDcerpcHeadBytes || head[0] != 5 || head[1] > 1 ||
      head[2] > kLast || !IsDataRepresentation(&head[4]) || head[7] != 0 ||
      (head[2] > kFault && head[2] < kBind) || head[2] == kPing) {
    return 0;
  }
  const bool little = (head[4] & kLittleEndian) != 0;
  const size_t size = little ? LoadLittle16(&head[8]) : LoadBig16(&head[8]);
  return size < kDcerpcHeadBytes ? 0 : size;
}

uint64_t MeasureDcerpcPdu(Bytes begin) {
  if (begin.size() < kDcerpcHeadBytes) return FramedStream::kNeedsMore;
  const size_t size = DcerpcPduSize(begin);
  return size == 0 ? FramedStream::kBroken : size;
}

bool IsDcerpcBind(Bytes head) {
  return DcerpcPduSize(head) != 0 && head[2] == kBind;
}

bool IsDcerpcDatagram(Bytes datagram) {
  if (datagram.size() < kDatagramHeadBytes || datagram[0] != 4 ||
      datagram[1] > kDatagramLast || !IsDataRepresentation(&datagram[4])) {
    return false;
  }
  const bool little = (datagram[4] & kLittleEndian) != 0;
  const size_t size =
      little ? LoadLittle16(&datagram[74]) : LoadBig16(&datagram[74]);
  return kDatagramHeadBytes + size <= datagram.size();
}

bool DcerpcSession::OnPdu(Bytes pdu, bool cut, AnalyzerOutput& out) {
  if (DcerpcPduSize(pdu) == 0) return false;
  const uint8_t type = pdu[2];
  const uint8_t flags = pdu[3];
  Cursor cursor(pdu, (pdu[4] & kLittleEndian) != 0);
  cursor.Skip(10);
  const uint16_t auth_bytes = cursor.U16();
  const uint32_t call = cursor.U32();
  switch (type) {
    case kBind:
    case kAlterContext:
      return OnBind(cursor, type == kBind) &&
             ReadAuthentication(pdu, cut, auth_bytes);
    case kAuth3:
      if (!ReadAuthentication(pdu, cut, auth_bytes)) return false;
      TellBind(out);
      return true;
    case kBindAck:
    case kAlterContextAnswer: {
      const bool good =
          OnBindAnswer(cursor) && ReadAuthentication(pdu, cut, auth_bytes);
      // The client has yet to say who it is.
      if (gss_.ntlm().step != NtlmSession::kChallenge) TellBind(out);
      return good;
    }
    case kBindNak:
      refusal_ = DcerpcRefusalName(cursor.U16());
      if (cursor.ok()) TellBind(out);
      return cursor.ok();
    case kRequest: {
      cursor.Skip(4);
      const uint16_t context = cursor.U16();
      const uint16_t opnum = cursor.U16();
      if (!cursor.ok()) return false;
      TellBind(out);
      // On a pipe it is not the flow's payload that is encrypted.
      if (auth_level_ == kLevelPrivacy && !on_pipe_) out.Encrypted(true);
      OnRequest(call, InterfaceOf(context), opnum,
                (flags & kFirstFragment) != 0, out);
      return true;
    }
    case kFault:
      cursor.Skip(8);
      OnFault(call, cursor.U32());
      return cursor.ok();
    default:
      return true;
  }
}

bool DcerpcSession::OnBind(Cursor& cursor, bool first) {
  if (first) {
    interfaces_.clear();
    auth_type_ = auth_level_ = 0;
    gss_ = GssSession();
  }
  refusal_.clear();
  answered_ = false;
  // max_xmit_frag, max_recv_frag, assoc_group_id.
  cursor.Skip(8);
  const int contexts = cursor.U8();
  cursor.Skip(3);
  for (int i = 0; i < contexts; ++i) {
    Interface item;
    item.context = cursor.U16();
    const size_t transfers = cursor.U8();
    cursor.Skip(1);
    item.uuid = cursor.Uuid();
    item.version = static_cast<uint16_t>(cursor.U32() & 0xffff);
    item.accepted = false;
    cursor.Skip(transfers * 20);
    if (!cursor.ok()) return false;
    const auto same = [&item](const Interface& other) {
      return other.context == item.context;
    };
    // The second round of a logon names them again.
    if (interfaces_.size() < kMaxInterfaces &&
        std::none_of(interfaces_.begin(), interfaces_.end(), same)) {
      interfaces_.push_back(std::move(item));
    }
  }
  bind_waits_ = true;
  return cursor.ok();
}

bool DcerpcSession::OnBindAnswer(Cursor& cursor) {
  cursor.Skip(8);
  const size_t address_bytes = cursor.U16();
  cursor.Skip(address_bytes);
  cursor.Align4();
  const size_t results = cursor.U8();
  cursor.Skip(3);
  answered_ = true;
  for (size_t i = 0; i < results; ++i) {
    const uint16_t result = cursor.U16();
    cursor.Skip(22);
    if (!cursor.ok()) return false;
    if (i < interfaces_.size() && result == 0) interfaces_[i].accepted = true;
  }
  return cursor.ok();
}

bool DcerpcSession::ReadAuthentication(Bytes pdu, bool cut, size_t auth_bytes) {
  if (auth_bytes == 0) return true;
  const size_t whole = DcerpcPduSize(pdu);
  if (auth_bytes + kAuthHeadBytes + kDcerpcHeadBytes > whole) return false;
  Bytes part =
      pdu.subspan(std::min(pdu.size(), whole - auth_bytes - kAuthHeadBytes));
  if (part.size() < kAuthHeadBytes) return cut;
  auth_type_ = part[0];
  auth_level_ = part[1];
  gss_.OnToken(part.subspan(kAuthHeadBytes), cut);
  return true;
}

std::string DcerpcSession::InterfaceOf(uint16_t context) const {
  for (const Interface& item : interfaces_) {
    if (item.context == context) return item.uuid;
  }
  return {};
}

void DcerpcSession::OnRequest(uint32_t call, const std::string& interface,
                              uint16_t opnum, bool first_fragment,
                              AnalyzerOutput& out) {
  if (!first_fragment) return;
  size_t at = 0;
  while (at < operations_.size() && (operations_[at].opnum != opnum ||
                                     operations_[at].interface != interface)) {
    ++at;
  }
  if (at == kMaxOperations) return;
  const bool first = at == operations_.size();
  if (first) operations_.push_back({interface, opnum, 0, 0, 0});
  ++operations_[at].requests;
  if (calls_.size() == kMaxCalls) calls_.erase(calls_.begin());
  calls_.push_back({call, at});
  if (!first ||
      DcerpcOperationName(DcerpcInterfaceName(interface), opnum).empty()) {
    return;
  }
  EventWriter event = out.NewEvent(field::kEvent);
  Begin(event, "operation");
  WriteOperation(operations_[at], event);
}

void DcerpcSession::OnFault(uint32_t call, uint32_t status) {
  for (size_t i = calls_.size(); i-- > 0;) {
    if (calls_[i].id != call) continue;
    Operation& operation = operations_[calls_[i].operation];
    ++operation.faults;
    operation.fault = status;
    calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
}

bool DcerpcSession::OnDatagram(Bytes datagram, AnalyzerOutput& out) {
  if (!IsDcerpcDatagram(datagram)) return false;
  const uint8_t type = datagram[1];
  Cursor cursor(datagram, (datagram[4] & kLittleEndian) != 0);
  // Head and object.
  cursor.Skip(8 + 16);
  const std::string interface = cursor.Uuid();
  cursor.Skip(16 + 4 + 4);
  const uint32_t sequence = cursor.U32();
  const uint16_t opnum = cursor.U16();
  cursor.Skip(6);
  const uint16_t fragment = cursor.U16();
  cursor.Skip(2);
  if (type == kRequest) {
    OnRequest(sequence, interface, opnum, fragment == 0, out);
  } else if (type == kFault || type == kReject) {
    OnFault(sequence, cursor.U32());
  }
  return cursor.ok();
}

void DcerpcSession::Begin(EventWriter& event, absl::string_view action) const {
  event.SetSafe(field::kAction, action);
  if (!pipe_.empty()) event.Set(field::kPipe, pipe_);
}

void DcerpcSession::TellBind(AnalyzerOutput& out) {
  if (!bind_waits_) return;
  bind_waits_ = false;
  EventWriter event = out.NewEvent(field::kEvent);
  Begin(event, "bind");
  bool accepted = false;
  for (const Interface& item : interfaces_) {
    event.Open(field::kInterfaces);
    event.SetSafe(interface_field::kUuid, item.uuid);
    event.SetSafe(interface_field::kName, DcerpcInterfaceName(item.uuid));
    event.Set(interface_field::kVersion, item.version);
    event.Set(interface_field::kAccepted, item.accepted);
    event.Close();
    accepted |= item.accepted;
  }
  event.Set(field::kSuccess, answered_ && accepted);
  if (!refusal_.empty()) event.SetSafe(field::kFailure, refusal_);
  if (auth_type_ != 0) {
    event.SetSafe(field::kAuthType, DcerpcAuthTypeName(auth_type_));
    event.SetSafe(field::kAuthLevel, DcerpcAuthLevelName(auth_level_));
  }
  gss_.Tell(event, field::kAuthentication);
}

void DcerpcSession::WriteOperation(const Operation& operation,
                                   EventWriter& event) {
  const absl::string_view name = DcerpcInterfaceName(operation.interface);
  event.Open(field::kOperations);
  event.SetSafe(operation_field::kInterface,
                name.empty() ? absl::string_view(operation.interface) : name);
  event.Set(operation_field::kOpnum, operation.opnum);
  event.SetSafe(operation_field::kOperation,
                DcerpcOperationName(name, operation.opnum));
  event.Set(operation_field::kRequests, operation.requests);
  if (operation.faults != 0) {
    event.Set(operation_field::kFaults, operation.faults);
    event.SetSafe(operation_field::kFault, DcerpcFaultName(operation.fault));
  }
  event.Close();
}

void DcerpcSession::End(AnalyzerOutput& out) {
  TellBind(out);
  if (operations_.empty()) return;
  EventWriter event = out.NewEvent(field::kEvent);
  Begin(event, "summary");
  for (const Operation& operation : operations_) {
    WriteOperation(operation, event);
  }
  operations_.clear();
}

size_t DcerpcSession::MemoryBytes() const {
  size_t bytes = pipe_.capacity() + gss_.MemoryBytes() + refusal_.capacity() +
                 interfaces_.capacity() * sizeof(Interface) +
                 operations_.capacity() * sizeof(Operation) +
                 calls_.capacity() * sizeof(Call);
  for (const Interface& item : interfaces_) bytes += item.uuid.capacity();
  for (const Operation& item : operations_) bytes += item.interface.capacity();
  return bytes;
}

}  // namespace tapline
