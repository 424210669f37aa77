// Domain names on the wire (RFC 1035 3.1, 4.1.4).
//
// Compression pointers must go strictly backwards and past the header, at most
// 64 of them; a name has at most 255 bytes on the wire.

#ifndef TAPLINE_SENSORD_ANALYZERS_DNS_NAME_H_
#define TAPLINE_SENSORD_ANALYZERS_DNS_NAME_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace tapline {

inline constexpr size_t kDnsHeaderBytes = 12;

// A domain name as text: lower case, no final dot ("." for the root); bytes
// other than letters, digits and plain punctuation as \ddd, dots and
// backslashes inside labels too (RFC 1035 5.1).
class DnsName {
 public:
  absl::string_view text() const { return {text_.data(), size_}; }
  // Length of the text had nothing been escaped.
  uint16_t plain_bytes() const { return plain_bytes_; }

  // Reads the name at *at of the message and moves *at behind it. False when
  // it breaks a rule; the text then holds the labels before that.
  bool Read(const uint8_t* message, size_t size, size_t* at);
  // The same without keeping it.
  static bool Skip(const uint8_t* message, size_t size, size_t* at);

 private:
  void AddLabel(const uint8_t* label, size_t size);

  // 253 bytes, each escaped, and dots.
  std::array<char, 1024> text_;
  uint16_t size_ = 0;
  uint16_t plain_bytes_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_DNS_NAME_H_
