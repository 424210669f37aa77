#include "sensord/analyzers/quic_connection.h"

#include <algorithm>
#include <utility>

#include "sensord/analyzers/gquic.h"
#include "sensord/analyzers/server_name.h"
#include "sensord/analyzers/tls_handshake.h"
#include "sensord/analyzers/tls_stream.h"

namespace tapline {
namespace {

constexpr size_t kMaxNumberBytes = 4;
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

// --- Packets ----------------------------------------------------------------

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

// --- Keys -------------------------------------------------------------------

bool QuicConnection::Derive(uint32_t version, Bytes id, bool client,
                            const Segment& segment, AnalyzerOutput& out,
                            SideKeys* keys) {
  if (++derivations_ > kMaxDerivations) return false;
  if (!shared_.limit.Take(originator_, segment.clock)) {
    out.Anomaly("quic.sampled");
    sampled_ = true;
    return false;
  }
  keys->known = true;
  keys->version = version;
  keys->keys =
      shared_.protection.Derive(QuicVersionOf(version).salt, id, client);
  return true;
}

bool QuicConnection::OpenClients(const QuicLongPacket& packet,
                                 const Segment& segment, AnalyzerOutput& out,
                                 Bytes* payload) {
  SideKeys& known = keys_[0];
  if (known.known) {
    // A server may choose another version; the id stays (RFC 9369 4.1).
    const bool same_version = known.version == packet.version;
    if (!same_version &&
        !Derive(packet.version, key_id_.view(), true, segment, out, &known)) {
      return false;
    }
    if (Unseal(packet, known.keys, payload)) return true;
    if (key_id_ == packet.destination) return false;
  }
  // The first one, the first after a Retry, or another connection.
  SideKeys keys;
  if (!Derive(packet.version, packet.destination, true, segment, out, &keys) ||
      !Unseal(packet, keys.keys, payload)) {
    return false;
  }
  if (known.known && !retry_ && hello_done_[0]) StartOver(out);
  if (!known.known && original_id_.size == 0) {
    original_id_ = QuicId(packet.destination);
  }
  key_id_ = QuicId(packet.destination);
  keys_[0] = keys;
  keys_[1] = SideKeys();
  crypto_[0].Clear();
  return true;
}

bool QuicConnection::OpenServers(const QuicLongPacket& packet,
                                 const Segment& segment, AnalyzerOutput& out,
                                 Bytes* payload) {
  if (!keys_[0].known) return false;
  SideKeys& known = keys_[1];
  if ((!known.known || known.version != packet.version) &&
      !Derive(packet.version, key_id_.view(), false, segment, out, &known)) {
    return false;
  }
  return Unseal(packet, known.keys, payload);
}

// RFC 9001 5.3 and 5.4.
bool QuicConnection::Unseal(const QuicLongPacket& packet, const QuicKeys& keys,
                            Bytes* payload) {
  ++openings_;
  const size_t at = packet.number_at;
  uint8_t sample[QuicProtection::kSampleBytes];
  std::copy_n(packet.whole.data() + at + kMaxNumberBytes, sizeof sample,
              sample);
  const auto mask = shared_.protection.HeaderMask(keys, sample);
  std::vector<uint8_t>& header = shared_.header;
  header.assign(packet.whole.begin(),
                packet.whole.begin() + at + kMaxNumberBytes);
  header[0] = static_cast<uint8_t>(header[0] ^ (mask[0] & 0x0f));
  const size_t number_bytes = (header[0] & 3) + size_t{1};
  uint64_t number = 0;
  for (size_t i = 0; i < number_bytes; ++i) {
    header[at + i] = static_cast<uint8_t>(header[at + i] ^ mask[1 + i]);
    number = number << 8 | header[at + i];
  }
  header.resize(at + number_bytes);
  const Bytes sealed = packet.whole.subspan(at + number_bytes);
  if (sealed.size() < QuicProtection::kTagBytes) return false;
  std::vector<uint8_t>& text = shared_.text;
  text.resize(sealed.size() - QuicProtection::kTagBytes);
  // The number as sent is the whole number: nobody sends 256 Initials.
  if (!shared_.protection.Open(keys, number, header, sealed, text.data())) {
    return false;
  }
  *payload = text;
  return true;
}

// --- Contents ---------------------------------------------------------------

void QuicConnection::OnPayload(Bytes payload, bool client,
                               const Segment& segment, AnalyzerOutput& out) {
  QuicFrameReader frames(payload);
  QuicFrame frame;
  while (frames.Next(&frame)) {
    if (frame.kind == QuicFrame::kCrypto) {
      OnCrypto(frame, client, out);
      continue;
    }
    if (state_ == State::kClosed) {
      // The other side's answer, or the same again.
      over_ |= client == close_from_server_;
      continue;
    }
    close_code_ = frame.code;
    close_reason_ = std::string(frame.reason.substr(0, 256));
    close_from_server_ = !client;
    state_ = State::kClosed;
    end_ = segment.clock;
  }
  if (!frames.ok()) out.Anomaly("quic.bad_frame");
}

void QuicConnection::OnCrypto(const QuicFrame& frame, bool client,
                              AnalyzerOutput& out) {
  const int side = client ? 0 : 1;
  if (hello_done_[side]) return;
  RangeBuffer& buffer = crypto_[side];
  // As a rule one frame has it all.
  if (frame.offset == 0 && buffer.empty() &&
      OnHandshake(frame.data, client, out)) {
    hello_done_[side] = true;
    return;
  }
  switch (buffer.Add(frame.offset, frame.data)) {
    case RangeBuffer::Result::kAdded:
      break;
    case RangeBuffer::Result::kDiffers:
      out.Anomaly("quic.crypto_overlap_diff");
      out.Ambiguous();
      break;
    case RangeBuffer::Result::kTooFar:
      out.Anomaly("quic.crypto_oversize");
      return;
    case RangeBuffer::Result::kTooMany:
      out.Anomaly("quic.crypto_scattered");
      return;
  }
  hello_done_[side] = OnHandshake(buffer.Ready(), client, out);
  if (hello_done_[side]) buffer.Clear();
}

bool QuicConnection::OnHandshake(Bytes bytes, bool client,
                                 AnalyzerOutput& out) {
  if (QuicVersionOf(keys_[0].version).google_crypto) {
    return client && OnGoogleHello(bytes, out);
  }
  TlsMessageReader messages;
  TlsMessageReader::Message message;
  switch (messages.Next(&bytes, &message)) {
    case TlsMessageReader::Result::kMore:
      return false;
    case TlsMessageReader::Result::kOversize:
      out.Anomaly("quic.crypto_oversize");
      return true;
    case TlsMessageReader::Result::kMessage:
      break;
  }
  if (client) {
    TlsClientHello hello;
    if (message.type != tls_message::kClientHello ||
        !hello.Read(message.body, false)) {
      out.Anomaly("tls.hello_malformed");
      return true;
    }
    client_ = TlsClientFacts(hello, TlsCarrier::kQuic);
    NoteClientHello(hello, client_, out);
    return true;
  }
  TlsServerHello hello;
  if (message.type != tls_message::kServerHello || !hello.Read(message.body)) {
    out.Anomaly("tls.hello_malformed");
    return true;
  }
  server_ = TlsServerFacts(hello);
  return true;
}

bool QuicConnection::OnGoogleHello(Bytes bytes, AnalyzerOutput& out) {
  GoogleHello hello;
  if (!hello.Find(bytes) || hello.cut) return false;
  client_.sni = std::string(TextOf(hello.sni));
  user_agent_ = std::string(TextOf(hello.user_agent).substr(0, 256));
  CheckSni(client_.sni, out);
  if (!client_.sni.empty()) out.Host(HostOfSni(client_.sni));
  return true;
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
