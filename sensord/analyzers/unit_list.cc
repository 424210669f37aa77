#include "sensord/analyzers/unit_list.h"

#include <algorithm>
#include <utility>

namespace tapline {

bool IsHinted(const AnalyzerUnit& unit, Protocol hint) {
  if (hint == Protocol::kUnknown) return false;
  if (unit.protocol == hint) return true;
  for (const UnitPort& port : unit.ports) {
    if (port.protocol == hint) return true;
  }
  return false;
}

UnitList::UnitList(std::vector<const AnalyzerUnit*> units)
    : units_(std::move(units)) {
  for (const AnalyzerUnit* unit : units_) {
    states_.push_back(unit->new_state != nullptr ? unit->new_state(units_)
                                                 : nullptr);
  }
  for (size_t hint = 0; hint < static_cast<size_t>(Protocol::kCount); ++hint) {
    const auto unit = std::find_if(
        units_.begin(), units_.end(), [hint](const AnalyzerUnit* one) {
          return IsHinted(*one, static_cast<Protocol>(hint));
        });
    hinted_.push_back(static_cast<uint8_t>(unit - units_.begin()));
  }
}

bool UnitList::Knows(Protocol hint) const {
  if (hint == Protocol::kUnknown) return !units_.empty();
  return HintedBy(hint) < units_.size();
}

std::unique_ptr<Analyzer> UnitList::Open(const AnalyzerUnit& unit,
                                         const FlowIdentity& flow) const {
  if (unit.open != nullptr) return unit.open(flow);
  if (unit.open_shared == nullptr) return nullptr;
  for (size_t i = 0; i < units_.size(); ++i) {
    if (units_[i] == &unit) return unit.open_shared(flow, *states_[i]);
  }
  return nullptr;
}

Claim UnitList::Ask(const Opening& opening, Protocol hint,
                    UnitSet* ruled_out) const {
  Claim claim;
  const AnalyzerUnit* trial = nullptr;
  const size_t hinted = HintedBy(hint);
  if (hinted < units_.size() && !ruled_out->test(hinted)) {
    switch (units_[hinted]->probe(opening)) {
      case Match::kYes:
        return {units_[hinted], kSureConfidence, false, false};
      case Match::kWeak:
        claim = {units_[hinted], kPortConfidence, false, false};
        break;
      case Match::kTry:
        trial = units_[hinted];
        break;
      case Match::kMore:
        claim.undecided = true;
        break;
      case Match::kNo:
        ruled_out->set(hinted);
        break;
    }
  }
  for (size_t i = 0; i < units_.size(); ++i) {
    if (i == hinted || ruled_out->test(i)) continue;
    switch (units_[i]->probe(opening)) {
      case Match::kYes:
        return {units_[i], kSureConfidence, false, false};
      case Match::kMore:
        claim.undecided |= claim.unit == nullptr;
        break;
      case Match::kTry:
        if (trial == nullptr) trial = units_[i];
        break;
      case Match::kWeak:
        // The port said otherwise.
        break;
      case Match::kNo:
        ruled_out->set(i);
        break;
    }
  }
  if (claim.unit == nullptr && trial != nullptr) {
    claim.unit = trial;
    claim.trial = true;
  }
  return claim;
}

}  // namespace tapline
