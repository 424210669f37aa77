// TDS, the protocol of SQL Server: what client and server agree on, and whether
// somebody got in. Nothing after the login is read.
//
// One event a connection, when the login's outcome is known, or hidden, or the
// flow ends. Anomalies: "tds.framing" (no packet begins where one should),
// "tds.malformed" (a message breaks [MS-TDS]).

#ifndef TAPLINE_SENSORD_ANALYZERS_TDS_H_
#define TAPLINE_SENSORD_ANALYZERS_TDS_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::tds {

const AnalyzerUnit& Unit();

}  // namespace tapline::tds

#endif  // TAPLINE_SENSORD_ANALYZERS_TDS_H_
