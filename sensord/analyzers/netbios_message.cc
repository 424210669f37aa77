#include "sensord/analyzers/netbios_message.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sensord/analyzers/little_endian.h"

namespace tapline {
namespace {

constexpr size_t kNameBytes = 16;
constexpr size_t kMaxNameOnWire = 255;
constexpr size_t kHeaderBytes = 12;
constexpr size_t kMaxAddresses = 16;
constexpr size_t kMaxNames = 32;
constexpr uint16_t kGroupFlag = 0x8000;
constexpr uint16_t kClassInternet = 1;
// RFC 1002 4.4.1: type, flags, id, address, port; then size, offset.
constexpr size_t kDatagramHead = 10;
constexpr uint8_t kFirstDatagram = 0x10;
constexpr uint8_t kBroadcastDatagram = 0x12;

bool IsOpcode(int opcode) {
  switch (opcode) {
    case kNetbiosQuery:
    case kNetbiosRegistration:
    case kNetbiosRelease:
    case kNetbiosWait:
    case kNetbiosRefresh:
    case kNetbiosRefreshAlternative:
    case kNetbiosMultihomedRegistration:
      return true;
    default:
      return false;
  }
}

void SetName(const uint8_t* bytes, NetbiosLabel* label) {
  // Padded with spaces, or with zeros in "*".
  size_t size = kNameBytes - 1;
  while (size > 0 && (bytes[size - 1] == ' ' || bytes[size - 1] == 0)) --size;
  label->name.assign(reinterpret_cast<const char*>(bytes), size);
  label->suffix = bytes[kNameBytes - 1];
}

}  // namespace

bool IsNetbiosName(Bytes bytes) {
  if (bytes.size() < kNetbiosEncodedBytes || bytes[0] != 2 * kNameBytes) {
    return false;
  }
  return std::all_of(bytes.begin() + 1, bytes.begin() + 1 + 2 * kNameBytes,
                     [](uint8_t c) { return c >= 'A' && c <= 'P'; });
}

bool ReadNetbiosName(ByteCursor& cursor, NetbiosLabel* label) {
  const uint8_t* encoded = cursor.Peek(kNetbiosEncodedBytes);
  if (encoded == nullptr ||
      !IsNetbiosName(Bytes(encoded, kNetbiosEncodedBytes))) {
    return false;
  }
  uint8_t bytes[kNameBytes];
  for (size_t i = 0; i < kNameBytes; ++i) {
    bytes[i] = static_cast<uint8_t>((encoded[1 + 2 * i] - 'A') << 4 |
                                    (encoded[2 + 2 * i] - 'A'));
  }
  SetName(bytes, label);
  cursor.Skip(1 + 2 * kNameBytes);
  // The scope: labels up to an empty one.
  for (size_t taken = 0; taken < kMaxNameOnWire;) {
    const size_t size = cursor.U8();
    if (!cursor.ok() || size > 63) return false;
    if (size == 0) return true;
    if (!cursor.Skip(size)) return false;
    taken += size + 1;
  }
  return false;
}

std::string NetbiosServiceName(const NetbiosLabel& label) {
  switch (label.suffix) {
    case 0x00:
      return "workstation";
    case 0x01:
    case 0x1d:
      return "master_browser";
    case 0x03:
      return "messenger";
    case 0x06:
      return "ras_server";
    case 0x1b:
      return "domain_master_browser";
    case 0x1c:
      return "domain_controllers";
    case 0x1e:
      return "browser_elections";
    case 0x20:
      return "file_server";
    case 0x21:
      return "ras_client";
    default:
      return absl::StrCat("0x", absl::Hex(label.suffix, absl::kZeroPad2));
  }
}

bool IsNetbiosNameMessage(Bytes bytes) {
  if (bytes.size() < kHeaderBytes + kNetbiosEncodedBytes + 4) return false;
  const int questions = LoadBig16(&bytes[4]);
  const int answers = LoadBig16(&bytes[6]);
  // A refusal counts no records, and has one (RFC 1002 4.2.14).
  const bool refusal = (bytes[2] & 0x80) != 0 && (bytes[3] & 0x0f) != 0;
  return IsOpcode(bytes[2] >> 3 & 0x0f) && questions <= 1 && answers <= 1 &&
         (questions + answers >= 1 || refusal) &&
         IsNetbiosName(bytes.subspan(kHeaderBytes));
}

bool NetbiosNameMessage::Read(Bytes bytes, bool cut) {
  *this = NetbiosNameMessage();
  if (!IsNetbiosNameMessage(bytes)) return false;
  ByteCursor cursor(bytes.data(), bytes.size());
  id = cursor.U16();
  const uint16_t flags = cursor.U16();
  response = (flags & 0x8000) != 0;
  opcode = static_cast<uint8_t>(flags >> 11 & 0x0f);
  broadcast = (flags & 0x10) != 0;
  rcode = static_cast<uint8_t>(flags & 0x0f);
  const int questions = cursor.U16();
  const int answers = cursor.U16();
  cursor.Skip(2);
  const int additional = cursor.U16();
  if (questions > 0) {
    if (!ReadNetbiosName(cursor, &name)) return false;
    type = cursor.U16();
    if (cursor.U16() != kClassInternet || !cursor.ok()) return false;
  }
  if (answers == 0 && additional == 0 && questions > 0) return true;
  const bool good = ReadRecord(cursor);
  return good || cut;
}

bool NetbiosNameMessage::ReadRecord(ByteCursor& cursor) {
  // The question's name again, by a pointer to it.
  const uint8_t* pointer = cursor.Peek(2);
  if (pointer != nullptr && (pointer[0] & 0xc0) == 0xc0) {
    cursor.Skip(2);
  } else if (!ReadNetbiosName(cursor, &name)) {
    return false;
  }
  type = cursor.U16();
  const uint16_t klass = cursor.U16();
  // Time to live.
  cursor.Skip(4);
  const size_t size = cursor.U16();
  if (!cursor.ok() || klass != kClassInternet) return false;
  const bool whole = cursor.Peek(size) != nullptr;
  cursor.Limit(size);
  if (type == kNetbiosTypeStatus) return ReadStatus(cursor) && whole;
  constexpr size_t kEntry = 6;
  while (type == kNetbiosTypeName && cursor.left() >= kEntry &&
         addresses.size() < kMaxAddresses) {
    name.group |= (cursor.U16() & kGroupFlag) != 0;
    addresses.push_back(IpAddress::FromV4(cursor.Take(4)));
  }
  return whole;
}

// RFC 1002 4.2.18: names with their flags, then statistics that begin with the
// hardware address.
bool NetbiosNameMessage::ReadStatus(ByteCursor& cursor) {
  constexpr size_t kMacBytes = 6;
  const size_t count = cursor.U8();
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* bytes = cursor.Take(kNameBytes);
    const uint16_t flags = cursor.U16();
    if (!cursor.ok()) return false;
    if (names.size() == kMaxNames) continue;
    NetbiosLabel& label = names.emplace_back();
    SetName(bytes, &label);
    label.group = (flags & kGroupFlag) != 0;
  }
  const uint8_t* bytes = cursor.Peek(kMacBytes);
  if (bytes != nullptr) {
    mac.assign(reinterpret_cast<const char*>(bytes), kMacBytes);
  }
  return cursor.ok();
}

bool IsNetbiosDatagram(Bytes bytes) {
  return bytes.size() >= kDatagramHead + 4 + 2 * kNetbiosEncodedBytes &&
         bytes[0] >= kFirstDatagram && bytes[0] <= kBroadcastDatagram &&
         bytes[1] < 0x10 && IsNetbiosName(bytes.subspan(kDatagramHead + 4));
}

bool NetbiosDatagram::Read(Bytes bytes, bool cut) {
  *this = NetbiosDatagram();
  if (!IsNetbiosDatagram(bytes)) return false;
  ByteCursor cursor(bytes.data(), bytes.size());
  cursor.Skip(kDatagramHead);
  const size_t size = cursor.U16();
  const size_t offset = cursor.U16();
  if (size > cursor.left() && !cut) return false;
  cursor.Limit(size);
  if (!ReadNetbiosName(cursor, &source) ||
      !ReadNetbiosName(cursor, &destination)) {
    return false;
  }
  // A later fragment has no beginning of anything.
  if (offset == 0) ReadMailslot(Bytes(cursor.position(), cursor.left()));
  return true;
}

// A mailslot is a transaction of SMB 1 ([MS-MAIL] 2.2.1).
void NetbiosDatagram::ReadMailslot(Bytes smb) {
  constexpr size_t kSmbHeader = 32;
  constexpr uint8_t kTransaction = 0x25;
  constexpr size_t kDataOffsetAt = 24;
  constexpr size_t kMaxMailslot = 64;
  if (smb.size() <= kSmbHeader || TextOf(smb.first(4)) != "\xffSMB" ||
      smb[4] != kTransaction) {
    return;
  }
  LittleCursor cursor(smb.subspan(kSmbHeader));
  const Bytes words = cursor.Take(size_t{cursor.U8()} * 2);
  cursor.Skip(2);
  if (!cursor.ok() || words.size() < kDataOffsetAt + 2) return;
  const absl::string_view rest = TextOf(cursor.rest());
  const absl::string_view slot =
      rest.substr(0, std::min(rest.find('\0'), kMaxMailslot));
  mailslot.assign(slot.data(), slot.size());
  if (!absl::EqualsIgnoreCase(slot, "\\MAILSLOT\\BROWSE")) return;
  const size_t at = LoadLittle16(&words[kDataOffsetAt]);
  if (at >= smb.size()) return;
  // Host, domain and local master announcements ([MS-BRWS] 2.2.1, 2.2.3,
  // 2.2.10): command, count, period, name, version.
  LittleCursor data(smb.subspan(at));
  command = data.U8();
  data.Skip(1 + 4 + kNameBytes);
  const int major = data.U8();
  const int minor = data.U8();
  if (data.ok() && (command == 1 || command == 12 || command == 15)) {
    os_version = absl::StrCat(major, ".", minor);
  }
}

std::string NetbiosBrowserCommandName(uint8_t command) {
  switch (command) {
    case 0:
      return "";
    case 1:
      return "host_announcement";
    case 2:
      return "announcement_request";
    case 8:
      return "election";
    case 9:
      return "backup_list_request";
    case 10:
      return "backup_list_response";
    case 11:
      return "become_backup";
    case 12:
      return "domain_announcement";
    case 13:
      return "master_announcement";
    case 14:
      return "reset_state";
    case 15:
      return "local_master_announcement";
    default:
      return absl::StrCat("command ", command);
  }
}

}  // namespace tapline
