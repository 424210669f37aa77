// Numbers and parts of SMB 2 messages ([MS-SMB2] 2.2.1).

#ifndef TAPLINE_SENSORD_ANALYZERS_SMB2_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_SMB2_MESSAGE_H_

#include <cstddef>
#include <cstdint>

#include "sensord/analyzers/little_endian.h"

namespace tapline::smb2 {

inline constexpr size_t kHeaderBytes = 64;

// Commands, and flags of the header.
inline constexpr uint16_t kNegotiate = 0;
inline constexpr uint16_t kSessionSetup = 1;
inline constexpr uint16_t kTreeConnect = 3;
inline constexpr uint16_t kCreate = 5;
inline constexpr uint16_t kClose = 6;
inline constexpr uint16_t kRead = 8;
inline constexpr uint16_t kWrite = 9;
inline constexpr uint16_t kIoctl = 11;
inline constexpr uint16_t kSetInfo = 17;
inline constexpr uint16_t kLastCommand = 19;
inline constexpr uint32_t kFlagResponse = 0x1;
inline constexpr uint32_t kFlagAsync = 0x2;
inline constexpr uint32_t kFlagRelated = 0x4;

// The fixed part of a command behind its header.
inline LittleCursor BodyOf(Bytes command) {
  return LittleCursor(command.subspan(kHeaderBytes));
}

// The bytes a body points to; those that were cut off are not missed.
inline bool Pointed(Bytes command, size_t offset, size_t size, bool cut,
                    Bytes* part) {
  if (size == 0) {
    *part = Bytes();
    return true;
  }
  if (PartOf(command, offset, size, part)) return true;
  if (cut && offset < command.size()) *part = command.subspan(offset);
  return cut;
}

}  // namespace tapline::smb2

#endif  // TAPLINE_SENSORD_ANALYZERS_SMB2_MESSAGE_H_
