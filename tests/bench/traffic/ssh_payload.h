// SSH key exchange messages (RFC 4253, RFC 8731), right in every length.
#ifndef TAPLINE_TESTS_BENCH_TRAFFIC_SSH_PAYLOAD_H_
#define TAPLINE_TESTS_BENCH_TRAFFIC_SSH_PAYLOAD_H_

#include <string>

#include "tests/bench/traffic/rng.h"

namespace tapline::bench {

// One side's KEXINIT; `full` offers as many algorithms as OpenSSH does.
std::string SshKexInit(Rng& rng, bool full);
// KEX_ECDH_INIT with an X25519 key.
std::string SshEcdhInit(Rng& rng);
// KEX_ECDH_REPLY with an Ed25519 host key, then NEWKEYS.
std::string SshEcdhReply(Rng& rng);
std::string SshNewKeys();

}  // namespace tapline::bench

#endif  // TAPLINE_TESTS_BENCH_TRAFFIC_SSH_PAYLOAD_H_
