// What an encrypted connection carries, as far as its first message gives away.

#ifndef TAPLINE_SENSORD_ANALYZERS_ENCRYPTED_DNS_H_
#define TAPLINE_SENSORD_ANALYZERS_ENCRYPTED_DNS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sensord/event/signal.h"

namespace tapline {

struct Carried {
  // "dot", "doq", "doh"; null when nothing shows. Static storage.
  const char* what = nullptr;
  ProtocolBasis basis = ProtocolBasis::kNone;
};

// DNS over TLS (RFC 7858) or QUIC (RFC 9250) by ALPN or port 853; DNS over
// HTTPS (RFC 8484), which looks like all other HTTPS, by the names of public
// resolvers.
Carried CarriedDns(const std::vector<std::string>& alpn, absl::string_view sni,
                   uint16_t responder_port, bool quic);

// Whether this name stands before sites whose own name is encrypted (RFC 9849,
// public_name): it tells the operator, not the site.
bool IsEchPublicName(absl::string_view sni);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_ENCRYPTED_DNS_H_
