// One flow's payload: identified by its first bytes, then read by its analyzer.

#ifndef TAPLINE_SENSORD_ANALYZERS_FLOW_READER_H_
#define TAPLINE_SENSORD_ANALYZERS_FLOW_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sensord/analyzers/analyzer.h"
#include "sensord/analyzers/unit_list.h"
#include "sensord/flow/payload_analyzer.h"

namespace tapline {

// Until a unit claims the flow, its first bytes wait here, kMaxOpening of each
// direction at most; then they go to the analyzer in the order they came. A
// flow nobody claims within them is given up: its port stays the hint.
// Thread safety: single-threaded.
class FlowReader final : public FlowAnalyzer {
 public:
  static constexpr size_t kMaxOpening = 2048;
  static constexpr size_t kMaxChunks = 16;
  // Datagrams looked at after a trial, for someone to claim.
  static constexpr uint8_t kMaxDatagrams = 8;

  // `units` outlives it.
  FlowReader(const UnitList* units, const FlowIdentity& flow, Protocol hint)
      : units_(units), flow_(flow), hint_(hint) {}
  // Datagrams of a flow that a unit of `units` claimed.
  FlowReader(const UnitList* units, const FlowIdentity& flow,
             std::unique_ptr<Analyzer> analyzer)
      : units_(units), flow_(flow), analyzer_(std::move(analyzer)) {}
  // Datagrams of a flow that `trial` of `units` may turn out to be.
  FlowReader(const UnitList* units, const FlowIdentity& flow, Protocol hint,
             const AnalyzerUnit* trial)
      : units_(units),
        flow_(flow),
        hint_(hint),
        analyzer_(trial->open(flow)),
        trial_(trial) {}

  bool OnSegment(const Segment& segment, AnalyzerOutput& out) override;
  bool OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override;
  size_t MemoryBytes() const override;

 private:
  // Bytes of a direction until the other one spoke, in the order of arrival.
  struct Chunk {
    bool from_originator;
    uint32_t size;
    uint64_t offset;
    UnixNanos clock;
  };
  // Of the few flows whose first segment does not decide.
  struct Waiting {
    // [0] from the originator.
    std::string bytes[2];
    std::vector<Chunk> chunks;

    size_t MemoryBytes() const {
      return sizeof(*this) + bytes[0].capacity() + bytes[1].capacity() +
             chunks.capacity() * sizeof(Chunk);
    }
  };

  bool Identify(const Segment& segment, AnalyzerOutput& out);
  // Nobody claims the flow: always false.
  bool GiveUp(AnalyzerOutput& out) const;
  // Keeps what of it there is room for; how much that is.
  size_t Wait(const Segment& segment);
  // The same for one datagram.
  bool IdentifyDatagram(const Segment& segment, AnalyzerOutput& out);
  bool Begin(const Claim& claim, AnalyzerOutput& out);
  bool Replay(AnalyzerOutput& out);
  bool Read(const Segment& segment, AnalyzerOutput& out);
  // Begins anew with what `next` says is left of `segment`.
  bool Restart(const Segment& segment, const Next& next, AnalyzerOutput& out);

  const UnitList* units_ = nullptr;
  const FlowIdentity flow_;
  Protocol hint_ = Protocol::kUnknown;
  // Null until the flow is claimed.
  std::unique_ptr<Analyzer> analyzer_;
  // Whose analyzer it is, while that may say kWrong.
  const AnalyzerUnit* trial_ = nullptr;
  // Null while nothing waits.
  std::unique_ptr<Waiting> opening_;
  UnitSet ruled_out_;
  bool midstream_ = false;
  uint8_t restarts_ = 0;
  uint8_t datagrams_ = 0;
};

// What units are shown of one datagram.
Opening OpeningOf(const FlowIdentity& flow, const Segment& datagram);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_FLOW_READER_H_
