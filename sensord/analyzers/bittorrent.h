// BitTorrent: peers over TCP (BEP 3) and uTP (BEP 29), the distributed hash
// table (BEP 5), trackers over UDP (BEP 15), local discovery (BEP 14): named
// only.

#ifndef TAPLINE_SENSORD_ANALYZERS_BITTORRENT_H_
#define TAPLINE_SENSORD_ANALYZERS_BITTORRENT_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::bittorrent {

const AnalyzerUnit& Unit();

}  // namespace tapline::bittorrent

#endif  // TAPLINE_SENSORD_ANALYZERS_BITTORRENT_H_
