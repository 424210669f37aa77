// Follows one QUIC connection as far as an observer can.

#ifndef TAPLINE_SENSORD_ANALYZERS_QUIC_CONNECTION_H_
#define TAPLINE_SENSORD_ANALYZERS_QUIC_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/crypto/quic_protection.h"
#include "sensord/analyzers/analyzer.h"
#include "sensord/analyzers/quic_packet.h"
#include "sensord/analyzers/range_buffer.h"
#include "sensord/analyzers/source_limit.h"
#include "sensord/analyzers/tls_facts.h"

namespace tapline {

// Of all connections of one engine.
struct QuicShared final : UnitState {
  // Keys of one side take some 4 us.
  static constexpr uint32_t kKeysPerSource = 2000;
  static constexpr uint32_t kKeysInAll = 20000;

  QuicProtection protection;
  SourceLimit limit{kKeysPerSource, kKeysInAll};
  // Header and contents of the packet at hand, without protection.
  std::vector<uint8_t> header;
  std::vector<uint8_t> text;
};

class QuicConnection final : public Analyzer {
 public:
  // `shared` outlives it.
  QuicConnection(const FlowIdentity& flow, QuicShared& shared);

  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override { Tell(out); }
  size_t MemoryBytes() const override;

 private:
  enum class State : uint8_t {  // values equal tapline.v1.QuicState
    kUnknown = 0,
    kInitial = 1,
    kHandshaking = 2,
    kConnected = 3,
    kClosed = 4,
    kVersionRefused = 5,
  };
  // Keys that open the Initials of one side, and what they were made of.
  struct SideKeys {
    bool known = false;
    uint32_t version = 0;
    QuicKeys keys;
  };
  // Packets of a datagram, openings and derivations of a connection.
  static constexpr int kMaxPackets = 16;
  static constexpr int kMaxOpenings = 32;
  static constexpr int kMaxDerivations = 8;
  // Short packets of a server that nobody seems to answer.
  static constexpr int kMaxUnanswered = 16;
  static constexpr size_t kMaxHandshake = 64 << 10;
  static constexpr size_t kMaxVersions = 16;
  // Of a packet number (RFC 9000 17.1).
  static constexpr size_t kMaxNumberBytes = 4;

  void OnLong(const QuicLongPacket& packet, const Segment& segment,
              AnalyzerOutput& out);
  void OnShort(const Segment& segment);
  bool OnGoogle(Bytes datagram, const Segment& segment, AnalyzerOutput& out);
  void OnVersions(const QuicLongPacket& packet);
  void OnInitial(const QuicLongPacket& packet, const Segment& segment,
                 AnalyzerOutput& out);
  void CheckClientInitial(const QuicLongPacket& packet, const Segment& segment,
                          AnalyzerOutput& out);

  // Keys (quic_keys.cc).
  // The contents of an Initial, in shared_.text; null when it does not open.
  bool OpenClients(const QuicLongPacket& packet, const Segment& segment,
                   AnalyzerOutput& out, Bytes* payload);
  bool OpenServers(const QuicLongPacket& packet, const Segment& segment,
                   AnalyzerOutput& out, Bytes* payload);
  // False when the limit of the source is hit.
  bool Derive(uint32_t version, Bytes id, bool client, const Segment& segment,
              AnalyzerOutput& out, SideKeys* keys);
  bool Unseal(const QuicLongPacket& packet, const QuicKeys& keys,
              Bytes* payload);

  // Contents (quic_contents.cc).
  void OnPayload(Bytes payload, bool client, const Segment& segment,
                 AnalyzerOutput& out);
  void OnCrypto(const QuicFrame& frame, bool client, AnalyzerOutput& out);
  // `bytes`: the handshake of a side from its beginning. True when its hello
  // was whole.
  bool OnHandshake(Bytes bytes, bool client, AnalyzerOutput& out);
  bool OnGoogleHello(Bytes bytes, AnalyzerOutput& out);

  bool IsClient(const Segment& segment) const {
    return segment.from_originator == client_is_originator_;
  }
  // Not of a state that is not known.
  Stage StageOf() const;
  // Another connection on the same ports: tells the one before.
  void StartOver(AnalyzerOutput& out);

  // Telling (quic_event.cc).
  void Tell(AnalyzerOutput& out);
  void TellFacts(EventWriter& event) const;

  QuicShared& shared_;
  const IpAddress originator_;
  const uint16_t responder_port_;

  bool roles_known_ = false;
  bool client_is_originator_ = true;
  State state_ = State::kUnknown;
  bool told_ = false;
  bool over_ = false;
  // The limit of the source was hit.
  bool sampled_ = false;
  int openings_ = 0;
  int derivations_ = 0;
  int unanswered_ = 0;
  UnixNanos begin_ = 0;
  UnixNanos end_ = 0;

  uint32_t version_ = 0;
  std::vector<uint32_t> versions_supported_;
  // What the keys follow from: the client's first destination, or the one that
  // a Retry gave it.
  QuicId key_id_;
  QuicId original_id_;
  QuicId client_id_;
  QuicId server_id_;
  bool retry_ = false;
  bool zero_rtt_ = false;
  bool server_answered_ = false;
  // [0] of the client.
  SideKeys keys_[2];
  RangeBuffer crypto_[2] = {RangeBuffer(kMaxHandshake),
                            RangeBuffer(kMaxHandshake)};
  bool hello_done_[2] = {false, false};
  TlsClientFacts client_;
  TlsServerFacts server_;
  std::string user_agent_;

  uint64_t close_code_ = 0;
  std::string close_reason_;
  bool close_from_server_ = false;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_QUIC_CONNECTION_H_
