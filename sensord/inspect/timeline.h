// What happened on a flow, in order (F24).

#ifndef TAPLINE_SENSORD_INSPECT_TIMELINE_H_
#define TAPLINE_SENSORD_INSPECT_TIMELINE_H_

#include <vector>

#include "sensord/inspect/flow_history.h"
#include "tapline/v1/timeline.pb.h"

namespace tapline {

// By time. Generic over event arms: each event is an entry.
std::vector<v1::TimelineEntry> TimelineOf(const FlowHistory& history);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_TIMELINE_H_
