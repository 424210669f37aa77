#include "tests/bench/traffic/dns_payload.h"

#include "tests/bench/traffic/bytes.h"

namespace tapline::bench {
namespace {

using std::string_view_literals::operator""sv;

void PutName(std::string& out, std::string_view name) {
  while (!name.empty()) {
    const size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    PutBlock8(out, label);
    name.remove_prefix(dot == name.npos ? name.size() : dot + 1);
  }
  Put8(out, 0);
}

std::string Header(uint16_t id, uint16_t flags, uint16_t answers,
                   uint16_t additional) {
  std::string out;
  Put16(out, id);
  Put16(out, flags);
  Put16(out, 1);
  Put16(out, answers);
  Put16(out, 0);
  Put16(out, additional);
  return out;
}

void PutQuestion(std::string& out, std::string_view name, uint16_t type) {
  PutName(out, name);
  Put16(out, type);
  Put16(out, 1);
}

std::string Data(Rng& rng, uint16_t type) {
  if (type == kDnsA) return RandomBytes(rng, 4);
  if (type == kDnsAaaa) {
    return std::string("\x20\x01\x0d\xb8"sv) + RandomBytes(rng, 12);
  }
  std::string text;
  PutBlock8(text, RandomBytes(rng, rng.Between(40, 120)));
  return text;
}

}  // namespace

std::string DnsQuery(uint16_t id, std::string_view name, uint16_t type,
                     bool edns) {
  std::string out = Header(id, 0x0100, 0, edns ? 1 : 0);
  PutQuestion(out, name, type);
  // OPT: root name, UDP size 1232, no options (RFC 6891).
  if (edns) out += "\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"sv;
  return out;
}

std::string DnsResponse(Rng& rng, uint16_t id, std::string_view name,
                        uint16_t type, bool exists) {
  const uint16_t answers =
      exists ? static_cast<uint16_t>(rng.Between(1, 3)) : 0;
  std::string out = Header(id, exists ? 0x8180 : 0x8183, answers, 0);
  PutQuestion(out, name, type);
  for (uint16_t i = 0; i < answers; ++i) {
    Put16(out, 0xc00c);
    Put16(out, type);
    Put16(out, 1);
    Put32(out, 300);
    PutBlock16(out, Data(rng, type));
  }
  return out;
}

std::string MdnsQuery(std::string_view name) {
  std::string out = Header(0, 0, 0, 0);
  PutQuestion(out, name, kDnsPtr);
  return out;
}

}  // namespace tapline::bench
