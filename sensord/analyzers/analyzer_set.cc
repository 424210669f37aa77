#include "sensord/analyzers/analyzer_set.h"

#include <algorithm>
#include <utility>

#include "sensord/analyzers/flow_reader.h"
#include "sensord/analyzers/port_hints.h"
#include "sensord/analyzers/unit_list.h"

namespace tapline {

#define ANALYZED(id, unit, name, encrypted) \
  namespace unit {                          \
  const AnalyzerUnit& Unit();               \
  }
#include "common/net/protocols.def"
#undef ANALYZED

absl::Span<const AnalyzerUnit* const> AllUnits() {
  static const AnalyzerUnit* const kUnits[] = {
#define ANALYZED(id, unit, name, encrypted) &unit::Unit(),
#include "common/net/protocols.def"
#undef ANALYZED
  };
  static_assert(std::size(kUnits) <= kMaxUnits);
  return kUnits;
}

namespace {

template <typename Wanted>
UnitList Select(const AnalyzerOptions& options, const Wanted& wanted) {
  std::vector<const AnalyzerUnit*> units;
  if (!options.enabled) return UnitList({});
  for (const AnalyzerUnit* unit : AllUnits()) {
    const bool off = std::find(options.off.begin(), options.off.end(),
                               unit->protocol) != options.off.end();
    if (!off && wanted(*unit)) units.push_back(unit);
  }
  return UnitList(std::move(units));
}

class AnalyzerSet final : public PayloadAnalyzer {
 public:
  explicit AnalyzerSet(const AnalyzerOptions& options)
      : tcp_(Select(options, [](const AnalyzerUnit& u) { return u.tcp; })),
        udp_(Select(options, [](const AnalyzerUnit& u) { return u.udp; })),
        other_(Select(options,
                      [](const AnalyzerUnit& u) { return u.ip_protocol; })) {
    for (const AnalyzerUnit* unit : other_.units()) {
      read_[unit->ip_protocol] = unit;
    }
  }

  ProtocolGuess Guess(const FlowIdentity& flow) override {
    ProtocolGuess guess;
    if (flow.ip_protocol != kIpProtoTcp && flow.ip_protocol != kIpProtoUdp) {
      guess.protocol = hints_.ByTransport(flow.ip_protocol);
      guess.wants_payload = read_[flow.ip_protocol] != nullptr;
      if (guess.protocol != Protocol::kUnknown) {
        guess.basis = ProtocolBasis::kDecoded;
      }
      return guess;
    }
    guess.protocol = Hint(flow);
    if (guess.protocol != Protocol::kUnknown) {
      guess.basis = ProtocolBasis::kPortHint;
    }
    guess.wants_payload =
        !(flow.ip_protocol == kIpProtoTcp ? tcp_ : udp_).units().empty();
    return guess;
  }

  std::unique_ptr<FlowAnalyzer> OpenStream(const FlowIdentity& flow) override {
    return std::make_unique<FlowReader>(&tcp_, flow, Hint(flow));
  }

  std::unique_ptr<FlowAnalyzer> OpenDatagrams(const FlowIdentity& flow,
                                              const Segment& first,
                                              AnalyzerOutput& out,
                                              bool* more) override {
    const AnalyzerUnit* unit = read_[flow.ip_protocol];
    if (flow.ip_protocol == kIpProtoUdp) {
      const Claim claim = AskUdp(flow, first);
      unit = claim.unit;
      *more = unit == nullptr;
      if (unit == nullptr) {
        if (udp_.Knows(Hint(flow))) out.Unrecognized();
        return nullptr;
      }
      if (claim.trial) {
        auto reader =
            std::make_unique<FlowReader>(&udp_, flow, Hint(flow), unit);
        *more = reader->OnSegment(first, out);
        return *more ? std::move(reader) : nullptr;
      }
      out.Identify(unit->protocol, ProtocolBasis::kSignature, claim.confidence);
    }
    *more = false;
    if (unit == nullptr || !unit->IsRead()) return nullptr;
    const UnitList& list = flow.ip_protocol == kIpProtoUdp ? udp_ : other_;
    auto reader =
        std::make_unique<FlowReader>(&list, flow, list.Open(*unit, flow));
    if (!reader->OnSegment(first, out)) return nullptr;
    *more = true;
    return reader;
  }

 private:
  Claim AskUdp(const FlowIdentity& flow, const Segment& first) const {
    UnitSet ruled_out;
    return udp_.Ask(OpeningOf(flow, first), Hint(flow), &ruled_out);
  }

  // The responder's port speaks first: the other is ephemeral as a rule.
  Protocol Hint(const FlowIdentity& flow) const {
    const Protocol hint = hints_.ByPort(flow.ip_protocol, flow.responder_port);
    if (hint != Protocol::kUnknown) return hint;
    return hints_.ByPort(flow.ip_protocol, flow.originator_port);
  }

  const PortHints hints_{AllUnits()};
  const UnitList tcp_;
  const UnitList udp_;
  const UnitList other_;
  // By IP protocol, of those that are neither TCP nor UDP.
  const AnalyzerUnit* read_[256] = {};
};

}  // namespace

std::unique_ptr<PayloadAnalyzer> NewAnalyzerSet(AnalyzerOptions options) {
  return std::make_unique<AnalyzerSet>(options);
}

}  // namespace tapline
