// Reads the hello messages of TLS and DTLS (RFC 8446 4.1, RFC 5246 7.4.1, RFC
// 6347 4.2, RFC 9147 5) without trusting them. Views borrow the message.
//
// What breaks a rule ends the reading: everything before it stands.

#ifndef TAPLINE_SENSORD_ANALYZERS_TLS_HELLO_H_
#define TAPLINE_SENSORD_ANALYZERS_TLS_HELLO_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "sensord/analyzers/analyzer.h"

namespace tapline {

// Extension types (IANA, "TLS ExtensionType Values").
namespace tls_extension {
inline constexpr uint16_t kServerName = 0;
inline constexpr uint16_t kSupportedGroups = 10;
inline constexpr uint16_t kPointFormats = 11;
inline constexpr uint16_t kSignatureAlgorithms = 13;
inline constexpr uint16_t kAlpn = 16;
inline constexpr uint16_t kSessionTicket = 35;
inline constexpr uint16_t kPreSharedKey = 41;
inline constexpr uint16_t kEarlyData = 42;
inline constexpr uint16_t kSupportedVersions = 43;
inline constexpr uint16_t kKeyShare = 51;
inline constexpr uint16_t kQuicParameters = 57;
inline constexpr uint16_t kQuicParametersDraft = 0xffa5;
inline constexpr uint16_t kEncryptedClientHello = 0xfe0d;
// draft-ietf-tls-esni-02 to 06, what came before.
inline constexpr uint16_t kEncryptedServerName = 0xffce;
}  // namespace tls_extension

// Big-endian pairs.
class TlsCodes {
 public:
  TlsCodes() = default;
  explicit TlsCodes(Bytes bytes) : bytes_(bytes) {}
  size_t size() const { return bytes_.size() / 2; }
  bool empty() const { return bytes_.size() < 2; }
  uint16_t operator[](size_t i) const {
    return static_cast<uint16_t>(bytes_[2 * i] << 8 | bytes_[2 * i + 1]);
  }
  Bytes bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

struct TlsClientHello {
  static constexpr size_t kMaxExtensions = 128;
  static constexpr size_t kMaxProtocols = 16;

  // The field of the message; since TLS 1.3 it says little.
  uint16_t version = 0;
  Bytes session_id;
  TlsCodes ciphers;
  // Types, in order.
  std::array<uint16_t, kMaxExtensions> extensions;
  size_t extension_count = 0;
  TlsCodes groups;
  Bytes point_formats;
  TlsCodes signature_algorithms;
  // Of supported_versions; empty without it.
  TlsCodes versions;
  // First host name of the first server_name; empty without one.
  Bytes sni;
  // Host names, in all.
  size_t sni_count = 0;
  std::array<absl::string_view, kMaxProtocols> alpn;
  size_t alpn_count = 0;
  bool ticket = false;  // a session ticket, not only room for one
  bool psk = false;
  bool early_data = false;
  // Encrypted ClientHello, or what looks like it (RFC 9849 6.2 sends such
  // without having a key): `sni` may then be a name that only the operator of
  // many sites has.
  bool ech = false;
  bool grease = false;
  bool quic_parameters = false;
  bool duplicate_extension = false;
  bool malformed = false;
  // More extensions than are kept: what is missing makes no fingerprint.
  bool too_many = false;

  // `body` is the message without its header. `datagram`: DTLS, with a cookie.
  // False when there is no version, random and list of ciphers.
  bool Read(Bytes body, bool datagram);

  // The highest version offered; GREASE aside.
  uint16_t HighestVersion() const;

 private:
  void ReadExtensions(Bytes bytes);
  // False when the contents break their rules.
  bool ReadExtension(uint16_t type, Bytes contents);
  bool ReadServerName(Bytes contents);
  bool ReadAlpn(Bytes contents);
  void MarkDuplicates();
};

struct TlsServerHello {
  static constexpr size_t kMaxExtensions = 64;

  // As negotiated: that of supported_versions if there, else the field.
  uint16_t version = 0;
  // The field of the message.
  uint16_t legacy_version = 0;
  Bytes session_id;
  uint16_t cipher = 0;
  std::array<uint16_t, kMaxExtensions> extensions;
  size_t extension_count = 0;
  absl::string_view alpn;
  // Of the key share; 0 without one.
  uint16_t group = 0;
  bool psk = false;
  bool retry_request = false;
  bool malformed = false;
  bool too_many = false;

  // False when there is no version, random and cipher.
  bool Read(Bytes body);

 private:
  void ReadExtensions(Bytes bytes);
  bool ReadExtension(uint16_t type, Bytes contents);
};

// First name in a list of ALPN protocols, or all of them; false when it is not
// one. `out` may be null.
bool ReadProtocolNames(Bytes list, size_t max, absl::string_view* out,
                       size_t* count);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_TLS_HELLO_H_
