// DCE/RPC PDUs for tests (C706 12.6).

#ifndef TAPLINE_TESTS_SENSORD_ANALYZERS_DCERPC_BYTES_H_
#define TAPLINE_TESTS_SENSORD_ANALYZERS_DCERPC_BYTES_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {

// 367abb81-9844-35f1-ad32-98f038001003, version 2: svcctl.
inline std::string SvcctlUuid() {
  return Hex("81bb7a364498f135ad3298f038001003");
}
inline std::string NdrSyntax() {
  return Hex("045d888aeb1cc9119fe808002b104860") + Little32(2);
}

inline std::string Rpc5(uint8_t type, uint32_t call, const std::string& body,
                        const std::string& token = {}, uint8_t auth_type = 10,
                        uint8_t auth_level = 2) {
  const std::string trailer =
      token.empty() ? std::string()
                    : absl::StrCat(Little(auth_type, 1), Little(auth_level, 1),
                                   Zeros(2), Little32(1), token);
  return absl::StrCat(Hex("0500"), Little(type, 1), Hex("03 10000000"),
                      Little16(16 + body.size() + trailer.size()),
                      Little16(token.size()), Little32(call), body, trailer);
}
inline std::string RpcBind(uint8_t type, uint32_t call,
                           const std::string& token = {},
                           uint8_t auth_level = 2) {
  return Rpc5(type, call,
              absl::StrCat(Little16(4280), Little16(4280), Zeros(4), Hex("01"),
                           Zeros(3), Little16(0), Hex("0100"), SvcctlUuid(),
                           Little32(2), NdrSyntax()),
              token, 10, auth_level);
}
inline std::string RpcBindAnswer(uint8_t type, uint32_t call, uint16_t result,
                                 const std::string& token = {}) {
  return Rpc5(type, call,
              absl::StrCat(Little16(4280), Little16(4280), Zeros(4),
                           Little16(6), "49155", Zeros(1), Hex("01"), Zeros(3),
                           Little16(result), Zeros(2), NdrSyntax()),
              token);
}
inline std::string RpcRequest(uint32_t call, uint16_t opnum,
                              const std::string& stub) {
  return Rpc5(
      0, call,
      absl::StrCat(Little32(stub.size()), Zeros(2), Little16(opnum), stub));
}
inline std::string RpcResponse(uint32_t call) {
  return Rpc5(2, call, absl::StrCat(Little32(4), Zeros(4), Zeros(4)));
}
inline std::string RpcFault(uint32_t call, uint32_t status) {
  return Rpc5(3, call,
              absl::StrCat(Little32(32), Zeros(4), Little32(status), Zeros(4)));
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_ANALYZERS_DCERPC_BYTES_H_
