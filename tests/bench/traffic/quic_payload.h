// QUIC v1 datagrams with real Initial protection (RFC 9000, RFC 9001).
#ifndef TAPLINE_TESTS_BENCH_TRAFFIC_QUIC_PAYLOAD_H_
#define TAPLINE_TESTS_BENCH_TRAFFIC_QUIC_PAYLOAD_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/traffic/rng.h"

namespace tapline::bench {

// The connection ids of one connection: the client's first destination id
// (from which the Initial keys come), then each side's source id.
struct QuicIds {
  std::string original;
  std::string client;
  std::string server;
};
QuicIds MakeQuicIds(Rng& rng);

// Datagram of 1,200 bytes with the client's Initial: CRYPTO frame with a
// ClientHello that names `server_name`, ALPN h3. Empty when OpenSSL fails.
std::string QuicClientInitial(Rng& rng, const QuicIds& ids,
                              std::string_view server_name);
// Datagram with the server's Initial (ACK, ServerHello) and a Handshake packet
// of noise.
std::string QuicServerInitial(Rng& rng, const QuicIds& ids);
// Header of a 1-RTT packet to `destination`; noise follows.
std::string QuicShortHeader(Rng& rng, std::string_view destination);

}  // namespace tapline::bench

#endif  // TAPLINE_TESTS_BENCH_TRAFFIC_QUIC_PAYLOAD_H_
