#include "sensord/pipeline/protocol_totals.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "absl/strings/string_view.h"

namespace tapline {
namespace {

double Ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0
                    : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void ProtocolTotals::Add(const FlowSummary& flow) {
  Total& total = totals_[flow.protocol];
  const uint64_t bytes =
      flow.from_originator.frame_bytes + flow.from_responder.frame_bytes;
  // A rotated flow goes on: its last record counts it.
  if (flow.end != FlowEnd::kRotated) total.flows.Add(flow.aggregated_flows);
  total.packets.Add(flow.from_originator.packets + flow.from_responder.packets);
  total.bytes.Add(bytes);
  if (flow.encryption == Encryption::kEncrypted) {
    total.encrypted_bytes.Add(bytes);
  }
}

std::vector<v1::ProtocolUse> ProtocolTotals::Top(size_t limit) const {
  std::vector<v1::ProtocolUse> uses;
  for (size_t i = 0; i < totals_.size(); ++i) {
    const Total& total = totals_[i];
    if (total.packets.Get() == 0) continue;
    const absl::string_view name = ProtocolName(static_cast<Protocol>(i));
    v1::ProtocolUse& use = uses.emplace_back();
    use.set_protocol(name.empty() ? "unknown" : std::string(name));
    use.set_flows(total.flows.Get());
    use.set_packets(total.packets.Get());
    use.set_bytes(total.bytes.Get());
    use.set_encrypted_bytes(total.encrypted_bytes.Get());
  }
  RankProtocols(limit, uses);
  return uses;
}

void RankProtocols(size_t limit, std::vector<v1::ProtocolUse>& uses) {
  uint64_t all = 0;
  for (const v1::ProtocolUse& use : uses) all += use.bytes();
  for (v1::ProtocolUse& use : uses) {
    use.set_share(Ratio(use.bytes(), all));
    use.set_encrypted_ratio(Ratio(use.encrypted_bytes(), use.bytes()));
  }
  std::sort(uses.begin(), uses.end(),
            [](const v1::ProtocolUse& a, const v1::ProtocolUse& b) {
              return std::tuple(b.bytes(), a.protocol()) <
                     std::tuple(a.bytes(), b.protocol());
            });
  if (uses.size() > limit) uses.resize(limit);
}

}  // namespace tapline
