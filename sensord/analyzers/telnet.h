// Telnet (RFC 854): the options the ends will use (RFC 855), the terminal (RFC
// 1091), and logins as far as the server's words show them.
//
// A line that ends in a prompt for a password, and what the client types until
// its next line, are a login; the server's next lines say how it ended: words
// of refusal or another prompt for a name, or a greeting or a shell's prompt.
// What is typed is passed over unread, but for a name that an option carries
// (RFC 1572), of which the first character is kept.
//
// Tells an event for each login, and for a session that had none. After a login
// that worked, where encryption begins, and after 64 KiB of either end, no
// bytes are wanted.
//
// Anomalies: telnet.malformed (an end of a subnegotiation without beginning, or
// one that is too long).

#ifndef TAPLINE_SENSORD_ANALYZERS_TELNET_H_
#define TAPLINE_SENSORD_ANALYZERS_TELNET_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::telnet {

const AnalyzerUnit& Unit();

}  // namespace tapline::telnet

#endif  // TAPLINE_SENSORD_ANALYZERS_TELNET_H_
