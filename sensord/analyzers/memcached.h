// Memcached (github.com/memcached/memcached, doc/protocol.txt and
// protocol-binary.txt): text and binary, over TCP, and over UDP behind a header
// of eight bytes. Only named.

#ifndef TAPLINE_SENSORD_ANALYZERS_MEMCACHED_H_
#define TAPLINE_SENSORD_ANALYZERS_MEMCACHED_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::memcached {

const AnalyzerUnit& Unit();

}  // namespace tapline::memcached

#endif  // TAPLINE_SENSORD_ANALYZERS_MEMCACHED_H_
