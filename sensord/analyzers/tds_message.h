// Messages at the beginning of a TDS connection ([MS-TDS] 2.2), without
// trusting them.

#ifndef TAPLINE_SENSORD_ANALYZERS_TDS_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_TDS_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "sensord/analyzers/analyzer.h"

namespace tapline {

// Head of a packet (2.2.3.1): type, status, length, ...
inline constexpr size_t kTdsHeadBytes = 8;
inline constexpr uint8_t kTdsReply = 0x04;
inline constexpr uint8_t kTdsLogin7 = 0x10;
inline constexpr uint8_t kTdsSspi = 0x11;
inline constexpr uint8_t kTdsPrelogin = 0x12;

// Size of the packet that begins with these bytes, kTdsHeadBytes or more; 0
// when none does.
size_t TdsPacketSize(Bytes head);

// 2.2.6.5; client or server.
struct TdsPrelogin {
  // "15.0.2000".
  std::string version;
  // 0 off, 1 on, 2 not supported, 3 required; -1 not told.
  int encryption = -1;
};

// 2.2.6.4.
struct TdsLogin {
  std::string version;
  std::string workstation;
  // Masked.
  std::string account;
  std::string application;
  std::string server_name;
  std::string database;
  bool integrated = false;
  // Borrowed.
  Bytes token;
};

// What the tokens of a reply say of a login (2.2.7).
struct TdsReply {
  bool accepted = false;
  std::string program;
  std::string server_version;
  // "7.4".
  std::string version;
  // Of the last error; 0 for none.
  uint32_t error = 0;
  // Borrowed; empty for none.
  Bytes token;
};

// What is behind the packet's head; false when it breaks [MS-TDS], what could
// be read stands. `cut`: the end is missing.
bool ReadTdsPrelogin(Bytes payload, bool cut, TdsPrelogin* prelogin);
bool ReadTdsLogin(Bytes payload, bool cut, TdsLogin* login);
bool ReadTdsReply(Bytes payload, bool cut, TdsReply* reply);

// "off"; "" for -1.
const char* TdsEncryptionName(int encryption);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_TDS_MESSAGE_H_
