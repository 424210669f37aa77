// The control connection of FTP (RFC 959) with its extensions for TLS (RFC
// 4217) and IPv6 (RFC 2428): logins, the files and directories asked for, and
// where their data goes.
//
// Tells an event for each login, for each command about a file when its last
// reply came, for AUTH TLS, and for a session that had none of these. PASS and
// ACCT are never looked at.
//
// Anomalies: ftp.malformed_reply (RFC 959 4.2), ftp.unknown_command,
// ftp.long_line, ftp.bad_data_endpoint (a port command or reply without a
// port), ftp.foreign_data_address (data is to go to a third machine, RFC 2577
// 3), ftp.data_after_auth_tls (RFC 4217 4.3). Nothing is read after 16 lines
// that are no commands or no replies.

#ifndef TAPLINE_SENSORD_ANALYZERS_FTP_H_
#define TAPLINE_SENSORD_ANALYZERS_FTP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::ftp {

const AnalyzerUnit& Unit();

}  // namespace tapline::ftp

#endif  // TAPLINE_SENSORD_ANALYZERS_FTP_H_
