// Everything that is kept about one flow.

#ifndef TAPLINE_SENSORD_INSPECT_FLOW_HISTORY_H_
#define TAPLINE_SENSORD_INSPECT_FLOW_HISTORY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sensord/control/control.h"
#include "sensord/inspect/flow_facts.h"
#include "sensord/store/store.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

struct FlowHistory {
  // Records of the flow, oldest first: one, or more when it was rotated. The
  // last may be a snapshot of the open flow.
  std::vector<v1::Flow> parts;
  // Of the flow, by time.
  std::vector<v1::Event> events;
  // About its two addresses while it was open (and a minute around it), by
  // time.
  std::vector<v1::Alert> alerts;
  // There is more than could be read.
  bool truncated = false;

  // The last part with the counters of all, from the first one's start.
  v1::Flow Whole() const;
};

// The newest record of a flow: from the store, or of one open now. `id` may be
// a unique prefix; `source_id` empty for any. Errors as of Store::Get;
// Unavailable: the capture did not get to look at all open flows.
absl::StatusOr<v1::Record> FindFlow(const Store& store, Control& control,
                                    absl::string_view id,
                                    absl::string_view source_id);

// Errors as of FindFlow and Store::List.
absl::StatusOr<FlowHistory> ReadFlowHistory(const Store& store,
                                            Control& control,
                                            absl::string_view id,
                                            absl::string_view source_id);

// `whole` is history.Whole(); both must outlive the facts.
FlowFacts FactsOf(const FlowHistory& history, const v1::Flow& whole);

// Adds the counters of a rotated flow's earlier record to those of a later one.
void AddEarlierPart(const v1::Flow& earlier, v1::Flow& whole);

// Since when the store may have received events and earlier parts of the flow
// whose record this is: in a replay at packet speed or faster, in a live
// capture as they happened.
google::protobuf::Timestamp ReceivedSince(const v1::Record& record);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_FLOW_HISTORY_H_
