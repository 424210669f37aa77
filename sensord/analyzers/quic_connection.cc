// What packets there are and how far they bring a connection. quic_keys.cc
// opens them, quic_contents.cc reads what is inside, quic_event.cc tells.

#include "sensord/analyzers/quic_connection.h"

#include "sensord/analyzers/gquic.h"

namespace tapline {
namespace {

// RFC 9000 20.1.
constexpr uint64_t kNoError = 0x00;
constexpr uint64_t kApplicationError = 0x0c;

}  // namespace

QuicConnection::QuicConnection(const FlowIdentity& flow, QuicShared& shared)
    : shared_(shared),
      originator_(flow.originator),
      responder_port_(flow.responder_port) {}

Next QuicConnection::OnData(const Segment& segment, AnalyzerOutput& out) {
  if (begin_ == 0) begin_ = segment.clock;
  const State before = state_;
  Bytes rest = segment.bytes;
  for (int i = 0; i < kMaxPackets && !rest.empty() && !over_; ++i) {
    QuicLongPacket packet;
    if (packet.Take(&rest)) {
      OnLong(packet, segment, out);
      continue;
    }
    const bool google = i == 0 && OnGoogle(rest, segment, out);
    const bool is_short = (rest.front() & 0x80) == 0;
    if (!google && is_short && roles_known_) OnShort(segment);
    break;
  }
  // A version that nobody here knows.
  if (!roles_known_) return Want::kWrong;
  if (state_ != before || (state_ == State::kClosed && over_)) {
    out.Reached(StageOf());
  }
  if (state_ == State::kClosed) Tell(out);
  if (!over_) return Want::kMore;
  Tell(out);
  return Want::kDone;
}

Stage QuicConnection::StageOf() const {
  if (state_ == State::kConnected) return Stage::kOpen;
  if (state_ != State::kClosed) return Stage::kOpening;
  if (over_) return Stage::kDraining;
  // Before the handshake an application's close is told as this error of the
  // transport (RFC 9000 10.2.3).
  const bool wanted =
      close_code_ == kNoError || close_code_ == kApplicationError;
  return wanted ? Stage::kEnded : Stage::kFailed;
}

void QuicConnection::OnLong(const QuicLongPacket& packet,
                            const Segment& segment, AnalyzerOutput& out) {
  out.Identify(Protocol::kQuic, ProtocolBasis::kDecoded, 100);
  switch (packet.type) {
    case QuicPacketType::kVersionNegotiation:
      if (!roles_known_) client_is_originator_ = !segment.from_originator;
      roles_known_ = true;
      OnVersions(packet);
      return;
    case QuicPacketType::kRetry:
      if (!roles_known_) client_is_originator_ = !segment.from_originator;
      roles_known_ = retry_ = true;
      version_ = packet.version;
      server_id_ = QuicId(packet.source);
      return;
    case QuicPacketType::kInitial:
      OnInitial(packet, segment, out);
      break;
    case QuicPacketType::kZeroRtt:
      // Only clients send it, from their first moment on.
      if (!roles_known_) client_is_originator_ = segment.from_originator;
      roles_known_ = zero_rtt_ = true;
      if (original_id_.size == 0) original_id_ = QuicId(packet.destination);
      break;
    case QuicPacketType::kHandshake:
      break;
  }
  const bool client = IsClient(segment);
  (client ? client_id_ : server_id_) = QuicId(packet.source);
  if (!client || version_ == 0) version_ = packet.version;
  server_answered_ |= !client;
  const State reached =
      client && !server_answered_ ? State::kInitial : State::kHandshaking;
  if (state_ == State::kUnknown || state_ == State::kInitial ||
      state_ == State::kVersionRefused) {
    state_ = reached;
  }
}

void QuicConnection::OnShort(const Segment& segment) {
  // What was on its way when a side closed.
  if (state_ == State::kClosed) return;
  if (IsClient(segment)) {
    // What comes before the server's answer is none of this connection.
    if (!server_answered_) return;
    state_ = State::kConnected;
    end_ = segment.clock;
    over_ = true;
    return;
  }
  server_answered_ = true;
  if (++unanswered_ == kMaxUnanswered) over_ = true;
}

void QuicConnection::OnVersions(const QuicLongPacket& packet) {
  if (state_ == State::kUnknown || state_ == State::kInitial) {
    state_ = State::kVersionRefused;
  }
  server_answered_ = true;
  versions_supported_.clear();
  ByteCursor cursor(packet.versions.data(), packet.versions.size());
  while (cursor.left() > 0 && versions_supported_.size() < kMaxVersions) {
    const uint32_t version = cursor.U32();
    if (!IsReservedQuicVersion(version)) versions_supported_.push_back(version);
  }
}

bool QuicConnection::OnGoogle(Bytes datagram, const Segment& segment,
                              AnalyzerOutput& out) {
  GoogleQuicPacket packet;
  if (!packet.Read(datagram)) return false;
  // Servers name no version once they agree with it.
  if (!roles_known_) client_is_originator_ = segment.from_originator;
  roles_known_ = true;
  if (!IsClient(segment)) {
    server_answered_ = true;
    return true;
  }
  out.Identify(Protocol::kQuic, ProtocolBasis::kDecoded, 100);
  version_ = packet.version;
  if (packet.connection_id.size() <= kMaxQuicId) {
    original_id_ = QuicId(packet.connection_id);
  }
  if (state_ == State::kUnknown) state_ = State::kInitial;
  if (server_answered_) state_ = State::kHandshaking;
  if (!hello_done_[0]) hello_done_[0] = OnGoogleHello(packet.payload, out);
  return true;
}

void QuicConnection::OnInitial(const QuicLongPacket& packet,
                               const Segment& segment, AnalyzerOutput& out) {
  if (packet.number_at + kMaxNumberBytes + QuicProtection::kSampleBytes >
      packet.whole.size()) {
    if (!packet.cut) out.Anomaly("quic.bad_header");
    return;
  }
  Bytes payload;
  if (!roles_known_) {
    // Whose keys follow from its own destination is the client.
    roles_known_ = true;
    client_is_originator_ = segment.from_originator;
    if (OpenClients(packet, segment, out, &payload)) {
      CheckClientInitial(packet, segment, out);
      OnPayload(payload, true, segment, out);
      return;
    }
    client_is_originator_ = true;
    if (segment.from_originator && !packet.cut && !segment.truncated &&
        !sampled_) {
      out.Anomaly("quic.bad_tag");
    }
    return;
  }
  if (packet.cut || openings_ >= kMaxOpenings) return;
  const bool client = IsClient(segment);
  const bool opened = client ? OpenClients(packet, segment, out, &payload)
                             : OpenServers(packet, segment, out, &payload);
  if (opened) OnPayload(payload, client, segment, out);
}

void QuicConnection::CheckClientInitial(const QuicLongPacket& packet,
                                        const Segment& segment,
                                        AnalyzerOutput& out) {
  if (packet.destination.size() < kMinQuicClientId) {
    out.Anomaly("quic.short_connection_id");
  }
  if (segment.bytes.size() < kMinQuicInitial && !segment.truncated) {
    out.Anomaly("quic.small_initial");
  }
}

void QuicConnection::StartOver(AnalyzerOutput& out) {
  Tell(out);
  told_ = false;
  state_ = State::kInitial;
  server_answered_ = zero_rtt_ = false;
  hello_done_[0] = hello_done_[1] = false;
  original_id_ = QuicId();
  keys_[0] = SideKeys();
  crypto_[1].Clear();
  client_ = TlsClientFacts();
  server_ = TlsServerFacts();
  user_agent_.clear();
  versions_supported_.clear();
  openings_ = derivations_ = 0;
}

size_t QuicConnection::MemoryBytes() const {
  return sizeof(*this) + crypto_[0].MemoryBytes() + crypto_[1].MemoryBytes() +
         client_.MemoryBytes() + server_.MemoryBytes() +
         versions_supported_.capacity() * sizeof(uint32_t) +
         user_agent_.capacity() + close_reason_.capacity();
}

}  // namespace tapline
