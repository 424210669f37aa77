// IMAP (RFC 9051, RFC 3501) until somebody is logged in: greeting,
// capabilities, ID (RFC 2971), STARTTLS, and how logins end.
//
// Tells an event for each login, for STARTTLS, and for a session that had
// neither. After a login that worked no bytes are wanted. Literals are passed
// over by their length; of what AUTHENTICATE and LOGIN carry only the first
// character of a name is kept.
//
// Anomalies: imap.malformed_command, imap.malformed_reply (RFC 9051 2.2),
// imap.unknown_command, imap.long_line, imap.long_auth (an exchange of
// AUTHENTICATE without end), imap.bad_literal (4.3), imap.data_after_starttls
// (6.2.1). Nothing is read after 16 lines that are no commands, or no replies
// to any.

#ifndef TAPLINE_SENSORD_ANALYZERS_IMAP_H_
#define TAPLINE_SENSORD_ANALYZERS_IMAP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::imap {

const AnalyzerUnit& Unit();

}  // namespace tapline::imap

#endif  // TAPLINE_SENSORD_ANALYZERS_IMAP_H_
