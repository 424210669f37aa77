// DNS messages for tests, piece by piece.

#ifndef TAPLINE_TESTS_SENSORD_ANALYZERS_DNS_BYTES_H_
#define TAPLINE_TESTS_SENSORD_ANALYZERS_DNS_BYTES_H_

#include <cstdint>
#include <string>

namespace tapline::testing {

using DnsBytes = std::string;

inline DnsBytes Dns16(uint32_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value)};
}

// "a.b" as labels; `end` adds the root.
inline DnsBytes DnsLabels(const std::string& name, bool end) {
  DnsBytes out;
  for (size_t at = 0; at < name.size();) {
    size_t dot = name.find('.', at);
    if (dot == std::string::npos) dot = name.size();
    out += static_cast<char>(dot - at) + name.substr(at, dot - at);
    at = dot + 1;
  }
  if (end) out += '\0';
  return out;
}

inline DnsBytes DnsPointer(uint16_t target) { return Dns16(0xc000 | target); }

inline DnsBytes DnsHeader(uint16_t id, uint16_t flags, uint16_t questions,
                          uint16_t answers) {
  return Dns16(id) + Dns16(flags) + Dns16(questions) + Dns16(answers) +
         Dns16(0) + Dns16(0);
}

// Type and class of a question.
inline DnsBytes DnsTail(uint16_t type) { return Dns16(type) + Dns16(1); }

inline DnsBytes DnsQuery(uint16_t id, const std::string& name, uint16_t type) {
  return DnsHeader(id, 0x0100, 1, 0) + DnsLabels(name, true) + DnsTail(type);
}

inline DnsBytes DnsResponse(uint16_t id, const std::string& name, uint16_t type,
                            uint16_t answers) {
  return DnsHeader(id, 0x8180, 1, answers) + DnsLabels(name, true) +
         DnsTail(type);
}

inline void AddRecord(DnsBytes& message, const DnsBytes& owner, uint16_t type,
                      const DnsBytes& data) {
  message += owner + Dns16(type) + Dns16(1) + Dns16(0) + Dns16(300) +
             Dns16(static_cast<uint32_t>(data.size())) + data;
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_ANALYZERS_DNS_BYTES_H_
