// The payload of one packet, as the analyzers understand it by itself.

#ifndef TAPLINE_SENSORD_DISSECT_APPLICATION_H_
#define TAPLINE_SENSORD_DISSECT_APPLICATION_H_

#include "sensord/decode/packet.h"
#include "sensord/dissect/layer_writer.h"
#include "sensord/flow/payload_analyzer.h"

namespace tapline {

// A layer for each event, or one with the protocol's name, or "data". Which
// side opened the flow one packet does not say: the ports are asked, then both
// are tried.
// Internal to dissect.
void WriteApplication(const Packet& packet, PayloadAnalyzer& analyzers,
                      LayerWriter& out);

// Only what the analyzers find odd, about the layer begun last.
void WriteRemarks(const Packet& packet, PayloadAnalyzer& analyzers,
                  LayerWriter& out);

// What the payload is, by itself; kUnknown when that does not tell.
Protocol IdentifyPayload(const Packet& packet, PayloadAnalyzer& analyzers);
// What is usual for one of the packet's ports; kUnknown for none.
Protocol PortHint(const Packet& packet, PayloadAnalyzer& analyzers);
// Of a packet in the midst of a flow, by its ports.
bool IsFromOriginator(const Packet& packet, PayloadAnalyzer& analyzers);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DISSECT_APPLICATION_H_
