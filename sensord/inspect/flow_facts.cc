#include "sensord/inspect/flow_facts.h"

namespace tapline {

const google::protobuf::FieldDescriptor* ArmOf(const v1::Event& event) {
  return event.GetReflection()->GetOneofFieldDescriptor(
      event, v1::Event::descriptor()->oneof_decl(0));
}

const google::protobuf::Message* MessageOf(const v1::Event& event) {
  const auto* arm = ArmOf(event);
  if (arm == nullptr) return nullptr;
  return &event.GetReflection()->GetMessage(event, arm);
}

absl::string_view KindOf(const v1::Event& event) {
  const auto* arm = ArmOf(event);
  return arm == nullptr ? absl::string_view() : arm->name();
}

}  // namespace tapline
