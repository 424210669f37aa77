// Plays flows and attacks into one file, in the order of time.
#ifndef TAPLINE_TESTS_BENCH_TRAFFIC_GENERATOR_H_
#define TAPLINE_TESTS_BENCH_TRAFFIC_GENERATOR_H_

#include <cstdint>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "tests/bench/traffic/campaigns.h"
#include "tests/bench/traffic/flow.h"
#include "tests/bench/traffic/frame_builder.h"
#include "tests/bench/traffic/kinds.h"
#include "tests/bench/traffic/pcap_writer.h"
#include "tests/bench/traffic/rng.h"
#include "tests/bench/traffic/truth.h"

namespace tapline::bench {

struct Options {
  // imix, small, flood, syn5m, single5m or holes.
  std::string mix = "imix";
  uint64_t flows = 500000;
  uint64_t packets = 5000000;
  uint64_t seed = 1;
  uint64_t span_ns = 57000000000;
};

// Only flows that are under way are in memory. The number of flows is exact;
// that of packets is met as well as the flows' own needs allow.
class Generator {
 public:
  Generator(const Options& options, PcapWriter& writer, Truth& truth);

  // Writes everything.
  void Run();

 private:
  // The next thing to happen: a packet of a flow, the next flow of a campaign,
  // or the next benign flow.
  struct Due {
    uint64_t time;
    uint32_t kind;
    uint32_t index;
    bool operator>(const Due& other) const {
      if (time != other.time) return time > other.time;
      if (kind != other.kind) return kind > other.kind;
      return index > other.index;
    }
  };

  void Plan();
  void SpawnBenign(uint64_t now);
  void SpawnAttack(Campaign& campaign, uint64_t now);
  // Picks a kind by what is left of each.
  size_t DrawKind();
  uint32_t DrawExtra(const KindSpec& spec);
  void Address(const KindSpec& spec, uint32_t number, Flow& flow,
               uint32_t* group);
  uint32_t NewFlow();
  void Start(uint32_t index, uint64_t now);
  void Send(uint32_t index, uint64_t now);

  const Options options_;
  PcapWriter& writer_;
  Truth& truth_;
  Rng rng_;
  FrameBuilder frames_;
  const KindSpec* specs_ = nullptr;
  // Left to make, per entry of specs_.
  std::vector<uint64_t> left_;
  std::vector<uint32_t> made_;
  uint64_t benign_left_ = 0;
  uint64_t benign_total_ = 0;
  int64_t packets_left_ = 0;
  uint64_t weight_left_ = 0;
  uint64_t base_left_ = 0;
  bool plain_ = false;
  uint32_t clients_ = 0;
  std::vector<uint16_t> next_port_;
  std::vector<Campaign> campaigns_;
  std::vector<std::unique_ptr<Flow>> flows_;
  std::vector<uint32_t> free_;
  std::priority_queue<Due, std::vector<Due>, std::greater<Due>> due_;
};

}  // namespace tapline::bench

#endif  // TAPLINE_TESTS_BENCH_TRAFFIC_GENERATOR_H_
