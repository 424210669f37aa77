#include "sensord/analyzers/quic.h"

#include "sensord/analyzers/gquic.h"
#include "sensord/analyzers/quic_connection.h"
#include "sensord/analyzers/quic_packet.h"

namespace tapline::quic {
namespace {

constexpr UnitPort kPorts[] = {
    {UnitPort::kUdp, 443, Protocol::kQuic},
    {UnitPort::kUdp, 853, Protocol::kQuic},  // DNS over QUIC
    {UnitPort::kUdp, 80, Protocol::kQuic},   // Google's, once
};

// Version Negotiation (RFC 9000 17.2.1): at least one version that somebody has
// spoken.
Match ProbeVersions(Bytes versions) {
  ByteCursor cursor(versions.data(), versions.size());
  while (cursor.left() > 0) {
    if (QuicVersionOf(cursor.U32()).shape != QuicShape::kUnknown) {
      return Match::kYes;
    }
  }
  return Match::kWeak;
}

Match Probe(const Opening& opening) {
  const Bytes datagram = opening.first();
  QuicLongPacket packet;
  Bytes rest = datagram;
  if (packet.Take(&rest)) {
    if (packet.type == QuicPacketType::kVersionNegotiation) {
      return ProbeVersions(packet.versions);
    }
    return packet.cut && !opening.truncated ? Match::kWeak : Match::kYes;
  }
  GoogleQuicPacket google;
  if (google.Read(datagram)) return Match::kYes;
  // A version nobody here knows, in the header that all versions have.
  ByteCursor cursor(datagram.data(), datagram.size());
  const uint8_t first = cursor.U8();
  const uint32_t version = cursor.U32();
  const size_t id = cursor.U8();
  const bool plausible = cursor.ok() && (first & 0xc0) == 0xc0 &&
                         version != 0 && id >= kMinQuicClientId &&
                         id <= kMaxQuicId && datagram.size() >= kMinQuicInitial;
  return plausible ? Match::kWeak : Match::kNo;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& flow, UnitState& state) {
  return std::make_unique<QuicConnection>(flow,
                                          static_cast<QuicShared&>(state));
}

std::unique_ptr<UnitState> NewState(
    absl::Span<const AnalyzerUnit* const> /*units*/) {
  return std::make_unique<QuicShared>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kQuic,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open_shared = Open,
                                         .new_state = NewState};
  return kUnit;
}

}  // namespace tapline::quic
