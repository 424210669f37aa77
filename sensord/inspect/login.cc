#include "sensord/inspect/login.h"

#include <algorithm>

#include "sensord/inspect/flow_facts.h"

namespace tapline {

using google::protobuf::FieldDescriptor;

Login LoginOf(const v1::Event& event) {
  Login login;
  const auto* message = MessageOf(event);
  if (message == nullptr) return login;
  const auto& type = *message->GetDescriptor();
  const auto& reflection = *message->GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.is_repeated()) continue;
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM &&
        field.enum_type() == v1::LoginOutcome_descriptor()) {
      login.outcome = static_cast<v1::LoginOutcome>(
          reflection.GetEnumValue(*message, &field));
    }
    if (field.name() == "failed_logins" &&
        field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
      login.failures = reflection.GetUInt32(*message, &field);
    }
    if (field.name() == "cleartext_password" &&
        field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
      login.cleartext = reflection.GetBool(*message, &field);
    }
  }
  return login;
}

Logins LoginsOf(const std::vector<const v1::Event*>& events) {
  Logins all;
  uint64_t uncounted = 0;
  for (const v1::Event* event : events) {
    const Login login = LoginOf(*event);
    all.succeeded |= login.outcome == v1::LOGIN_OUTCOME_SUCCEEDED;
    if (login.failures == 0) {
      uncounted += login.outcome == v1::LOGIN_OUTCOME_FAILED;
    }
    all.failed = std::max({all.failed, login.failures, uncounted});
  }
  return all;
}

}  // namespace tapline
