// ONC RPC messages (RFC 5531 9) and what the portmapper (RFC 1833) and mount
// (RFC 1813 5) say in them, without trusting them.

#ifndef TAPLINE_SENSORD_ANALYZERS_RPC_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_RPC_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "sensord/analyzers/analyzer.h"

namespace tapline {

inline constexpr uint32_t kRpcPortmap = 100000;
inline constexpr uint32_t kRpcNfs = 100003;
inline constexpr uint32_t kRpcMount = 100005;
inline constexpr uint32_t kRpcNfsAcl = 100227;

// Fixed parts say that a call or a reply begins there.
bool IsRpcCall(Bytes bytes);
bool IsRpcReply(Bytes bytes);

struct RpcCall {
  uint32_t xid = 0;
  uint32_t program = 0;
  uint32_t version = 0;
  uint32_t procedure = 0;
  uint32_t flavor = 0;
  // Of AUTH_SYS; at most 255 bytes.
  std::string machine;
  // Borrowed.
  Bytes arguments;

  // False when it breaks RFC 5531.
  bool Read(Bytes bytes);
};

struct RpcReply {
  uint32_t xid = 0;
  // "success", "prog_unavail", "auth_error".
  const char* status = "";
  bool success = false;
  // Borrowed.
  Bytes results;

  // False when it breaks RFC 5531.
  bool Read(Bytes bytes);
};

// What the portmapper is asked: GETPORT of version 2, GETADDR of 3 and 4.
struct RpcMapping {
  uint32_t program = 0;
  uint32_t version = 0;
  // "tcp", "udp"; at most 16 bytes.
  std::string transport;
};
bool ReadRpcMapping(const RpcCall& call, RpcMapping* mapping);
// Its answer, by the version of the call; 0: nowhere. False when it is none.
bool ReadRpcPort(Bytes results, uint32_t version, uint32_t* port);
// How many programs a list has, as far as it is there.
uint32_t CountRpcList(Bytes results);

// A string at the beginning (RFC 4506 4.11), at most 1024 bytes of it. False
// when it is not all there.
bool ReadXdrString(Bytes bytes, std::string* text);

// "nfs"; "" when it is not a well-known one.
absl::string_view RpcProgramName(uint32_t program);
absl::string_view RpcProcedureName(uint32_t program, uint32_t version,
                                   uint32_t procedure);
// "none", "sys", "gss", or "flavor 99".
std::string RpcFlavorName(uint32_t flavor);
// RFC 1813 5.1.5: "ok", "err_access", or "error 99".
std::string RpcMountStatusName(uint32_t status);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_RPC_MESSAGE_H_
