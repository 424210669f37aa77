// Reads DNS messages (RFC 1035) without trusting them.
//
// Counts are limited by the bytes that are left; dns_name.h and dns_record.h
// have the rest. What breaks a rule ends the reading: everything before it
// stands, `malformed` says so.

#ifndef TAPLINE_SENSORD_ANALYZERS_DNS_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_DNS_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sensord/analyzers/dns_name.h"
#include "sensord/analyzers/dns_record.h"

namespace tapline {

inline constexpr size_t kMaxDnsAnswers = 32;
inline constexpr size_t kMaxDnsOtherNames = 32;

// RFC 6895 2.2, RFC 8490 5.4.
enum DnsOpcode : uint8_t {
  kDnsQuery = 0,
  kDnsNotify = 4,
  kDnsUpdate = 5,
  kDnsStateful = 6,
};

// One record of the answer section.
struct DnsAnswerData {
  // Lower case, escaped as \\ddd.
  std::string name;
  uint16_t type = 0;
  uint32_t ttl = 0;
  // As ReadDnsRecord has it.
  std::string data;
};

// The OPT record (RFC 6891 6.1.2).
struct DnsEdns {
  bool present = false;
  bool dnssec_ok = false;
  // Options: client subnet (RFC 7871), cookie (RFC 7873), padding (RFC 7830).
  bool client_subnet = false;
  bool cookie = false;
  bool padded = false;
  uint8_t version = 0;
  uint8_t rcode_high = 0;
  uint16_t payload_bytes = 0;
};

// The fixed part and the first question; reused from message to message.
struct DnsMessage {
  uint16_t id = 0;
  uint16_t counts[4] = {};
  uint16_t type = 0;
  uint16_t klass = 0;
  uint8_t opcode = 0;
  bool response = false;
  bool authoritative = false;
  bool truncated = false;
  bool recursion_desired = false;
  bool recursion_available = false;
  // The reserved bit Z (RFC 6895 2.1).
  bool reserved = false;
  bool authenticated_data = false;
  bool checking_disabled = false;
  bool has_question = false;
  bool malformed = false;
  // Bytes after the last record.
  bool trailing = false;
  // With the high bits of EDNS: 0..4095.
  uint16_t rcode = 0;
  DnsEdns edns;
  DnsName name;
  // Of the questions behind the first, kMaxDnsOtherNames of them.
  std::vector<std::string> other_names;

  // Reads all of it; the first kMaxDnsAnswers records of the answer section go
  // to `answers`, names to other_names, when `answers` is not null. False when
  // there is no whole header: the rest then means nothing.
  bool Read(const uint8_t* data, size_t size,
            std::vector<DnsAnswerData>* answers);

  // Beyond being well-formed: nothing that only chance would bring. For
  // messages on ports without a hint.
  bool IsCredible() const;

 private:
  struct Cursor;
  void ReadHeader(const uint8_t* data);
  bool ReadQuestions(Cursor& cursor, bool keep_others);
  bool ReadOtherQuestion(Cursor& cursor, bool keep);
  bool ReadRecords(Cursor& cursor, std::vector<DnsAnswerData>* answers);
  bool ReadAnswer(Cursor& cursor, DnsAnswerData* answer);
  bool ReadOther(Cursor& cursor, bool additional);
  bool ReadOpt(const uint8_t* tail, const uint8_t* data, size_t size);
};

// Whether a message's first question looks like one: its name ends within the
// message, uncompressed, and its class is in use. Far cheaper than Read.
bool HasPlainQuestion(const uint8_t* message, size_t size);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_DNS_MESSAGE_H_
