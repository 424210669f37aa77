// The payload of one packet, as the analyzers understand it by itself. Internal
// to dissect.

#ifndef TAPLINE_SENSORD_DISSECT_APPLICATION_H_
#define TAPLINE_SENSORD_DISSECT_APPLICATION_H_

#include "sensord/decode/packet.h"
#include "sensord/dissect/layer_writer.h"
#include "sensord/flow/payload_analyzer.h"

namespace tapline {

// A layer for each event, or one with the protocol's name, or "data". Which
// side opened the flow one packet does not say: the ports are asked, then both
// are tried.
void WriteApplication(const Packet& packet, PayloadAnalyzer& analyzers,
                      LayerWriter& out);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DISSECT_APPLICATION_H_
