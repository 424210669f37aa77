// SMB messages for tests ([MS-SMB2] 2.2, [MS-CIFS] 2.2).

#ifndef TAPLINE_TESTS_SENSORD_ANALYZERS_SMB_BYTES_H_
#define TAPLINE_TESTS_SENSORD_ANALYZERS_SMB_BYTES_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {

// NTSTATUS ([MS-ERREF] 2.3.1).
inline constexpr uint32_t kMoreProcessing = 0xc0000016;
inline constexpr uint32_t kLogonFailure = 0xc000006d;

// On its way over TCP.
inline std::string SmbFrame(const std::string& message) {
  return Big(message.size(), 4) + message;
}

struct Smb2Head {
  uint16_t command = 0;
  uint64_t message = 0;
  bool response = false;
  uint32_t status = 0;
  uint32_t tree = 0;
  uint64_t session = 0;
  // More flags, and the offset of the next command.
  uint32_t flags = 0;
  uint32_t next = 0;
};

inline std::string Smb2(const Smb2Head& h, const std::string& body) {
  return absl::StrCat("\xfeSMB", Little(64, 2), Zeros(2), Little(h.status, 4),
                      Little(h.command, 2), Little(1, 2),
                      Little(h.flags | (h.response ? 1 : 0), 4),
                      Little(h.next, 4), Little(h.message, 8), Zeros(4),
                      Little(h.tree, 4), Little(h.session, 8), Zeros(16), body);
}

// Client and server speak 3.1.1 with AES-128-GCM and must sign.
inline std::string Smb2NegotiateRequest() {
  const std::string dialects = Hex("0202 1002 0003 0203 1103");
  const std::string ciphers =
      absl::StrCat(Little(2, 2), Little(6, 2), Zeros(4), Little(2, 2),
                   Little(2, 2), Little(1, 2), Zeros(2));
  const std::string name = Utf16("files");
  const std::string names =
      absl::StrCat(Little(5, 2), Little(name.size(), 2), Zeros(4), name);
  return Smb2(
      {.command = 0},
      absl::StrCat(Little(36, 2), Little(5, 2), Little(1, 2), Zeros(2),
                   Little(0x7f, 4), std::string(16, 'g'), Little(112, 4),
                   Little(2, 2), Zeros(2), dialects, Zeros(2), ciphers, names));
}
inline std::string Smb2NegotiateResponse(uint16_t dialect = 0x0311) {
  const bool contexts = dialect == 0x0311;
  const std::string cipher = absl::StrCat(Little(2, 2), Little(4, 2), Zeros(4),
                                          Little(1, 2), Little(2, 2));
  return Smb2(
      {.command = 0, .response = true},
      absl::StrCat(Little(65, 2), Little(3, 2), Little(dialect, 2),
                   Little(contexts ? 1 : 0, 2), std::string(16, 's'),
                   Little(0x7f, 4), Little(1 << 20, 4), Little(1 << 20, 4),
                   Little(1 << 20, 4), Zeros(16), Little(128, 2), Little(0, 2),
                   Little(contexts ? 128 : 0, 4), contexts ? cipher : ""));
}

inline std::string Smb2SetupRequest(uint64_t message, uint64_t session,
                                    const std::string& token) {
  return Smb2(
      {.command = 1, .message = message, .session = session},
      absl::StrCat(Little(25, 2), Zeros(1), Little(1, 1), Zeros(8),
                   Little(88, 2), Little(token.size(), 2), Zeros(8), token));
}
inline std::string Smb2SetupResponse(uint64_t message, uint64_t session,
                                     uint32_t status, uint16_t flags,
                                     const std::string& token) {
  return Smb2({.command = 1,
               .message = message,
               .response = true,
               .status = status,
               .session = session},
              absl::StrCat(Little(9, 2), Little(flags, 2), Little(72, 2),
                           Little(token.size(), 2), token));
}
// What a failed command is answered with.
inline std::string Smb2Error(uint16_t command, uint64_t message,
                             uint32_t status) {
  return Smb2({.command = command,
               .message = message,
               .response = true,
               .status = status},
              absl::StrCat(Little(9, 2), Zeros(7)));
}

inline std::string Smb2TreeRequest(uint64_t message, const std::string& path) {
  const std::string text = Utf16(path);
  return Smb2({.command = 3, .message = message},
              absl::StrCat(Little(9, 2), Zeros(2), Little(72, 2),
                           Little(text.size(), 2), text));
}
inline std::string Smb2TreeResponse(uint64_t message, uint32_t tree,
                                    uint8_t type) {
  return Smb2(
      {.command = 3, .message = message, .response = true, .tree = tree},
      absl::StrCat(Little(16, 2), Little(type, 1), Zeros(1), Zeros(4), Zeros(4),
                   Little(0x1f01ff, 4)));
}

inline std::string Smb2FileId(uint64_t id) {
  return Little(id, 8) + Little(id + 1, 8);
}
// Refers to the file that the chain's first command opens.
inline std::string Smb2SameFile() { return std::string(16, '\xff'); }

inline std::string Smb2CreateBody(const std::string& name,
                                  uint32_t options = 0) {
  const std::string text = Utf16(name);
  return absl::StrCat(Little(57, 2), Zeros(38), Little(options, 4),
                      Little(120, 2), Little(text.size(), 2), Zeros(8), text);
}
inline std::string Smb2CreateRequest(uint64_t message, uint32_t tree,
                                     const std::string& name,
                                     uint32_t options = 0) {
  return Smb2({.command = 5, .message = message, .tree = tree},
              Smb2CreateBody(name, options));
}
inline std::string Smb2CreateResponseBody(uint64_t file, uint32_t action,
                                          uint64_t size) {
  return absl::StrCat(Little(89, 2), Zeros(2), Little(action, 4), Zeros(32),
                      Little(size, 8), Little(size, 8), Little(0x20, 4),
                      Zeros(4), Smb2FileId(file), Zeros(8));
}
inline std::string Smb2CreateResponse(uint64_t message, uint64_t file,
                                      uint32_t action, uint64_t size) {
  return Smb2({.command = 5, .message = message, .response = true},
              Smb2CreateResponseBody(file, action, size));
}
inline std::string Smb2WriteRequest(uint64_t message, uint64_t file,
                                    const std::string& data) {
  return Smb2(
      {.command = 9, .message = message},
      absl::StrCat(Little(49, 2), Little(112, 2), Little(data.size(), 4),
                   Zeros(8), Smb2FileId(file), Zeros(16), data));
}
inline std::string Smb2WriteResponse(uint64_t message, uint32_t size) {
  return Smb2({.command = 9, .message = message, .response = true},
              absl::StrCat(Little(17, 2), Zeros(2), Little(size, 4), Zeros(8)));
}
inline std::string Smb2ReadRequest(uint64_t message, uint64_t file,
                                   uint32_t size) {
  return Smb2({.command = 8, .message = message},
              absl::StrCat(Little(49, 2), Zeros(2), Little(size, 4), Zeros(8),
                           Smb2FileId(file), Zeros(16)));
}
inline std::string Smb2ReadResponse(uint64_t message, const std::string& data) {
  return Smb2({.command = 8, .message = message, .response = true},
              absl::StrCat(Little(17, 2), Little(80, 1), Zeros(1),
                           Little(data.size(), 4), Zeros(8), data));
}
inline std::string Smb2CloseBody(const std::string& file_id) {
  return absl::StrCat(Little(24, 2), Zeros(6), file_id);
}
inline std::string Smb2CloseRequest(uint64_t message, uint64_t file) {
  return Smb2({.command = 6, .message = message},
              Smb2CloseBody(Smb2FileId(file)));
}
inline std::string Smb2CloseResponse(uint64_t message) {
  return Smb2({.command = 6, .message = message, .response = true},
              absl::StrCat(Little(60, 2), Zeros(58)));
}

// FSCTL_PIPE_TRANSCEIVE, unless `code` says otherwise.
inline std::string Smb2IoctlRequest(uint64_t message, uint64_t file,
                                    const std::string& data,
                                    uint32_t code = 0x0011c017) {
  return Smb2(
      {.command = 11, .message = message},
      absl::StrCat(Little(57, 2), Zeros(2), Little(code, 4), Smb2FileId(file),
                   Little(120, 4), Little(data.size(), 4), Zeros(12),
                   Little(4096, 4), Little(1, 4), Zeros(4), data));
}
inline std::string Smb2IoctlResponse(uint64_t message, uint64_t file,
                                     const std::string& data,
                                     uint32_t status = 0) {
  return Smb2(
      {.command = 11, .message = message, .response = true, .status = status},
      absl::StrCat(Little(49, 2), Zeros(2), Little(0x0011c017, 4),
                   Smb2FileId(file), Zeros(8), Little(112, 4),
                   Little(data.size(), 4), Zeros(8), data));
}

struct Smb1Head {
  uint8_t command = 0;
  bool response = false;
  uint32_t status = 0;
  uint16_t tree = 0;
  uint16_t user = 0;
  uint16_t multiplex = 1;
  uint16_t flags2 = 0xc801;
};

// A command: count of words, words, count of bytes, bytes.
inline std::string Smb1Block(const std::string& words,
                             const std::string& bytes) {
  return absl::StrCat(Little(words.size() / 2, 1), words,
                      Little(bytes.size(), 2), bytes);
}
inline std::string Smb1(const Smb1Head& h, const std::string& blocks) {
  return absl::StrCat("\xffSMB", Little(h.command, 1), Little(h.status, 4),
                      Little(h.response ? 0x88 : 0x08, 1), Little(h.flags2, 2),
                      Zeros(12), Little(h.tree, 2), Little(77, 2),
                      Little(h.user, 2), Little(h.multiplex, 2), blocks);
}
// No other command follows.
inline std::string Smb1NoAndX() { return Hex("ff000000"); }

// In its frame.
inline std::string Smb1Negotiate() {
  return SmbFrame(
      Smb1({.command = 0x72},
           Smb1Block("", absl::StrCat("\2PC NETWORK PROGRAM 1.0", Zeros(1),
                                      "\2NT LM 0.12", Zeros(1)))));
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_ANALYZERS_SMB_BYTES_H_
