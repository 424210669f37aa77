// The units one analyzer set asks, by transport.

#ifndef TAPLINE_SENSORD_ANALYZERS_UNIT_LIST_H_
#define TAPLINE_SENSORD_ANALYZERS_UNIT_LIST_H_

#include <bitset>
#include <cstddef>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "sensord/analyzers/analyzer.h"
#include "sensord/event/protocol.h"

namespace tapline {

inline constexpr size_t kMaxUnits = 128;
// Bit i: unit i of a UnitList.
using UnitSet = std::bitset<kMaxUnits>;

// Result of asking the units about the first bytes of a flow.
struct Claim {
  const AnalyzerUnit* unit = nullptr;
  // 0..100: how sure the look at the bytes is.
  int confidence = 0;
  // Nobody claims them, but some may with more bytes.
  bool undecided = false;
  // The unit said kTry: the flow is not identified yet.
  bool trial = false;
};

// Thread safety: single-threaded.
class UnitList {
 public:
  static constexpr int kSureConfidence = 90;
  static constexpr int kPortConfidence = 60;

  explicit UnitList(std::vector<const AnalyzerUnit*> units);

  // Asks the units that are not in *ruled_out, and adds to it those that say
  // no. `hint` is what the port says: its unit is asked first, and alone is
  // believed when it is not sure.
  Claim Ask(const Opening& opening, Protocol hint, UnitSet* ruled_out) const;

  // Whether it asks a unit for the protocol that a port hints at, if it does.
  bool Knows(Protocol hint) const;

  // Its analyzer of a flow; null when the protocol is only named.
  std::unique_ptr<Analyzer> Open(const AnalyzerUnit& unit,
                                 const FlowIdentity& flow) const;

  absl::Span<const AnalyzerUnit* const> units() const { return units_; }

 private:
  // The place of the unit for what a port hints at; units_.size() for none.
  size_t HintedBy(Protocol hint) const {
    return hinted_[static_cast<size_t>(hint)];
  }

  std::vector<const AnalyzerUnit*> units_;
  // By protocol.
  std::vector<uint8_t> hinted_;
  // Of the unit at the same place; null for most.
  std::vector<std::unique_ptr<UnitState>> states_;
};

// Whether `unit` is for the protocol that a port hints at.
bool IsHinted(const AnalyzerUnit& unit, Protocol hint);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_UNIT_LIST_H_
