// Fingerprints of who speaks TLS, by what its first message offers.
//
//   JA3, JA3S  github.com/salesforce/ja3 (BSD 3-clause), 2017
//   JA4        github.com/FoxIO-LLC/ja4, technical_details/JA4.md: the client's
//              form alone, which is free (BSD 3-clause)

#ifndef TAPLINE_SENSORD_ANALYZERS_TLS_FINGERPRINT_H_
#define TAPLINE_SENSORD_ANALYZERS_TLS_FINGERPRINT_H_

#include <string>

#include "sensord/analyzers/tls_hello.h"

namespace tapline {

// What JA4 begins with.
enum class TlsCarrier : char { kStream = 't', kQuic = 'q', kDatagram = 'd' };

// MD5 of "version,ciphers,extensions,groups,point formats" in decimal, GREASE
// left out: 32 hex digits. Empty when the hello has more than a fingerprint
// takes.
std::string Ja3(const TlsClientHello& hello);

// MD5 of "version,cipher,extensions".
std::string Ja3s(const TlsServerHello& hello);

// "t13d1516h2_8daaf6152771_e5627efa2ab1"; empty as with Ja3.
std::string Ja4(const TlsClientHello& hello, TlsCarrier carrier);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_TLS_FINGERPRINT_H_
