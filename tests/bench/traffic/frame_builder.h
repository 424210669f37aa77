// Builds the frame of one step of a flow, checksums included.
#ifndef TAPLINE_TESTS_BENCH_TRAFFIC_FRAME_BUILDER_H_
#define TAPLINE_TESTS_BENCH_TRAFFIC_FRAME_BUILDER_H_

#include <cstdint>
#include <vector>

#include "tests/bench/traffic/flow.h"
#include "tests/bench/traffic/rng.h"

namespace tapline::bench {

class FrameBuilder {
 public:
  explicit FrameBuilder(uint64_t seed);

  // Writes the frame at `out` (PcapWriter::kMaxFrame bytes) and advances the
  // flow's sequence numbers and counters. Returns its length, at least 60.
  uint32_t Build(Flow& flow, const Step& step, uint8_t* out);

 private:
  uint8_t* LinkHeader(const Flow& flow, int from, uint8_t* out) const;
  uint8_t* NetworkHeader(const Flow& flow, int from, uint16_t payload,
                         uint8_t* out);
  uint32_t Payload(Flow& flow, const Step& step, uint8_t* out);

  // Noise that payloads are cut from.
  std::vector<uint8_t> noise_;
  uint16_t ip_id_ = 1;
};

}  // namespace tapline::bench

#endif  // TAPLINE_TESTS_BENCH_TRAFFIC_FRAME_BUILDER_H_
