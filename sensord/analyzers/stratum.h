// Stratum, how miners get work: JSON-RPC in lines over TCP
// (https://en.bitcoin.it/wiki/Stratum_mining_protocol), also as pools of
// Ethereum and Monero speak it: named only.

#ifndef TAPLINE_SENSORD_ANALYZERS_STRATUM_H_
#define TAPLINE_SENSORD_ANALYZERS_STRATUM_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::stratum {

const AnalyzerUnit& Unit();

}  // namespace tapline::stratum

#endif  // TAPLINE_SENSORD_ANALYZERS_STRATUM_H_
