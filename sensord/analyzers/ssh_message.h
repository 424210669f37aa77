// What SSH sends in the clear (RFC 4253): identification lines, the offers of
// both ends and what follows from them.

#ifndef TAPLINE_SENSORD_ANALYZERS_SSH_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_SSH_MESSAGE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sensord/analyzers/analyzer.h"

namespace tapline::ssh {

// RFC 4253 12, RFC 4419 5.
inline constexpr uint8_t kMsgKexInit = 20;
inline constexpr uint8_t kMsgNewKeys = 21;
inline constexpr uint8_t kMsgKexDhInit = 30;
inline constexpr uint8_t kMsgKexDhReply = 31;
inline constexpr uint8_t kMsgKexGexInit = 32;
inline constexpr uint8_t kMsgKexGexReply = 33;
inline constexpr uint8_t kMsgKexGexRequest = 34;

// RFC 4253 6.1: what everyone must take.
inline constexpr size_t kMaxPacket = 35000;
// Length, padding length, type.
inline constexpr size_t kPacketHead = 6;

// "SSH-protoversion-softwareversion SP comments" (RFC 4253 4.2).
struct Version {
  std::string line;
  std::string protocol;
  std::string software;

  // False when the line breaks the rule; `line` is set anyway.
  bool Read(absl::string_view text);
  // "1.99" speaks 2.0 too (RFC 4253 5.1).
  bool IsOne() const;
};

// The lists of SSH_MSG_KEXINIT in their order (RFC 4253 7.1).
enum Offer : uint8_t {
  kKex,
  kHostKey,
  kClientCipher,
  kServerCipher,
  kClientMac,
  kServerMac,
  kClientCompression,
  kServerCompression,
  kClientLanguage,
  kServerLanguage,
  kOffers,
};

// One end's SSH_MSG_KEXINIT.
class KexInit {
 public:
  // `payload` begins with the type. False, and nothing is held, when it is not
  // a whole one.
  bool Read(Bytes payload);

  bool seen() const { return !text_.empty(); }
  absl::string_view list(Offer offer) const {
    return absl::string_view(text_).substr(at_[offer], size_[offer]);
  }
  // HASSH, or hasshServer when it is the server's.
  std::string Hassh(bool server) const;
  size_t MemoryBytes() const { return text_.capacity(); }

 private:
  // The lists behind each other.
  std::string text_;
  std::array<uint16_t, kOffers> at_{};
  std::array<uint16_t, kOffers> size_{};
};

// What both ends agree on.
struct Agreement {
  std::array<std::string, kOffers> chosen;
  // Both have spoken, and one list has nothing in common.
  bool nothing_in_common = false;
};
Agreement Agree(const KexInit& client, const KexInit& server);

// Of `chosen`, what is no longer thought safe: key exchange by RFC 9142 4,
// arcfour by RFC 8758, CBC modes, MD5, SHA-1 signatures, DSA, short MACs, and
// "none".
std::vector<std::string> Deprecated(const Agreement& agreement);

// How one end's encrypted packets look from outside.
struct PacketShape {
  // Sizes can be told at all: no compression, cipher and MAC are known.
  bool known = false;
  // The length of a packet is not encrypted.
  bool length_visible = false;
  // It is part of what is padded to whole blocks.
  bool length_in_blocks = true;
  size_t block_bytes = 8;
  size_t mac_bytes = 0;

  // On the wire, of a packet with this payload and no more padding than needed
  // (RFC 4253 6).
  size_t PacketBytes(size_t payload_bytes) const;
};
PacketShape ShapeOf(absl::string_view cipher, absl::string_view mac,
                    absl::string_view compression);

// "SHA256:..." of the host key in a reply of the key exchange (types 31 and
// 33); empty when it has none.
std::string HostKeyFingerprint(Bytes payload);

}  // namespace tapline::ssh

#endif  // TAPLINE_SENSORD_ANALYZERS_SSH_MESSAGE_H_
