#include "finding_cases.h"
#include "tapline/v1/login.pb.h"

namespace tapline::testing {
namespace {

using google::protobuf::FieldDescriptor;

const FieldDescriptor* OutcomeOf(const google::protobuf::Descriptor& type) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM &&
        !field.is_repeated() &&
        field.enum_type() == v1::LoginOutcome_descriptor()) {
      return &field;
    }
  }
  return nullptr;
}

void LogsIn(FlowStory& s, v1::LoginOutcome outcome) {
  const auto& arms = *v1::Event::descriptor()->oneof_decl(0);
  for (int i = 0; i < arms.field_count(); ++i) {
    const FieldDescriptor* field = OutcomeOf(*arms.field(i)->message_type());
    if (field == nullptr) continue;
    v1::Event& event = s.Event();
    auto& message =
        *event.GetReflection()->MutableMessage(&event, arms.field(i));
    message.GetReflection()->SetEnumValue(&message, field, outcome);
    return;
  }
}

}  // namespace

std::vector<FindingCase> ServiceCases() {
  return {
      {"ssh.deprecated",
       [](FlowStory& s) { s.Event().mutable_ssh()->add_deprecated("SSH-1"); },
       [](FlowStory& s) { s.Event().mutable_ssh()->set_kex("curve25519"); }},
      {"smb.version1",
       [](FlowStory& s) { s.Event().mutable_smb()->set_deprecated(true); },
       [](FlowStory& s) { s.Event().mutable_smb()->set_dialect("3.1.1"); }},
      {"smb.guest",
       [](FlowStory& s) { s.Event().mutable_smb()->set_guest(true); },
       [](FlowStory& s) { s.Event().mutable_smb()->set_success(true); }},
      {"login.weak",
       [](FlowStory& s) {
         s.Event().mutable_smb()->mutable_authentication()->set_weak(true);
       },
       [](FlowStory& s) {
         s.Event().mutable_kerberos()->set_ticket_encryption("aes256");
       }},
      {"icmp.tunnel",
       [](FlowStory& s) {
         s.Event().mutable_icmp()->mutable_echo()->add_tunnel_hints("size");
       },
       [](FlowStory& s) {
         s.Event().mutable_icmp()->mutable_echo()->set_requests(3);
       }},
  };
}

std::vector<FindingCase> LoginCases() {
  return {
      {"login.failed",
       [](FlowStory& s) { LogsIn(s, v1::LOGIN_OUTCOME_FAILED); },
       [](FlowStory& s) { LogsIn(s, v1::LOGIN_OUTCOME_SUCCEEDED); }},
      {"login.cleartext",
       [](FlowStory& s) {
         Is(s, "postgresql", 5432);
         s.Event().mutable_postgresql()->set_cleartext_password(true);
       },
       [](FlowStory& s) {
         Is(s, "ftp", 21);
         LogsIn(s, v1::LOGIN_OUTCOME_SUCCEEDED);
       }},
      // Whatever the flow became later.
      {"login.cleartext",
       [](FlowStory& s) {
         Is(s, "ldap", 389, v1::ENCRYPTION_ENCRYPTED);
         s.Event().mutable_ldap()->set_cleartext_password(true);
       },
       [](FlowStory& s) {
         Is(s, "ldap", 389);
         s.Event().mutable_ldap()->set_bind_method("sasl");
       }},
      {"login.failed",
       [](FlowStory& s) {
         s.Event().mutable_kerberos()->set_login(v1::LOGIN_OUTCOME_FAILED);
       },
       [](FlowStory& s) { s.Event().mutable_kerberos()->set_error_code(25); }},
  };
}

}  // namespace tapline::testing
