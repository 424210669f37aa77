// NetBIOS name service on UDP 137 and datagrams on 138 (RFC 1002). Its sessions
// on TCP 139 carry SMB: unit `smb`.
//
// At most 32 requests of a flow wait for their response; of datagrams the first
// 32 that differ are told. Anomalies: "netbios.malformed",
// "netbios.too_many_datagrams" (there are more).

#ifndef TAPLINE_SENSORD_ANALYZERS_NETBIOS_H_
#define TAPLINE_SENSORD_ANALYZERS_NETBIOS_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::netbios {

const AnalyzerUnit& Unit();

}  // namespace tapline::netbios

#endif  // TAPLINE_SENSORD_ANALYZERS_NETBIOS_H_
