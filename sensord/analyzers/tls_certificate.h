// What is kept and told of a certificate in a handshake.

#ifndef TAPLINE_SENSORD_ANALYZERS_TLS_CERTIFICATE_H_
#define TAPLINE_SENSORD_ANALYZERS_TLS_CERTIFICATE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/crypto/certificate.h"
#include "sensord/analyzers/analyzer.h"

namespace tapline {

// Owned copy of the facts; names are safe to print.
struct TlsCertificateFacts {
  static constexpr size_t kMaxNames = 64;

  std::string subject;
  std::string issuer;
  std::vector<std::string> names;
  uint32_t name_count = 0;
  // Seconds since 1970.
  int64_t not_before = 0;
  int64_t not_after = 0;
  std::string key_type;
  absl::string_view key_curve;
  uint32_t key_bits = 0;
  std::string serial;
  std::string sha256;
  bool self_signed = false;
  bool authority = false;
  bool malformed = false;
  // Looks like the throw-away certificate of a Tor relay: subject and issuer
  // are one made-up www.<base32>.net and .com each (tor-spec, "Negotiating
  // channels").
  bool like_tor = false;

  explicit TlsCertificateFacts(Bytes der);

  // Writes it into the present message; `when` is the packet time of the
  // handshake.
  void Tell(UnixNanos when, EventWriter& event) const;

  // On the heap.
  size_t MemoryBytes() const;
};

// "CN=www.example.com, O=Example": RFC 4514, the last attribute first. Safe to
// print; at most about 1 KiB. False when it is no Name: the text then holds
// what could be read.
bool DistinguishedName(DerBytes name, std::string* text);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_TLS_CERTIFICATE_H_
