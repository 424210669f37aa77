// DNS messages (RFC 1035).
#ifndef TAPLINE_TESTS_BENCH_TRAFFIC_DNS_PAYLOAD_H_
#define TAPLINE_TESTS_BENCH_TRAFFIC_DNS_PAYLOAD_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/traffic/rng.h"

namespace tapline::bench {

constexpr uint16_t kDnsA = 1;
constexpr uint16_t kDnsCname = 5;
constexpr uint16_t kDnsPtr = 12;
constexpr uint16_t kDnsTxt = 16;
constexpr uint16_t kDnsAaaa = 28;

// A query, recursion desired; `edns` adds an OPT record.
std::string DnsQuery(uint16_t id, std::string_view name, uint16_t type,
                     bool edns);
// Its response with 1-3 answers of `type` (names compressed), or NXDOMAIN.
std::string DnsResponse(Rng& rng, uint16_t id, std::string_view name,
                        uint16_t type, bool exists);
// One-question multicast query for a PTR (RFC 6762).
std::string MdnsQuery(std::string_view name);

}  // namespace tapline::bench

#endif  // TAPLINE_TESTS_BENCH_TRAFFIC_DNS_PAYLOAD_H_
