// POP3 (RFC 1939) until somebody is logged in: greeting, CAPA (RFC 2449), STLS
// (RFC 2595), AUTH (RFC 5034), and how logins end.
//
// Tells an event for each login, for STLS, and for a session that had neither.
// After a login that worked no bytes are wanted. Of what USER and APOP carry
// only the first character of a name is kept, of PASS and AUTH nothing.
//
// Anomalies: pop3.malformed_reply (RFC 1939 3), pop3.unknown_command,
// pop3.long_line, pop3.long_auth (an exchange of AUTH without end),
// pop3.data_after_stls (RFC 2595 4). Nothing is read after 16 lines that are
// no commands or no replies.

#ifndef TAPLINE_SENSORD_ANALYZERS_POP3_H_
#define TAPLINE_SENSORD_ANALYZERS_POP3_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::pop3 {

const AnalyzerUnit& Unit();

}  // namespace tapline::pop3

#endif  // TAPLINE_SENSORD_ANALYZERS_POP3_H_
