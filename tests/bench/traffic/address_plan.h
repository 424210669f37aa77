// Who lives where in the generated network.
//
// Clients are 10/8, servers 198.18/15, attackers 100.64/10, victims 172.16/12,
// or 2001:db8:{1,2,3,4}::/64. A client only ever talks to the few servers of
// its group, so that nothing benign looks like a sweep.
#ifndef TAPLINE_TESTS_BENCH_TRAFFIC_ADDRESS_PLAN_H_
#define TAPLINE_TESTS_BENCH_TRAFFIC_ADDRESS_PLAN_H_

#include <cstdint>

#include "tests/bench/traffic/flow.h"

namespace tapline::bench {

// Clients that share one set of servers.
constexpr uint32_t kGroupSize = 100;
constexpr uint32_t kSlots = 32;

Host Client(uint32_t index, bool v6);
// `slot` below kSlots.
Host Server(uint32_t group, uint32_t slot, bool v6);
Host Attacker(uint32_t index, bool v6);
Host Victim(uint32_t index, bool v6);
// The `index`th of 2^31 distinct public unicast addresses in random order.
Host Spoofed(uint64_t seed, uint32_t index);
// 224.0.0.251 / ff02::fb and alike.
Host Multicast(uint8_t last, bool v6);

}  // namespace tapline::bench

#endif  // TAPLINE_TESTS_BENCH_TRAFFIC_ADDRESS_PLAN_H_
