// IRC (RFC 2812, ircv3.net): the server's name and software, and whether a
// password or SASL let the client in. Tells one event when the client is
// registered or refused; then no bytes are wanted, but after STARTTLS what
// follows is identified anew.

#ifndef TAPLINE_SENSORD_ANALYZERS_IRC_H_
#define TAPLINE_SENSORD_ANALYZERS_IRC_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::irc {

const AnalyzerUnit& Unit();

}  // namespace tapline::irc

#endif  // TAPLINE_SENSORD_ANALYZERS_IRC_H_
