// TLS handshake messages (RFC 8446, RFC 5246), right in every length.
#ifndef TAPLINE_TESTS_BENCH_TRAFFIC_TLS_PAYLOAD_H_
#define TAPLINE_TESTS_BENCH_TRAFFIC_TLS_PAYLOAD_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/traffic/rng.h"

namespace tapline::bench {

struct HelloOptions {
  std::string_view server_name;
  // ALPN protocols, e.g. {"h2", "http/1.1"}; the second may be empty.
  std::string_view alpn[2] = {"h2", "http/1.1"};
  // Offer TLS 1.3 and a key share; else 1.2 only.
  bool tls13 = true;
  // quic_transport_parameters (RFC 9001 8.2) when not empty; also leaves the
  // legacy session id empty.
  std::string_view quic_parameters;
};

// Handshake messages without a record header.
std::string ClientHello(Rng& rng, const HelloOptions& options);
std::string ServerHello(Rng& rng, bool tls13, std::string_view session_id);
// A Certificate message (TLS 1.2) with a chain of two X.509 certificates, the
// first for `name`, the other kIssuingAuthority's; keys and signatures are
// noise.
inline constexpr std::string_view kIssuingAuthority = "issuing-ca-7.example";
std::string Certificate(Rng& rng, std::string_view name);
std::string ServerKeyExchange(Rng& rng);
std::string ServerHelloDone();
std::string ClientKeyExchange(Rng& rng);

// `body` as one record of `type` (22 handshake, 23 data, 20 CCS).
std::string Record(uint8_t type, uint16_t version, std::string_view body);
// Header of an application data record that ends `bytes` later, itself
// included (Script::Imix).
void DataRecordPrefix(std::string& out, uint32_t bytes);

}  // namespace tapline::bench

#endif  // TAPLINE_TESTS_BENCH_TRAFFIC_TLS_PAYLOAD_H_
