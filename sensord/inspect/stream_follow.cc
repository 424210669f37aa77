#include "sensord/inspect/stream_follow.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "common/redact/payload_guard.h"
#include "sensord/analyzers/analyzer_set.h"

namespace tapline {
namespace {

Protocol HintOf(PayloadAnalyzer& analyzers, const v1::Flow& flow,
                uint32_t port) {
  FlowIdentity identity;
  identity.ip_protocol = static_cast<uint8_t>(flow.ip_protocol());
  identity.responder_port = static_cast<uint16_t>(port);
  return analyzers.Guess(identity).protocol;
}

std::unique_ptr<PayloadGuard> GuardOf(const v1::Flow& flow) {
  const v1::Application& application = flow.application();
  std::vector<std::string> protocols(application.earlier_protocols().begin(),
                                     application.earlier_protocols().end());
  protocols.push_back(application.protocol());
  const auto analyzers = NewAnalyzerSet();
  const uint32_t from = flow.originator().port();
  const uint32_t to = flow.responder().port();
  const Protocol asked = HintOf(*analyzers, flow, to);
  const Protocol asking = HintOf(*analyzers, flow, from);
  const bool unknown = application.protocol().empty() ||
                       application.protocol() == ProtocolName({});
  const Protocol hint = asked != Protocol::kUnknown ? asked : asking;
  if (unknown) protocols.emplace_back(ProtocolName(hint));
  // Of a flow seen from its middle the server may have been heard first.
  const bool swapped = flow.tcp().midstream() && asked == Protocol::kUnknown &&
                       asking != Protocol::kUnknown;
  return std::make_unique<PayloadGuard>(protocols, swapped);
}

}  // namespace

StreamFollower::StreamFollower(const v1::Flow& flow, bool previews)
    : view_(Origin()),
      packets_(FlowPackets::Of(flow, view_.contexts())),
      turns_(previews ? GuardOf(flow) : nullptr) {}

void StreamFollower::Add(const KeptFrame& kept) {
  if (!packets_.has_value()) return;
  for (const Packet& packet : view_.PacketsOf(kept)) {
    if (packets_->Has(packet)) {
      turns_.Add(packet, packets_->FromOriginator(packet));
    }
  }
}

StreamTurns StreamFollower::Take() {
  StreamTurns out;
  out.truncated = !turns_.complete();
  out.packets = turns_.packets();
  out.turns = turns_.Take();
  return out;
}

StreamTurns TurnsOf(const v1::Flow& flow, const PacketRing& ring,
                    bool previews) {
  std::vector<KeptFrame> frames = ring.Before(UINT64_MAX, SIZE_MAX);
  std::reverse(frames.begin(), frames.end());
  StreamFollower follower(flow, previews);
  for (const KeptFrame& kept : frames) follower.Add(kept);
  return follower.Take();
}

}  // namespace tapline
