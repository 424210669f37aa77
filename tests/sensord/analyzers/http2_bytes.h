// HTTP/2 frames and plain header blocks.

#ifndef TAPLINE_TESTS_SENSORD_ANALYZERS_HTTP2_BYTES_H_
#define TAPLINE_TESTS_SENSORD_ANALYZERS_HTTP2_BYTES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tapline::testing {

inline std::string FromHex(const std::string& hex) {
  std::string out;
  std::string digits;
  for (const char c : hex) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    out += static_cast<char>(std::stoi(digits, nullptr, 16));
    digits.clear();
  }
  return out;
}

inline std::string Big32(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

inline std::string Frame(uint8_t type, uint8_t flags, uint32_t stream,
                         const std::string& payload) {
  std::string out = Big32(static_cast<uint32_t>(payload.size())).substr(1);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  return out + Big32(stream) + payload;
}

// Literals without indexing (RFC 7541 6.2.2), names and values under 127 bytes.
inline std::string Fields(
    const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += '\0';
    out += static_cast<char>(name.size());
    out += name;
    out += static_cast<char>(value.size());
    out += value;
  }
  return out;
}

inline const std::string kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
inline const std::string kHttp2Settings =
    Frame(4, 0, 0, std::string("\0\3\0\0\0\x64", 6));

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_ANALYZERS_HTTP2_BYTES_H_
