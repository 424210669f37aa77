// SOCKS 4, 4a and 5 (RFC 1928, RFC 1929): one event a connection, when the
// proxy has answered. What is carried behind a granted CONNECT or BIND is
// identified anew.
//
// Anomalies:
//   socks.malformed          a message that breaks the protocol; nothing more
//   is
//                            read
//   socks.data_before_reply  the client sent what is carried before the proxy
//                            granted it; it is not read

#ifndef TAPLINE_SENSORD_ANALYZERS_SOCKS_H_
#define TAPLINE_SENSORD_ANALYZERS_SOCKS_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::socks {

const AnalyzerUnit& Unit();

}  // namespace tapline::socks

#endif  // TAPLINE_SENSORD_ANALYZERS_SOCKS_H_
