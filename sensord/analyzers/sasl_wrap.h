// What SASL puts around messages once somebody is logged on (RFC 4422 3.7).

#ifndef TAPLINE_SENSORD_ANALYZERS_SASL_WRAP_H_
#define TAPLINE_SENSORD_ANALYZERS_SASL_WRAP_H_

#include <cstddef>

#include "sensord/analyzers/analyzer.h"

namespace tapline {

inline constexpr size_t kSaslLengthBytes = 4;

// The message inside a wrapped one, which begins with its length: what Kerberos
// (RFC 4121 4.2.4), NTLM ([MS-NLMP] 2.2.2.9) or DIGEST-MD5 (RFC 2831 2.3) only
// signed. False when it is encrypted, or nothing that is known: the message
// must begin as BER does.
bool UnwrapSasl(Bytes wrapped, Bytes* message);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_SASL_WRAP_H_
