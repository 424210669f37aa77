// Payload into an engine, and what its analyzers were given of it.

#ifndef TAPLINE_TESTS_SENSORD_FLOW_PAYLOAD_HARNESS_H_
#define TAPLINE_TESTS_SENSORD_FLOW_PAYLOAD_HARNESS_H_

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "flow_harness.h"

namespace tapline::testing {

// What the analyzers of all flows were given: ">" and "<" turn the direction,
// a hole is (n), the end is ".".
struct Seen {
  std::string text;
  bool from_originator = true;
  // Bytes after which an analyzer wants no more.
  size_t enough = SIZE_MAX;
  size_t held = 0;
  // What they say that the flow carries.
  const char* carries = nullptr;
  // What they complain about with each segment.
  std::vector<const char*> anomalies;
};

class Recorder final : public FlowAnalyzer {
 public:
  explicit Recorder(Seen* seen) : seen_(seen) {}
  bool OnSegment(const Segment& s, AnalyzerOutput& out) override {
    Turn(s.from_originator);
    if (seen_->carries != nullptr) {
      out.Carries(seen_->carries, ProtocolBasis::kInferred);
    }
    for (const char* name : seen_->anomalies) out.Anomaly(name);
    seen_->text.append(s.bytes.begin(), s.bytes.end());
    return seen_->text.size() < seen_->enough;
  }
  bool OnGap(bool from_originator, uint64_t bytes, AnalyzerOutput&) override {
    Turn(from_originator);
    absl::StrAppend(&seen_->text, "(", bytes, ")");
    return true;
  }
  void OnEnd(AnalyzerOutput&) override { seen_->text += '.'; }
  size_t MemoryBytes() const override { return seen_->held; }

 private:
  void Turn(bool from_originator) {
    if (from_originator == seen_->from_originator && !seen_->text.empty()) {
      return;
    }
    seen_->from_originator = from_originator;
    seen_->text += from_originator ? '>' : '<';
  }
  Seen* seen_;
};

class Recorders final : public PayloadAnalyzer {
 public:
  explicit Recorders(Seen* seen) : seen_(seen) {}
  ProtocolGuess Guess(const FlowIdentity&) override {
    return {Protocol::kUnknown, ProtocolBasis::kNone, true};
  }
  std::unique_ptr<FlowAnalyzer> OpenStream(const FlowIdentity&) override {
    return std::make_unique<Recorder>(seen_);
  }
  std::unique_ptr<FlowAnalyzer> OpenDatagrams(const FlowIdentity&,
                                              const Segment& first,
                                              AnalyzerOutput& out,
                                              bool*) override {
    auto recorder = std::make_unique<Recorder>(seen_);
    recorder->OnSegment(first, out);
    return recorder;
  }

 private:
  Seen* seen_;
};

// An engine whose analyzers record what they are given, and traffic for it.
class PayloadTest : public ::testing::Test {
 protected:
  // `sequence` counts from the first byte of the direction.
  Packet& Client(uint32_t sequence, const std::string& bytes,
                 uint8_t flags = kTcpAck, uint32_t acknowledgment = 0) {
    return Data(kClient, kServer, 1001 + sequence, 5001 + acknowledgment, bytes,
                flags);
  }
  Packet& Server(uint32_t sequence, const std::string& bytes,
                 uint8_t flags = kTcpAck, uint32_t acknowledgment = 0) {
    return Data(kServer, kClient, 5001 + sequence, 1001 + acknowledgment, bytes,
                flags);
  }
  Packet& Data(End from, End to, uint32_t sequence, uint32_t acknowledgment,
               const std::string& bytes, uint8_t flags) {
    t_.Wait(kMillisecondNanos);
    Packet& p = t_.Tcp(from, to, flags, sequence, acknowledgment,
                       static_cast<uint32_t>(bytes.size()));
    bytes_.push_back(bytes);
    p.payload = reinterpret_cast<const uint8_t*>(bytes_.back().data());
    p.payload_captured = p.payload_bytes;
    return p;
  }
  std::string Take() {
    Take(engine_);
    return seen_.text;
  }
  // Frames live no longer than their batch.
  void Take(Engine& engine) {
    engine.Take(t_);
    for (std::string& bytes : bytes_) bytes.assign(bytes.size(), '#');
  }
  std::vector<std::string> Anomalies() const { return engine_.Anomalies(); }

  static FlowOptions SmallOptions() {
    FlowOptions options;
    options.max_analysis_bytes = 16 * 64 * 1024;
    return options;
  }

  Traffic t_;
  Seen seen_;
  std::list<std::string> bytes_;
  Engine engine_{SmallOptions(), std::make_unique<Recorders>(&seen_)};
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_FLOW_PAYLOAD_HARNESS_H_
