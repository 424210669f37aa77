// Reads QUIC's long headers (RFC 8999 5.1, RFC 9000 17.2), which say everything
// but the packet number in clear, and the frames of Initial packets.

#ifndef TAPLINE_SENSORD_ANALYZERS_QUIC_PACKET_H_
#define TAPLINE_SENSORD_ANALYZERS_QUIC_PACKET_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/crypto/quic_protection.h"
#include "sensord/analyzers/analyzer.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline {

inline constexpr uint32_t kQuicV1 = 0x00000001;
inline constexpr uint32_t kQuicV2 = 0x6b3343cf;
inline constexpr size_t kMaxQuicId = 20;
// A client's Destination Connection ID has no less (RFC 9000 7.2), and its
// Initials come in datagrams of no less (14.1).
inline constexpr size_t kMinQuicClientId = 8;
inline constexpr size_t kMinQuicInitial = 1200;

// How a version's packets look.
enum class QuicShape : uint8_t {
  kUnknown,
  // RFC 9000, its drafts from 22 on, and Google's Q050, T050 and T051.
  kIetf,
  // Google's before that: hellos in clear (gquic.h).
  kGoogle,
};

struct QuicVersion {
  QuicShape shape = QuicShape::kUnknown;
  QuicSalt salt = QuicSalt::kV1;
  // The numbers of packet types are those of RFC 9369 3.2.
  bool v2_types = false;
  // CRYPTO frames carry QUIC Crypto messages, not TLS.
  bool google_crypto = false;
};
QuicVersion QuicVersionOf(uint32_t version);

// "1", "2", "draft-29", "Q046", "mvfst-1"; hex when unknown.
std::string QuicVersionName(uint32_t version);

// Sent to keep servers tolerant (RFC 9000 15).
inline bool IsReservedQuicVersion(uint32_t version) {
  return (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

enum class QuicPacketType : uint8_t {
  kVersionNegotiation,
  kInitial,
  kZeroRtt,
  kHandshake,
  kRetry,
};

// A connection id, kept.
struct QuicId {
  std::array<uint8_t, kMaxQuicId> bytes{};
  uint8_t size = 0;

  QuicId() = default;
  // `id` has at most kMaxQuicId bytes.
  explicit QuicId(Bytes id) : size(static_cast<uint8_t>(id.size())) {
    std::copy(id.begin(), id.end(), bytes.begin());
  }
  Bytes view() const { return {bytes.data(), size}; }
  friend bool operator==(const QuicId& a, Bytes b) { return a.view() == b; }
};

// One packet with a long header of a datagram.
struct QuicLongPacket {
  uint32_t version = 0;
  QuicPacketType type = QuicPacketType::kInitial;
  Bytes destination;
  Bytes source;
  // Offset of the packet number in `whole`; 0 where there is none.
  size_t number_at = 0;
  // Of kVersionNegotiation: big-endian versions.
  Bytes versions;
  // All of its bytes.
  Bytes whole;
  // It says that it is longer than the datagram.
  bool cut = false;

  // Takes the first packet off `datagram`. False, and nothing is taken, when
  // there is none whose version is of the shape kIetf, or that negotiates
  // versions.
  bool Take(Bytes* datagram);
};

// A variable-length integer (RFC 9000 16); fails the cursor.
uint64_t TakeQuicInteger(ByteCursor& cursor);

// One frame of an Initial packet that says something.
struct QuicFrame {
  enum Kind : uint8_t { kCrypto, kClose } kind = kCrypto;
  // kCrypto.
  uint64_t offset = 0;
  Bytes data;
  // kClose.
  uint64_t code = 0;
  absl::string_view reason;
};

// Goes through the frames that may stand in an Initial (RFC 9000 12.4). Thread
// safety: single-threaded.
class QuicFrameReader {
 public:
  explicit QuicFrameReader(Bytes payload)
      : cursor_(payload.data(), payload.size()) {}

  // The next CRYPTO or CONNECTION_CLOSE. False at the end, and where no frame
  // is that may be there: then ok() is false.
  bool Next(QuicFrame* frame);
  bool ok() const { return ok_ && cursor_.ok(); }

 private:
  void SkipPadding();
  void SkipAck(bool with_counts);

  ByteCursor cursor_;
  bool ok_ = true;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_QUIC_PACKET_H_
