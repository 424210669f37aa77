// Numbers and texts of SMB 1 messages ([MS-CIFS] 2.2).

#ifndef TAPLINE_SENSORD_ANALYZERS_SMB1_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_SMB1_MESSAGE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "sensord/analyzers/analyzer.h"
#include "sensord/analyzers/smb_log.h"
#include "sensord/analyzers/utf16.h"

namespace tapline::smb1 {

// Commands (2.2.2.1).
inline constexpr uint8_t kClose = 0x04;
inline constexpr uint8_t kDelete = 0x06;
inline constexpr uint8_t kLocking = 0x24;
inline constexpr uint8_t kTransaction = 0x25;
inline constexpr uint8_t kTransactionSecondary = 0x26;
inline constexpr uint8_t kOpenAndX = 0x2d;
inline constexpr uint8_t kReadAndX = 0x2e;
inline constexpr uint8_t kWriteAndX = 0x2f;
inline constexpr uint8_t kTreeConnect = 0x70;
inline constexpr uint8_t kNegotiate = 0x72;
inline constexpr uint8_t kSessionSetup = 0x73;
inline constexpr uint8_t kLogoff = 0x74;
inline constexpr uint8_t kTreeConnectAndX = 0x75;
inline constexpr uint8_t kNtCreate = 0xa2;
inline constexpr uint8_t kNoMore = 0xff;
// Flags of the header (2.2.3.1).
inline constexpr uint8_t kFlagResponse = 0x80;
inline constexpr uint16_t kFlagNtStatus = 0x4000;
inline constexpr uint16_t kFlagUnicode = 0x8000;

inline SmbFileKey KeyOf(uint16_t fid) { return {0, fid}; }

inline constexpr size_t kMaxText = 512;

// The texts among a block's bytes, one after the other.
class TextReader {
 public:
  // `at`: of `bytes` in the message.
  TextReader(Bytes bytes, size_t at, bool unicode)
      : bytes_(bytes), at_(at), unicode_(unicode) {}

  void Skip(size_t n) {
    n = std::min(n, bytes_.size());
    bytes_.remove_prefix(n);
    at_ += n;
  }
  // Up to its NUL, or the end.
  std::string Next() { return unicode_ ? NextUnicode() : NextPlain(); }
  std::string NextPlain() {
    const absl::string_view all = TextOf(bytes_);
    const size_t end = std::min(all.find('\0'), all.size());
    const absl::string_view text = all.substr(0, std::min(end, kMaxText));
    Skip(end + 1);
    return {text.data(), text.size()};
  }

 private:
  std::string NextUnicode() {
    if (at_ % 2 != 0) Skip(1);
    size_t end = 0;
    while (end + 2 <= bytes_.size() &&
           (bytes_[end] != 0 || bytes_[end + 1] != 0)) {
      end += 2;
    }
    std::string text =
        Utf16Text(bytes_.first(std::min(end, bytes_.size())), kMaxText);
    Skip(end + 2);
    return text;
  }

  Bytes bytes_;
  size_t at_;
  const bool unicode_;
};

}  // namespace tapline::smb1

#endif  // TAPLINE_SENSORD_ANALYZERS_SMB1_MESSAGE_H_
