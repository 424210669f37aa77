// SSH (RFC 4253): versions, offers and what is agreed on, the host key, and
// whether a login worked as far as sizes show (ssh_login.h has the method).
//
// Tells one event when both ends have set their keys, or when that will not be
// seen, and one when a login ended; after that no bytes are wanted. The end
// that begins the key exchange is the client, whoever opened the connection.
//
// Anomalies: ssh.malformed_version (RFC 4253 4.2), ssh.malformed_packet (6,
// 7.1), ssh.no_common_algorithm (7.1), ssh.cipher_none (6.3).

#ifndef TAPLINE_SENSORD_ANALYZERS_SSH_H_
#define TAPLINE_SENSORD_ANALYZERS_SSH_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::ssh {

const AnalyzerUnit& Unit();

}  // namespace tapline::ssh

#endif  // TAPLINE_SENSORD_ANALYZERS_SSH_H_
