// How long flows may be silent, by the stage that analyzers say they reached.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "flow_harness.h"

namespace tapline::testing {
namespace {

using ::testing::IsEmpty;

// Reads a connection's stage from datagrams: "o", "O", "f", "e", "d".
class StageReader final : public FlowAnalyzer {
 public:
  bool OnSegment(const Segment& segment, AnalyzerOutput& out) override {
    out.Identify(Protocol::kQuic, ProtocolBasis::kDecoded, 100);
    const char letter = segment.text().front();
    out.Reached(letter == 'o'   ? Stage::kOpening
                : letter == 'O' ? Stage::kOpen
                : letter == 'f' ? Stage::kFailed
                : letter == 'e' ? Stage::kEnded
                                : Stage::kDraining);
    return true;
  }
  bool OnGap(bool, uint64_t, AnalyzerOutput&) override { return true; }
  void OnEnd(AnalyzerOutput&) override {}
  size_t MemoryBytes() const override { return sizeof(*this); }
};

class StageReaders final : public PayloadAnalyzer {
 public:
  ProtocolGuess Guess(const FlowIdentity&) override {
    return {Protocol::kUnknown, ProtocolBasis::kNone, true};
  }
  std::unique_ptr<FlowAnalyzer> OpenStream(const FlowIdentity&) override {
    return std::make_unique<StageReader>();
  }
  std::unique_ptr<FlowAnalyzer> OpenDatagrams(const FlowIdentity&,
                                              const Segment& first,
                                              AnalyzerOutput& out,
                                              bool*) override {
    auto reader = std::make_unique<StageReader>();
    reader->OnSegment(first, out);
    return reader;
  }
};

TEST(StageTest, HowLongAFlowMayBeSilentFollowsItsStage) {
  struct Case {
    std::string letters;
    int seconds;
    FlowState state;
  };
  for (const Case& c :
       {Case{"o", 60, FlowState::kInitial},
        Case{"oO", 300, FlowState::kConnected},
        Case{"of", 10, FlowState::kClosing}, Case{"oe", 1, FlowState::kClosing},
        Case{"oed", 10, FlowState::kDraining}}) {
    Engine engine({}, std::make_unique<StageReaders>());
    Traffic t;
    for (const char& letter : c.letters) {
      Packet& p = t.Udp(kClient, kServer, 1);
      p.payload = reinterpret_cast<const uint8_t*>(&letter);
      p.payload_captured = 1;
    }
    engine.Take(t);
    engine.AdvanceTo(kStart + (c.seconds - 1) * kSecondNanos);
    EXPECT_THAT(engine.Closed(), IsEmpty()) << c.letters;
    engine.AdvanceTo(kStart + (c.seconds + 1) * kSecondNanos);
    ASSERT_EQ(engine.Closed().size(), 1u) << c.letters;
    EXPECT_EQ(engine.Closed()[0].state, c.state) << c.letters;
    EXPECT_TRUE(engine.Closed()[0].payload_examined) << c.letters;
  }
}

}  // namespace
}  // namespace tapline::testing
