// NATS (docs.nats.io, "Client protocol"): the server's INFO, the client's
// CONNECT, and whether it was let in: by the server's next word, and at most 64
// commands of a client that does not wait for it, whose payload is passed over.
// Tells one event; then no bytes are wanted, but where TLS begins after INFO
// what follows is identified anew.
//
// Anomalies: nats.malformed (the first line of an end is neither, or a later
// one is none of the protocol's).

#ifndef TAPLINE_SENSORD_ANALYZERS_NATS_H_
#define TAPLINE_SENSORD_ANALYZERS_NATS_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::nats {

const AnalyzerUnit& Unit();

}  // namespace tapline::nats

#endif  // TAPLINE_SENSORD_ANALYZERS_NATS_H_
