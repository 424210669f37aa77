// Golden captures of what the decoder must get right (reliability.md 7, E1-E13,
// E32-E37), made, not recorded.

#ifndef TAPLINE_TESTS_GOLDEN_CAPTURES_DECODE_CAPTURES_H_
#define TAPLINE_TESTS_GOLDEN_CAPTURES_DECODE_CAPTURES_H_

#include <string>
#include <vector>

#include "tests/support/packet_builder.h"

namespace tapline::testing {

struct GoldenCapture {
  // "e02_overlap_differs": a file name without its ending.
  std::string name;
  // LINKTYPE_ value.
  uint32_t link_type = 1;
  // One millisecond apart.
  std::vector<Bytes> frames;
  // Frames that give at least one packet or wait for one that does; the rest is
  // dropped by name.
  size_t decoded = 0;
  size_t packets = 0;
  // The anomalies counted, in the order of anomalies.def, each once or more.
  std::vector<std::string> anomalies;
};

// The same for every call.
std::vector<GoldenCapture> DecodeCaptures();

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_GOLDEN_CAPTURES_DECODE_CAPTURES_H_
