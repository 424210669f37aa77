// What DNS records hold, as text.

#ifndef TAPLINE_SENSORD_ANALYZERS_DNS_RECORD_H_
#define TAPLINE_SENSORD_ANALYZERS_DNS_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace tapline {

// IANA "Resource Record (RR) TYPEs".
enum DnsType : uint16_t {
  kDnsTypeA = 1,
  kDnsTypeNs = 2,
  kDnsTypeCname = 5,
  kDnsTypeSoa = 6,
  kDnsTypePtr = 12,
  kDnsTypeMx = 15,
  kDnsTypeTxt = 16,
  kDnsTypeAaaa = 28,
  kDnsTypeSrv = 33,
  kDnsTypeDname = 39,
  kDnsTypeOpt = 41,
  kDnsTypeSvcb = 64,
  kDnsTypeHttps = 65,
  kDnsTypeCaa = 257,
};

inline constexpr size_t kMaxDnsRecordText = 512;

// Writes the record data at data[at, end) of a message to *text: addresses and
// names as they are, of others what zone files have in the same order:
//   MX     "10 mail.example"
//   SRV    "priority weight port target"
//   SOA    "primary mailbox serial"
//   TXT    its strings joined
//   CAA    "flags tag value"
//   SVCB   "priority target alpn=h2,h3 port=443 ipv4hint=192.0.2.1 ech"
// Other types give no text. Bytes that are not printable ASCII, quotes and
// backslashes are \ddd; at most kMaxDnsRecordText bytes.
// False when it is not what its type demands.
bool ReadDnsRecord(uint16_t type, const uint8_t* message, size_t at, size_t end,
                   std::string* text);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_DNS_RECORD_H_
