#include "sensord/analyzers/rpc_message.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline {
namespace {

constexpr uint32_t kCall = 0;
constexpr uint32_t kReply = 1;
constexpr uint32_t kRpcVersion = 2;
// RFC 5531 8.2.
constexpr uint32_t kMaxAuthBytes = 400;
constexpr uint32_t kAuthSys = 1;
constexpr size_t kCallHead = 24;

bool IsFlavor(uint32_t flavor) {
  // None, sys, short, DH, GSS and its pseudo flavors.
  return flavor <= 3 || flavor == 6 || (flavor >= 390000 && flavor < 390020);
}

size_t Padded(size_t size) { return (size + 3) / 4 * 4; }

// Flavor and body; false when it breaks RFC 5531 8.2.
bool ReadAuth(ByteCursor& cursor, uint32_t* flavor, Bytes* body) {
  *flavor = cursor.U32();
  const uint32_t size = cursor.U32();
  if (!cursor.ok() || size > kMaxAuthBytes) return false;
  const uint8_t* bytes = cursor.Take(Padded(size));
  if (bytes == nullptr) return false;
  *body = Bytes(bytes, size);
  return true;
}

bool ReadString(ByteCursor& cursor, std::string* text) {
  constexpr size_t kMaxText = 1024;
  const size_t size = cursor.U32();
  if (!cursor.ok() || size > cursor.left()) return false;
  const uint8_t* bytes = cursor.Take(size);
  cursor.Skip(std::min(Padded(size) - size, cursor.left()));
  text->assign(reinterpret_cast<const char*>(bytes), std::min(size, kMaxText));
  return true;
}

}  // namespace

bool IsRpcCall(Bytes bytes) {
  constexpr uint32_t kMaxProgram = 0x60000000;
  constexpr uint32_t kMaxVersion = 0x1000;
  constexpr uint32_t kMaxProcedure = 0x400;
  if (bytes.size() < kCallHead + 16) return false;
  ByteCursor cursor(bytes.data(), bytes.size());
  cursor.Skip(4);
  if (cursor.U32() != kCall || cursor.U32() != kRpcVersion) return false;
  const uint32_t program = cursor.U32();
  const uint32_t version = cursor.U32();
  const uint32_t procedure = cursor.U32();
  const uint32_t flavor = cursor.U32();
  return program >= kRpcPortmap && program < kMaxProgram &&
         version <= kMaxVersion && procedure <= kMaxProcedure &&
         IsFlavor(flavor) && cursor.U32() <= kMaxAuthBytes;
}

bool IsRpcReply(Bytes bytes) {
  constexpr size_t kLeast = 20;
  constexpr uint32_t kMaxStatus = 5;
  if (bytes.size() < kLeast || LoadBig32(&bytes[4]) != kReply) return false;
  const uint32_t state = LoadBig32(&bytes[8]);
  if (state == 1) return LoadBig32(&bytes[12]) <= 1;
  ByteCursor cursor(&bytes[12], bytes.size() - 12);
  uint32_t flavor;
  Bytes body;
  return state == 0 && ReadAuth(cursor, &flavor, &body) && IsFlavor(flavor) &&
         cursor.U32() <= kMaxStatus && cursor.ok();
}

bool RpcCall::Read(Bytes bytes) {
  *this = RpcCall();
  if (!IsRpcCall(bytes)) return false;
  ByteCursor cursor(bytes.data(), bytes.size());
  xid = cursor.U32();
  cursor.Skip(8);
  program = cursor.U32();
  version = cursor.U32();
  procedure = cursor.U32();
  Bytes credential;
  Bytes verifier;
  uint32_t verifier_flavor;
  if (!ReadAuth(cursor, &flavor, &credential) ||
      !ReadAuth(cursor, &verifier_flavor, &verifier)) {
    return false;
  }
  if (flavor == kAuthSys) {
    // RFC 5531 appendix A: stamp, machine, user and groups.
    ByteCursor sys(credential.data(), credential.size());
    sys.Skip(4);
    if (!ReadString(sys, &machine)) return false;
    machine.resize(std::min<size_t>(machine.size(), 255));
  }
  arguments = Bytes(cursor.position(), cursor.left());
  return true;
}

bool RpcReply::Read(Bytes bytes) {
  *this = RpcReply();
  if (!IsRpcReply(bytes)) return false;
  ByteCursor cursor(bytes.data(), bytes.size());
  xid = cursor.U32();
  cursor.Skip(4);
  if (cursor.U32() == 1) {
    status = cursor.U32() == 0 ? "rpc_mismatch" : "auth_error";
    return true;
  }
  uint32_t flavor;
  Bytes verifier;
  if (!ReadAuth(cursor, &flavor, &verifier)) return false;
  constexpr const char* kNames[] = {"success",       "prog_unavail",
                                    "prog_mismatch", "proc_unavail",
                                    "garbage_args",  "system_err"};
  const uint32_t accepted = cursor.U32();
  if (!cursor.ok() || accepted >= std::size(kNames)) return false;
  status = kNames[accepted];
  success = accepted == 0;
  results = Bytes(cursor.position(), cursor.left());
  return true;
}

bool ReadRpcMapping(const RpcCall& call, RpcMapping* mapping) {
  constexpr size_t kMaxTransport = 16;
  ByteCursor cursor(call.arguments.data(), call.arguments.size());
  mapping->program = cursor.U32();
  mapping->version = cursor.U32();
  if (call.version > 2) {
    if (!ReadString(cursor, &mapping->transport)) return false;
    if (mapping->transport.size() > kMaxTransport) {
      mapping->transport.resize(kMaxTransport);
    }
    return true;
  }
  const uint32_t protocol = cursor.U32();
  mapping->transport = protocol == 6 ? "tcp" : protocol == 17 ? "udp" : "";
  return cursor.ok();
}

bool ReadRpcPort(Bytes results, uint32_t version, uint32_t* port) {
  *port = 0;
  ByteCursor cursor(results.data(), results.size());
  if (version <= 2) {
    *port = cursor.U32();
    return cursor.ok() && *port <= 0xffff;
  }
  // RFC 5665 5.2.3.4: "192.0.2.7.8.1" is port 2049.
  std::string address;
  if (!ReadString(cursor, &address)) return false;
  if (address.empty()) return true;
  const size_t low = address.rfind('.');
  const size_t high =
      low == std::string::npos || low == 0 ? low : address.rfind('.', low - 1);
  if (low == std::string::npos || high == std::string::npos) return false;
  uint32_t high_byte;
  uint32_t low_byte;
  const absl::string_view text = address;
  if (!absl::SimpleAtoi(text.substr(high + 1, low - high - 1), &high_byte) ||
      !absl::SimpleAtoi(text.substr(low + 1), &low_byte) || high_byte > 255 ||
      low_byte > 255) {
    return false;
  }
  *port = high_byte << 8 | low_byte;
  return true;
}

uint32_t CountRpcList(Bytes results) {
  // Version 2: a mark, program, version, protocol, port.
  ByteCursor cursor(results.data(), results.size());
  uint32_t count = 0;
  while (cursor.U32() == 1 && cursor.Skip(16)) ++count;
  return count;
}

bool ReadXdrString(Bytes bytes, std::string* text) {
  ByteCursor cursor(bytes.data(), bytes.size());
  return ReadString(cursor, text);
}

}  // namespace tapline
