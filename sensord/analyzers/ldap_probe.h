// Whether first bytes are LDAP (RFC 4511 4.1.1).

#ifndef TAPLINE_SENSORD_ANALYZERS_LDAP_PROBE_H_
#define TAPLINE_SENSORD_ANALYZERS_LDAP_PROBE_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::ldap {

Match Probe(const Opening& opening);

}  // namespace tapline::ldap

#endif  // TAPLINE_SENSORD_ANALYZERS_LDAP_PROBE_H_
