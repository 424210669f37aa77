// Reads DNS messages (RFC 1035) without trusting them.
//
// Compression pointers must go strictly backwards and past the header, at most
// 64 of them; a name has at most 255 bytes on the wire; counts are limited by
// the bytes that are left. What breaks a rule ends the reading: everything
// before it stands, `malformed` says so.

#ifndef TAPLINE_SENSORD_ANALYZERS_DNS_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_DNS_MESSAGE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tapline {

// One record of the answer section.
struct DnsAnswerData {
  // Lower case, escaped as \\ddd.
  std::string name;
  uint16_t type = 0;
  uint32_t ttl = 0;
  // Text of A, AAAA, CNAME, NS, PTR; empty for other types.
  std::string data;
};

inline constexpr size_t kDnsHeaderBytes = 12;
inline constexpr size_t kMaxDnsAnswers = 32;

inline constexpr uint16_t kDnsTypeA = 1;
inline constexpr uint16_t kDnsTypeNs = 2;
inline constexpr uint16_t kDnsTypeCname = 5;
inline constexpr uint16_t kDnsTypePtr = 12;
inline constexpr uint16_t kDnsTypeAaaa = 28;

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

 private:
  void AddLabel(const uint8_t* label, size_t size);

  // 253 bytes, each escaped, and dots.
  std::array<char, 1024> text_;
  uint16_t size_ = 0;
  uint16_t plain_bytes_ = 0;
};

// The fixed part and the first question; reused from message to message.
struct DnsMessage {
  uint16_t id = 0;
  bool response = false;
  uint8_t opcode = 0;
  bool truncated = false;
  bool recursion_desired = false;
  uint8_t rcode = 0;
  uint16_t counts[4] = {};
  // The reserved bit Z (RFC 6895 2.1).
  bool reserved = false;
  bool has_question = false;
  DnsName name;
  uint16_t type = 0;
  uint16_t klass = 0;
  bool malformed = false;
  // Bytes after the last record.
  bool trailing = false;

  // Reads all of it; the first kMaxDnsAnswers records of the answer section go
  // to `answers` when it is not null. False when there is no whole header: the
  // rest then means nothing.
  bool Read(const uint8_t* data, size_t size,
            std::vector<DnsAnswerData>* answers);

  // Beyond being well-formed: nothing that only chance would bring. For
  // messages on ports without a hint.
  bool IsCredible() const;

 private:
  struct Cursor;
  bool ReadQuestions(Cursor& cursor);
  bool ReadRecords(Cursor& cursor, std::vector<DnsAnswerData>* answers);
  bool ReadRecord(Cursor& cursor, DnsAnswerData* answer);
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_DNS_MESSAGE_H_
