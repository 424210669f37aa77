// Git's own transport (git-scm.com/docs/pack-protocol): which service of which
// repository is asked for. Tells one event; then no bytes are wanted.
//
// Anomalies: git.malformed (a request without its parts).

#ifndef TAPLINE_SENSORD_ANALYZERS_GIT_H_
#define TAPLINE_SENSORD_ANALYZERS_GIT_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::git {

const AnalyzerUnit& Unit();

}  // namespace tapline::git

#endif  // TAPLINE_SENSORD_ANALYZERS_GIT_H_
