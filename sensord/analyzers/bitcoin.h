// The peer protocol of Bitcoin and of what was made from it
// (https://developer.bitcoin.org/reference/p2p_networking.html): named only.

#ifndef TAPLINE_SENSORD_ANALYZERS_BITCOIN_H_
#define TAPLINE_SENSORD_ANALYZERS_BITCOIN_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::bitcoin {

const AnalyzerUnit& Unit();

}  // namespace tapline::bitcoin

#endif  // TAPLINE_SENSORD_ANALYZERS_BITCOIN_H_
