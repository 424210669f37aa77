// The rsync daemon's greeting: versions of the protocol, the module asked for,
// and whether it was granted. Tells one event; then no bytes are wanted.
//
// Anomalies: rsync.malformed (a line that is not of the greeting).

#ifndef TAPLINE_SENSORD_ANALYZERS_RSYNC_H_
#define TAPLINE_SENSORD_ANALYZERS_RSYNC_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::rsync {

const AnalyzerUnit& Unit();

}  // namespace tapline::rsync

#endif  // TAPLINE_SENSORD_ANALYZERS_RSYNC_H_
