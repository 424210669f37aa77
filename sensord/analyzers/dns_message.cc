#include "sensord/analyzers/dns_message.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "common/net/ip_address.h"

namespace tapline {
namespace {

constexpr size_t kMaxNameBytes = 255;
constexpr int kMaxJumps = 64;
constexpr size_t kQuestionTail = 4;
constexpr size_t kRecordTail = 10;

// Lower case of what may stand as it is, else 0.
struct PlainTable {
  constexpr PlainTable() {
    for (int c = 0x21; c < 0x7f; ++c) {
      if (c == '.' || c == '\\' || c == '"') continue;
      plain[c] = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
  }
  char plain[256] = {};
};
constexpr PlainTable kPlain;

uint16_t Load16(const uint8_t* p) {
  return static_cast<uint16_t>(p[0] << 8 | p[1]);
}
uint32_t Load32(const uint8_t* p) {
  return static_cast<uint32_t>(Load16(p)) << 16 | Load16(p + 2);
}

}  // namespace

void DnsName::AddLabel(const uint8_t* label, size_t size) {
  if (size_ != 0) {
    text_[size_++] = '.';
    ++plain_bytes_;
  }
  plain_bytes_ = static_cast<uint16_t>(plain_bytes_ + size);
  for (size_t i = 0; i < size; ++i) {
    const uint8_t c = label[i];
    if (kPlain.plain[c] != 0) {
      text_[size_++] = kPlain.plain[c];
      continue;
    }
    text_[size_++] = '\\';
    text_[size_++] = static_cast<char>('0' + c / 100);
    text_[size_++] = static_cast<char>('0' + c / 10 % 10);
    text_[size_++] = static_cast<char>('0' + c % 10);
  }
}

bool DnsName::Read(const uint8_t* message, size_t size, size_t* at) {
  size_ = plain_bytes_ = 0;
  size_t position = *at;
  // A pointer must lead before the part of the name it ends.
  size_t before = position;
  size_t wire_bytes = 0;
  int jumps = 0;
  while (position < size) {
    const uint8_t length = message[position];
    if (length == 0) {
      if (jumps == 0) *at = position + 1;
      if (size_ == 0) text_[size_++] = '.';
      return true;
    }
    if (length >= 0xc0) {
      if (position + 2 > size || ++jumps > kMaxJumps) return false;
      const size_t target = Load16(message + position) & 0x3fff;
      if (target >= before || target < kDnsHeaderBytes) return false;
      if (jumps == 1) *at = position + 2;
      position = before = target;
      continue;
    }
    wire_bytes += length + 1u;
    if (length > 63 || wire_bytes + 1 > kMaxNameBytes ||
        position + 1 + length > size) {
      return false;
    }
    AddLabel(message + position + 1, length);
    position += length + 1u;
  }
  return false;
}

struct DnsMessage::Cursor {
  const uint8_t* data;
  size_t size;
  size_t at;
  size_t left() const { return size - at; }
};

bool DnsMessage::Read(const uint8_t* data, size_t size,
                      std::vector<DnsAnswerData>* answers) {
  if (size < kDnsHeaderBytes) return false;
  id = Load16(data);
  response = (data[2] & 0x80) != 0;
  opcode = data[2] >> 3 & 0x0f;
  truncated = (data[2] & 0x02) != 0;
  recursion_desired = (data[2] & 0x01) != 0;
  reserved = (data[3] & 0x40) != 0;
  rcode = data[3] & 0x0f;
  for (int i = 0; i < 4; ++i) counts[i] = Load16(data + 4 + 2 * i);
  has_question = trailing = false;
  type = klass = 0;
  Cursor cursor{data, size, kDnsHeaderBytes};
  malformed = !ReadQuestions(cursor) || !ReadRecords(cursor, answers);
  trailing = !malformed && cursor.left() > 0;
  return true;
}

bool DnsMessage::ReadQuestions(Cursor& cursor) {
  if (counts[0] == 0) return true;
  has_question = true;
  if (!name.Read(cursor.data, cursor.size, &cursor.at) ||
      cursor.left() < kQuestionTail) {
    return false;
  }
  type = Load16(cursor.data + cursor.at);
  klass = Load16(cursor.data + cursor.at + 2);
  cursor.at += kQuestionTail;
  // Each takes 5 bytes or more, so lies about the count end soon.
  DnsName skipped;
  for (int i = 1; i < counts[0]; ++i) {
    if (!skipped.Read(cursor.data, cursor.size, &cursor.at) ||
        cursor.left() < kQuestionTail) {
      return false;
    }
    cursor.at += kQuestionTail;
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
      const bool wanted = section == 1 && answers != nullptr &&
                          answers->size() < kMaxDnsAnswers;
      if (!wanted) {
        if (!ReadRecord(cursor, nullptr)) return false;
        continue;
      }
      DnsAnswerData& answer = answers->emplace_back();
      if (!ReadRecord(cursor, &answer)) {
        answers->pop_back();
        return false;
      }
    }
  }
  return true;
}

bool DnsMessage::ReadRecord(Cursor& cursor, DnsAnswerData* answer) {
  DnsName owner;
  if (!owner.Read(cursor.data, cursor.size, &cursor.at) ||
      cursor.left() < kRecordTail) {
    return false;
  }
  const uint8_t* tail = cursor.data + cursor.at;
  const size_t length = Load16(tail + 8);
  cursor.at += kRecordTail;
  if (length > cursor.left()) return false;
  const size_t data_at = cursor.at;
  cursor.at += length;
  if (answer == nullptr) return true;
  const uint8_t* data = cursor.data + data_at;
  answer->name.assign(owner.text().data(), owner.text().size());
  answer->type = Load16(tail);
  answer->ttl = Load32(tail + 4);
  switch (answer->type) {
    case kDnsTypeA:
      if (length != 4) return false;
      answer->data = IpAddress::FromV4(data).ToString();
      return true;
    case kDnsTypeAaaa:
      if (length != 16) return false;
      answer->data = IpAddress::FromV6(data).ToString();
      return true;
    case kDnsTypeNs:
    case kDnsTypeCname:
    case kDnsTypePtr: {
      DnsName target;
      size_t at = data_at;
      // The name must end where its data does.
      if (!target.Read(cursor.data, cursor.at, &at) || at != cursor.at) {
        return false;
      }
      answer->data.assign(target.text().data(), target.text().size());
      return true;
    }
    default:
      return true;
  }
}

bool DnsMessage::IsCredible() const {
  if (malformed || trailing || reserved || opcode > 5 || !has_question ||
      counts[0] != 1 || name.plain_bytes() == 0) {
    return false;
  }
  const bool class_known =
      klass == 1 || klass == 3 || klass == 4 || klass == 254 || klass == 255;
  const bool type_known = (type > 0 && type <= 260) || type >= 32768;
  if (!class_known || !type_known) return false;
  return response || (rcode == 0 && counts[1] == 0 && counts[3] <= 2);
}

}  // namespace tapline
