// Events of analyzers as layers: their fields by the schema, and where the
// texts came from. Internal to dissect.

#ifndef TAPLINE_SENSORD_DISSECT_EVENT_LAYER_H_
#define TAPLINE_SENSORD_DISSECT_EVENT_LAYER_H_

#include "absl/types/span.h"
#include "sensord/dissect/layer_writer.h"
#include "sensord/event/event_writer.h"

namespace tapline {

// Writes `event` of `list` as a layer over `payload`. `places` are those of
// its fields, in the order they were set; those outside the payload may point
// nowhere. A text read from a copy of the payload is placed where the payload
// has it, when that is only once.
void WriteEventLayer(const EventList& list, const EventData& event,
                     absl::Span<const FieldPlace> places,
                     absl::Span<const uint8_t> payload, LayerWriter& out);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DISSECT_EVENT_LAYER_H_
