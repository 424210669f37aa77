// Messages at the beginning of an RDP connection, without trusting them.

#ifndef TAPLINE_SENSORD_ANALYZERS_RDP_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_RDP_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "sensord/analyzers/analyzer.h"

namespace tapline {

// TPKT head (RFC 1006 6): version 3, a byte, length with the head.
inline constexpr size_t kTpktBytes = 4;

// [MS-RDPBCGR] 2.2.1.1.1.
inline constexpr uint32_t kRdpTls = 0x1;
inline constexpr uint32_t kRdpCredSsp = 0x2;
inline constexpr uint32_t kRdpRdsTls = 0x4;
inline constexpr uint32_t kRdpCredSspEarly = 0x8;
inline constexpr uint32_t kRdpAad = 0x10;

// X.224 connection request (2.2.1.1).
struct RdpRequest {
  // Masked; empty without the cookie.
  std::string user;
  // A text that tells a broker where to go instead.
  bool routed = false;
  bool has_protocols = false;
  // kRdp...
  uint32_t protocols = 0;
  bool restricted_admin = false;
};

// X.224 connection confirm (2.2.1.2).
struct RdpConfirm {
  bool failed = false;
  // Of old servers there is none.
  uint32_t protocol = 0;
  uint32_t failure = 0;
};

// Client core data (2.2.1.3.2) and server security data (2.2.1.4.3).
struct RdpClientData {
  uint32_t version = 0;
  uint32_t build = 0;
  uint16_t width = 0;
  uint16_t height = 0;
  uint32_t keyboard = 0;
  std::string name;
};
struct RdpServerData {
  uint32_t method = 0;
  uint32_t level = 0;
};

// What a TPKT carries, by its X.224 code; kNone when it is neither.
enum class RdpKind : uint8_t { kNone, kRequest, kConfirm, kData };
RdpKind KindOfTpkt(Bytes tpkt);

// A whole TPKT each; false when it breaks its structure.
bool ReadRdpRequest(Bytes tpkt, RdpRequest* request);
bool ReadRdpConfirm(Bytes tpkt, RdpConfirm* confirm);
bool ReadRdpClientData(Bytes tpkt, RdpClientData* data);
bool ReadRdpServerData(Bytes tpkt, RdpServerData* data);

// "SSL_REQUIRED_BY_SERVER" or "failure 99".
std::string RdpFailureName(uint32_t failure);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_RDP_MESSAGE_H_
