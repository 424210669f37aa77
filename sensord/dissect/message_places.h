// Where fields of an event stand that are numbers or names: texts bring their
// place with them (FieldPlace). Internal to dissect.

#ifndef TAPLINE_SENSORD_DISSECT_MESSAGE_PLACES_H_
#define TAPLINE_SENSORD_DISSECT_MESSAGE_PLACES_H_

#include "sensord/decode/packet.h"
#include "sensord/dissect/layer_writer.h"

namespace tapline {

// Gives fields of the layer begun last, which is the packet's only message, the
// places that its format fixes: DNS (RFC 1035 4), HTTP/1 (RFC 9112 2 to 5), TLS
// hellos (RFC 8446 4.1). Fields of other layers stay as they are.
void PlaceMessageFields(const Packet& packet, LayerWriter& out);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DISSECT_MESSAGE_PLACES_H_
