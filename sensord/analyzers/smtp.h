// SMTP (RFC 5321) with pipelining (2920), CHUNKING (3030), AUTH (4954) and
// STARTTLS (3207), LMTP (2033): who hands what size of mail from which domain
// to which, and how logins end.
//
// Tells an event for each mail when it is answered or given up, for each login,
// for STARTTLS, and for a session that had none of these. Mail bodies are
// passed over by their framing; what AUTH carries is never looked at.
//
// Anomalies: smtp.malformed_reply (RFC 5321 4.2), smtp.long_line (4.5.3.1),
// smtp.unknown_command, smtp.long_auth (an exchange of AUTH without end),
// smtp.bad_chunk_size (RFC 3030 2),
// smtp.data_end_ambiguous (the end of a mail that only some servers take for
// one, RFC 5321 2.3.8; the flow is marked), smtp.data_after_starttls (RFC 3207
// 4: commands or replies in the clear behind it). Nothing is read after 16
// lines that are no commands or no replies.

#ifndef TAPLINE_SENSORD_ANALYZERS_SMTP_H_
#define TAPLINE_SENSORD_ANALYZERS_SMTP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::smtp {

const AnalyzerUnit& Unit();

}  // namespace tapline::smtp

#endif  // TAPLINE_SENSORD_ANALYZERS_SMTP_H_
