// OpenVPN over UDP and TCP (OpenVPN's "Protocol Overview", ssl_pkt.h): how a
// session begins. Nothing is read after the server's answer.

#ifndef TAPLINE_SENSORD_ANALYZERS_OPENVPN_H_
#define TAPLINE_SENSORD_ANALYZERS_OPENVPN_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::openvpn {

const AnalyzerUnit& Unit();

}  // namespace tapline::openvpn

#endif  // TAPLINE_SENSORD_ANALYZERS_OPENVPN_H_
