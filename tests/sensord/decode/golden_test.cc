// The golden captures, each alone through a decoder.

#include <gtest/gtest.h>

#include "tests/golden/captures/decode_captures.h"
#include "tests/support/decode_harness.h"

namespace tapline::testing {
namespace {

TEST(GoldenTest, EveryCaptureGivesItsPacketsAndAnomalies) {
  for (const GoldenCapture& capture : DecodeCaptures()) {
    SCOPED_TRACE(capture.name);
    DecodeHarness h;
    size_t packets = 0;
    UnixNanos at = 0;
    for (const Bytes& frame : capture.frames) {
      packets += h.Decode(frame, at += kMillisecondNanos,
                          static_cast<uint16_t>(capture.link_type))
                     .size();
    }
    h.decoder.Finish();
    h.ExpectAccounted();
    EXPECT_EQ(h.Decoded(), capture.decoded);
    EXPECT_EQ(packets, capture.packets);
    std::vector<std::string> anomalies;
    for (size_t i = 0; i < static_cast<size_t>(Anomaly::kCount); ++i) {
      const Anomaly anomaly = static_cast<Anomaly>(i);
      if (h.Count(anomaly) > 0) anomalies.push_back(AnomalyName(anomaly));
    }
    EXPECT_EQ(anomalies, capture.anomalies);
  }
}

}  // namespace
}  // namespace tapline::testing
