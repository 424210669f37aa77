// Redis (RESP2 and RESP3, redis.io/docs/reference/protocol-spec): logins by
// AUTH and HELLO, and which commands how often. Arguments are passed over by
// their lengths; of a login the first character of a name is kept.
//
// Tells an event for each login, and one when the connection ends or after
// kMaxCommands commands; then no bytes are wanted.
//
// Anomalies: redis.malformed (what is no RESP where a message begins).

#ifndef TAPLINE_SENSORD_ANALYZERS_REDIS_H_
#define TAPLINE_SENSORD_ANALYZERS_REDIS_H_

#include <cstdint>

#include "sensord/analyzers/analyzer.h"

namespace tapline::redis {

inline constexpr uint64_t kMaxCommands = 4096;

const AnalyzerUnit& Unit();

}  // namespace tapline::redis

#endif  // TAPLINE_SENSORD_ANALYZERS_REDIS_H_
