// XMPP (RFC 6120): the domain asked for, STARTTLS, and how a login in the clear
// ends. Tells one event for each of these two, or for a session without them;
// after a login that worked no bytes are wanted. Only tags are looked at, never
// the text between them.
//
// Anomalies: xmpp.data_after_starttls (RFC 6120 5.3.1).

#ifndef TAPLINE_SENSORD_ANALYZERS_XMPP_H_
#define TAPLINE_SENSORD_ANALYZERS_XMPP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::xmpp {

const AnalyzerUnit& Unit();

}  // namespace tapline::xmpp

#endif  // TAPLINE_SENSORD_ANALYZERS_XMPP_H_
