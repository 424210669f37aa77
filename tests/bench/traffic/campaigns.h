// Attacks: series of flows from one actor, each with the alert it must raise.
#ifndef TAPLINE_TESTS_BENCH_TRAFFIC_CAMPAIGNS_H_
#define TAPLINE_TESTS_BENCH_TRAFFIC_CAMPAIGNS_H_

#include <cstdint>
#include <vector>

#include "tests/bench/traffic/flow.h"
#include "tests/bench/traffic/rng.h"
#include "tests/bench/traffic/truth.h"

namespace tapline::bench {

struct Campaign {
  Kind kind = k_port_scan;
  // Selects a manner of the kind, see campaigns.cc.
  uint8_t manner = 0;
  uint32_t actor = 0;
  bool v6 = false;
  uint64_t start_ns = 0;
  uint64_t interval_ns = 0;
  uint32_t count = 0;
  uint32_t done = 0;
  // About how many packets one flow takes.
  uint32_t packets_each = 1;
  uint64_t seed = 0;
};

// Builds the flow number `campaign.done`; the caller counts it.
void BuildAttack(const Campaign& campaign, Flow& flow, Rng& rng, Truth& truth);

// Attacks of a mix. `flows` is the whole mix's number of flows; times lie
// within `span_ns`. States in `truth` what each must raise.
std::vector<Campaign> ImixCampaigns(uint64_t seed, uint64_t flows,
                                    uint64_t span_ns, Truth& truth);
std::vector<Campaign> SmallCampaigns(uint64_t seed, uint64_t flows,
                                     uint64_t span_ns, Truth& truth);
// One flood of `syns` SYNs from as many random sources.
std::vector<Campaign> FloodCampaigns(uint64_t seed, uint64_t syns,
                                     uint32_t targets, uint64_t span_ns,
                                     Truth& truth);

}  // namespace tapline::bench

#endif  // TAPLINE_TESTS_BENCH_TRAFFIC_CAMPAIGNS_H_
