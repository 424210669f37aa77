// LDAP over TCP and UDP: binds, searches and changes with their results; what
// comes after StartTLS is identified anew.
//
// Behind a bind with SASL messages may be wrapped (RFC 4513 5.2.1): signed ones
// are read, encrypted ones end the reading. At most 32 operations wait for
// their result. Anomalies: "ldap.malformed" (an operation breaks RFC 4511; a
// stream is not read after 16 more),
// "ldap.framing" (what should begin a message does not).

#ifndef TAPLINE_SENSORD_ANALYZERS_LDAP_H_
#define TAPLINE_SENSORD_ANALYZERS_LDAP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::ldap {

const AnalyzerUnit& Unit();

}  // namespace tapline::ldap

#endif  // TAPLINE_SENSORD_ANALYZERS_LDAP_H_
