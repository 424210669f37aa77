// Protection of QUIC's Initial packets (RFC 9001 5): the keys follow from the
// connection id that the client chose, so whoever sees the first packet has
// them.

#ifndef TAPLINE_COMMON_CRYPTO_QUIC_PROTECTION_H_
#define TAPLINE_COMMON_CRYPTO_QUIC_PROTECTION_H_

#include <array>
#include <cstdint>
#include <memory>

#include "absl/types/span.h"

namespace tapline {

// Versions that protect their Initials alike.
enum class QuicSalt : uint8_t {
  kDraft22,  // draft-ietf-quic-tls-21 and 22
  kDraft23,  // 23 to 28
  kDraft29,  // 29 to 32
  kV1,       // RFC 9001 5.2; 33 and 34
  kV2Draft,  // draft-ietf-quic-v2-00 to 04
  kV2,       // RFC 9369 3.3.1
  kQ050,     // Google's, before they took up the IETF's versions
  kT050,
  kT051,
};
inline constexpr int kQuicSalts = 9;

// Of one side: AEAD_AES_128_GCM.
struct QuicKeys {
  std::array<uint8_t, 16> key;
  std::array<uint8_t, 12> iv;
  std::array<uint8_t, 16> header_key;
};

// Derives keys and opens packets; keeps what all packets have in common.
// Thread safety: single-threaded.
class QuicProtection {
 public:
  static constexpr size_t kSampleBytes = 16;
  static constexpr size_t kTagBytes = 16;

  QuicProtection();
  ~QuicProtection();

  // `id`: the Destination Connection ID of the client's first Initial.
  QuicKeys Derive(QuicSalt salt, absl::Span<const uint8_t> id,
                  bool client) const;

  // What hides the first byte and the packet number (RFC 9001 5.4.1).
  std::array<uint8_t, 5> HeaderMask(const QuicKeys& keys,
                                    const uint8_t (&sample)[kSampleBytes]);

  // Writes sealed.size() - kTagBytes bytes to `out`. False when the tag is not
  // that of these keys: `out` then means nothing.
  bool Open(const QuicKeys& keys, uint64_t packet_number,
            absl::Span<const uint8_t> header, absl::Span<const uint8_t> sealed,
            uint8_t* out);

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace tapline

#endif  // TAPLINE_COMMON_CRYPTO_QUIC_PROTECTION_H_
