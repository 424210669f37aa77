#include "sensord/analyzers/dns_record.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/net/ip_address.h"
#include "sensord/analyzers/dns_name.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline {
namespace {

// SvcParamKeys (RFC 9460 14.3.2).
constexpr uint16_t kAlpn = 1;
constexpr uint16_t kPort = 3;
constexpr uint16_t kIpv4Hint = 4;
constexpr uint16_t kEch = 5;
constexpr uint16_t kIpv6Hint = 6;
constexpr size_t kMaxHints = 4;

void AppendEscaped(const uint8_t* bytes, size_t size, std::string* text) {
  for (size_t i = 0; i < size; ++i) {
    const uint8_t c = bytes[i];
    if (text->size() + 4 > kMaxDnsRecordText) return;
    if (c >= 0x20 && c < 0x7f && c != '\\' && c != '"') {
      text->push_back(static_cast<char>(c));
      continue;
    }
    text->push_back('\\');
    text->push_back(static_cast<char>('0' + c / 100));
    text->push_back(static_cast<char>('0' + c / 10 % 10));
    text->push_back(static_cast<char>('0' + c % 10));
  }
}

bool AppendName(const uint8_t* message, size_t* at, size_t end,
                std::string* text) {
  DnsName name;
  if (!name.Read(message, end, at)) return false;
  text->append(name.text().data(), name.text().size());
  return true;
}

// Numbers of 16 bits, then a name: MX has one, SRV three.
bool ReadNumbersAndName(int numbers, const uint8_t* message, size_t at,
                        size_t end, std::string* text) {
  for (int i = 0; i < numbers; ++i, at += 2) {
    if (end - at < 2) return false;
    absl::StrAppend(text, LoadBig16(message + at), " ");
  }
  return AppendName(message, &at, end, text) && at == end;
}

bool ReadSoa(const uint8_t* message, size_t at, size_t end, std::string* text) {
  constexpr size_t kNumbers = 20;
  if (!AppendName(message, &at, end, text)) return false;
  text->push_back(' ');
  if (!AppendName(message, &at, end, text) || end - at != kNumbers) {
    return false;
  }
  absl::StrAppend(text, " ", LoadBig32(message + at));
  return true;
}

bool ReadTxt(ByteCursor in, std::string* text) {
  while (in.left() > 0) {
    const size_t size = in.U8();
    const uint8_t* bytes = in.Take(size);
    if (bytes == nullptr) return false;
    AppendEscaped(bytes, size, text);
  }
  return true;
}

bool ReadCaa(ByteCursor in, std::string* text) {
  const uint8_t flags = in.U8();
  const size_t size = in.U8();
  const uint8_t* tag = in.Take(size);
  if (tag == nullptr || size == 0) return false;
  absl::StrAppend(text, flags, " ");
  AppendEscaped(tag, size, text);
  text->push_back(' ');
  AppendEscaped(in.position(), in.left(), text);
  return true;
}

// Length-prefixed protocol names.
bool ReadAlpn(ByteCursor in, std::string* text) {
  text->append(" alpn=");
  bool first = true;
  while (in.left() > 0) {
    const size_t size = in.U8();
    const uint8_t* name = in.Take(size);
    if (name == nullptr || size == 0) return false;
    if (!first) text->push_back(',');
    first = false;
    AppendEscaped(name, size, text);
  }
  return !first;
}

bool ReadHints(ByteCursor in, bool v4, std::string* text) {
  const size_t width = v4 ? 4 : 16;
  if (in.left() == 0 || in.left() % width != 0) return false;
  text->append(v4 ? " ipv4hint=" : " ipv6hint=");
  for (size_t i = 0; i < kMaxHints && in.left() > 0; ++i) {
    const uint8_t* address = in.Take(width);
    absl::StrAppend(
        text, i == 0 ? "" : ",",
        (v4 ? IpAddress::FromV4(address) : IpAddress::FromV6(address))
            .ToString());
  }
  return true;
}

bool ReadParameter(uint16_t key, ByteCursor value, std::string* text) {
  switch (key) {
    case kAlpn:
      return ReadAlpn(value, text);
    case kPort:
      if (value.left() != 2) return false;
      absl::StrAppend(text, " port=", value.U16());
      return true;
    case kIpv4Hint:
    case kIpv6Hint:
      return ReadHints(value, key == kIpv4Hint, text);
    case kEch:
      text->append(" ech");
      return true;
    default:
      return true;
  }
}

// RFC 9460 2.2.
bool ReadSvcb(const uint8_t* message, size_t at, size_t end,
              std::string* text) {
  if (end - at < 2) return false;
  absl::StrAppend(text, LoadBig16(message + at), " ");
  at += 2;
  if (!AppendName(message, &at, end, text)) return false;
  ByteCursor in(message + at, end - at);
  int last = -1;
  while (in.left() > 0) {
    const uint16_t key = in.U16();
    const size_t size = in.U16();
    const uint8_t* value = in.Take(size);
    // Keys ascend.
    if (value == nullptr || key <= last) return false;
    last = key;
    if (!ReadParameter(key, ByteCursor(value, size), text)) return false;
  }
  return true;
}

}  // namespace

bool ReadDnsRecord(uint16_t type, const uint8_t* message, size_t at, size_t end,
                   std::string* text) {
  const size_t size = end - at;
  const uint8_t* data = message + at;
  text->clear();
  bool whole = true;
  switch (type) {
    case kDnsTypeA:
      if (size != 4) return false;
      *text = IpAddress::FromV4(data).ToString();
      return true;
    case kDnsTypeAaaa:
      if (size != 16) return false;
      *text = IpAddress::FromV6(data).ToString();
      return true;
    case kDnsTypeNs:
    case kDnsTypeCname:
    case kDnsTypePtr:
    case kDnsTypeDname:
      // The name must end where its data does.
      return AppendName(message, &at, end, text) && at == end;
    case kDnsTypeMx:
      whole = ReadNumbersAndName(1, message, at, end, text);
      break;
    case kDnsTypeSrv:
      whole = ReadNumbersAndName(3, message, at, end, text);
      break;
    case kDnsTypeSoa:
      whole = ReadSoa(message, at, end, text);
      break;
    case kDnsTypeTxt:
      whole = ReadTxt(ByteCursor(data, size), text);
      break;
    case kDnsTypeCaa:
      whole = ReadCaa(ByteCursor(data, size), text);
      break;
    case kDnsTypeSvcb:
    case kDnsTypeHttps:
      whole = ReadSvcb(message, at, end, text);
      break;
    default:
      break;
  }
  if (text->size() > kMaxDnsRecordText) text->resize(kMaxDnsRecordText);
  return whole;
}

}  // namespace tapline
