// PostgreSQL (documentation, "Frontend/Backend Protocol"): the start of a
// session up to the server's readiness; what is encrypted is TLS's affair.
//
// Anomalies: postgresql.malformed, postgresql.data_before_tls (bytes sent in
// the clear behind the agreement on TLS: CVE-2021-23214).

#ifndef TAPLINE_SENSORD_ANALYZERS_POSTGRESQL_H_
#define TAPLINE_SENSORD_ANALYZERS_POSTGRESQL_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::postgresql {

const AnalyzerUnit& Unit();

}  // namespace tapline::postgresql

#endif  // TAPLINE_SENSORD_ANALYZERS_POSTGRESQL_H_
