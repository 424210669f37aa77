// What is known of one flow, for findings, timelines and summaries.

#ifndef TAPLINE_SENSORD_INSPECT_FLOW_FACTS_H_
#define TAPLINE_SENSORD_INSPECT_FLOW_FACTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "tapline/v1/alert.pb.h"
#include "tapline/v1/event.pb.h"
#include "tapline/v1/flow.pb.h"

namespace tapline {

// Borrowed. Events are of the flow, by time; alerts name one of its addresses
// and were open while it was.
struct FlowFacts {
  explicit FlowFacts(const v1::Flow& of) : flow(of) {}

  const v1::Flow& flow;
  std::vector<const v1::Event*> events;
  std::vector<const v1::Alert*> alerts;
};

inline uint64_t PacketsOf(const v1::Flow& flow) {
  return flow.from_originator().packets() + flow.from_responder().packets();
}
inline uint64_t BytesOf(const v1::Flow& flow) {
  return flow.from_originator().frame_bytes() +
         flow.from_responder().frame_bytes();
}
inline uint64_t PayloadOf(const v1::Flow& flow) {
  return flow.from_originator().payload_bytes() +
         flow.from_responder().payload_bytes();
}
inline bool IsTcp(const v1::Flow& flow) {
  return flow.transport() == v1::TRANSPORT_TCP;
}

// The arm of the event, null without one; its message; its name ("dns").
const google::protobuf::FieldDescriptor* ArmOf(const v1::Event& event);
const google::protobuf::Message* MessageOf(const v1::Event& event);
absl::string_view KindOf(const v1::Event& event);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_FLOW_FACTS_H_
