#include "sensord/analyzers/dns_message.h"

#include "sensord/decode/byte_cursor.h"

namespace tapline {
namespace {

constexpr size_t kQuestionTail = 4;
constexpr size_t kRecordTail = 10;

// RFC 1035 3.2.4, RFC 2136 1.3.
bool IsKnownClass(uint16_t klass) {
  return klass == 1 || klass == 3 || klass == 4 || klass == 254 || klass == 255;
}

}  // namespace

struct DnsMessage::Cursor {
  const uint8_t* data;
  size_t size;
  size_t at;
  size_t left() const { return size - at; }
};

bool DnsMessage::Read(const uint8_t* data, size_t size,
                      std::vector<DnsAnswerData>* answers) {
  if (size < kDnsHeaderBytes) return false;
  ReadHeader(data);
  has_question = trailing = malformed = false;
  type = klass = 0;
  edns = DnsEdns();
  // RFC 8490 5.4: what follows the header has a form of its own.
  if (opcode == kDnsStateful) return true;
  Cursor cursor{data, size, kDnsHeaderBytes};
  other_names.clear();
  malformed = !ReadQuestions(cursor, answers != nullptr) ||
              !ReadRecords(cursor, answers);
  trailing = !malformed && cursor.left() > 0;
  if (response) rcode |= static_cast<uint16_t>(edns.rcode_high << 4);
  return true;
}

void DnsMessage::ReadHeader(const uint8_t* data) {
  id = LoadBig16(data);
  response = (data[2] & 0x80) != 0;
  opcode = data[2] >> 3 & 0x0f;
  authoritative = (data[2] & 0x04) != 0;
  truncated = (data[2] & 0x02) != 0;
  recursion_desired = (data[2] & 0x01) != 0;
  recursion_available = (data[3] & 0x80) != 0;
  reserved = (data[3] & 0x40) != 0;
  authenticated_data = (data[3] & 0x20) != 0;
  checking_disabled = (data[3] & 0x10) != 0;
  rcode = data[3] & 0x0f;
  for (int i = 0; i < 4; ++i) counts[i] = LoadBig16(data + 4 + 2 * i);
}

bool DnsMessage::ReadOtherQuestion(Cursor& cursor, bool keep) {
  DnsName other;
  const bool whole = keep ? other.Read(cursor.data, cursor.size, &cursor.at)
                          : DnsName::Skip(cursor.data, cursor.size, &cursor.at);
  if (!whole || cursor.left() < kQuestionTail) return false;
  if (keep) other_names.emplace_back(other.text().data(), other.text().size());
  cursor.at += kQuestionTail;
  return true;
}

bool DnsMessage::ReadQuestions(Cursor& cursor, bool keep_others) {
  if (counts[0] == 0) return true;
  has_question = true;
  if (!name.Read(cursor.data, cursor.size, &cursor.at) ||
      cursor.left() < kQuestionTail) {
    return false;
  }
  type = LoadBig16(cursor.data + cursor.at);
  klass = LoadBig16(cursor.data + cursor.at + 2);
  cursor.at += kQuestionTail;
  // Each takes 5 bytes or more, so lies about the count end soon.
  for (int i = 1; i < counts[0]; ++i) {
    const bool keep = keep_others && other_names.size() < kMaxDnsOtherNames;
    if (!ReadOtherQuestion(cursor, keep)) return false;
  }
  return true;
}

bool DnsMessage::ReadRecords(Cursor& cursor,
                             std::vector<DnsAnswerData>* answers) {
  // A TC response may end anywhere.
  const bool cut_short = truncated && response;
  for (int section = 1; section < 4; ++section) {
    for (int i = 0; i < counts[section]; ++i) {
      if (cut_short && cursor.left() == 0) return true;
      // The first section of an update are its conditions (RFC 2136 2.4).
      const bool wanted = section == 1 && opcode != kDnsUpdate &&
                          answers != nullptr &&
                          answers->size() < kMaxDnsAnswers;
      if (!wanted) {
        if (!ReadOther(cursor, section == 3)) return false;
        continue;
      }
      DnsAnswerData& answer = answers->emplace_back();
      if (!ReadAnswer(cursor, &answer)) {
        answers->pop_back();
        return false;
      }
    }
  }
  return true;
}

bool DnsMessage::ReadAnswer(Cursor& cursor, DnsAnswerData* answer) {
  DnsName owner;
  if (!owner.Read(cursor.data, cursor.size, &cursor.at) ||
      cursor.left() < kRecordTail) {
    return false;
  }
  const uint8_t* tail = cursor.data + cursor.at;
  const size_t length = LoadBig16(tail + 8);
  cursor.at += kRecordTail;
  if (length > cursor.left()) return false;
  const size_t at = cursor.at;
  cursor.at += length;
  answer->name.assign(owner.text().data(), owner.text().size());
  answer->type = LoadBig16(tail);
  answer->ttl = LoadBig32(tail + 4);
  return ReadDnsRecord(answer->type, cursor.data, at, cursor.at, &answer->data);
}

bool DnsMessage::ReadOther(Cursor& cursor, bool additional) {
  if (!DnsName::Skip(cursor.data, cursor.size, &cursor.at) ||
      cursor.left() < kRecordTail) {
    return false;
  }
  const uint8_t* tail = cursor.data + cursor.at;
  const size_t length = LoadBig16(tail + 8);
  cursor.at += kRecordTail;
  if (length > cursor.left()) return false;
  const uint8_t* data = cursor.data + cursor.at;
  cursor.at += length;
  return !additional || LoadBig16(tail) != kDnsTypeOpt ||
         ReadOpt(tail, data, length);
}

bool DnsMessage::ReadOpt(const uint8_t* tail, const uint8_t* data,
                         size_t size) {
  // Option codes (IANA DNS EDNS0).
  constexpr uint16_t kClientSubnet = 8;
  constexpr uint16_t kCookie = 10;
  constexpr uint16_t kPadding = 12;
  // RFC 6891 6.1.1: one at most.
  if (edns.present) return false;
  edns.present = true;
  edns.payload_bytes = LoadBig16(tail + 2);
  edns.rcode_high = tail[4];
  edns.version = tail[5];
  edns.dnssec_ok = (tail[6] & 0x80) != 0;
  ByteCursor in(data, size);
  while (in.left() > 0) {
    const uint16_t code = in.U16();
    if (!in.Skip(in.U16())) return false;
    edns.client_subnet |= code == kClientSubnet;
    edns.cookie |= code == kCookie;
    edns.padded |= code == kPadding;
  }
  return true;
}

bool DnsMessage::IsCredible() const {
  if (malformed || trailing || reserved || opcode > kDnsUpdate ||
      !has_question || counts[0] != 1 || name.plain_bytes() == 0) {
    return false;
  }
  const bool type_known = (type > 0 && type <= 260) || type >= 32768;
  if (!IsKnownClass(klass) || !type_known) return false;
  return response || opcode == kDnsUpdate ||
         (rcode == 0 && counts[1] == 0 && counts[3] <= 2);
}

bool HasPlainQuestion(const uint8_t* message, size_t size) {
  // Unicast responses are asked for in the class (RFC 6762 18.12).
  constexpr uint16_t kUnicastResponse = 0x8000;
  size_t at = kDnsHeaderBytes;
  while (at < size && message[at] != 0) {
    if (message[at] > 63) return false;
    at += message[at] + 1u;
  }
  if (at >= size || size - at < 1 + kQuestionTail) return false;
  if (at + 1 - kDnsHeaderBytes > 255) return false;
  const uint16_t klass = LoadBig16(message + at + 3);
  return IsKnownClass(klass & static_cast<uint16_t>(~kUnicastResponse));
}

}  // namespace tapline
