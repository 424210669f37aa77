// WebSocket (RFC 6455): known by the Upgrade of HTTP/1, not by its bytes. One
// event a connection, when both sides closed it or the flow ends: frames by
// opcode, bytes, close codes; payloads are stepped over, never kept. A hole
// within a payload is survived.
//
// Anomalies:
//   websocket.malformed  reserved bits or opcodes, a control frame that is long
//                        or in pieces, a length that is not the shortest: that
//                        direction is given up
//   websocket.masking    a client's frame without mask, or a server's with one
//   websocket.fragments  a continuation of nothing, or a message within another

#ifndef TAPLINE_SENSORD_ANALYZERS_WEBSOCKET_H_
#define TAPLINE_SENSORD_ANALYZERS_WEBSOCKET_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::websocket {

const AnalyzerUnit& Unit();

// What reads it where HTTP found the client to be the originator, or not: seen
// from the middle, who began a flow is a guess.
const AnalyzerUnit& UnitFor(bool client_is_originator);

}  // namespace tapline::websocket

#endif  // TAPLINE_SENSORD_ANALYZERS_WEBSOCKET_H_
