#include "common/redact/redactor.h"

#include "common/redact/secret_mask.h"
#include "common/schema/field_info.h"

namespace tapline {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The schema has no recursive message; this bounds a mistake.
constexpr int kMaxDepth = 16;

bool IsText(const FieldDescriptor& field) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING) return false;
  const v1::Privacy privacy = PrivacyOf(field);
  return privacy == v1::PRIVACY_NAME || privacy == v1::PRIVACY_OPERATOR ||
         privacy == v1::PRIVACY_CONTENT;
}

void MaskField(const FieldDescriptor& field, Message& message) {
  const Reflection& reflection = *message.GetReflection();
  std::string scratch;
  if (field.is_repeated()) {
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      const std::string& value =
          reflection.GetRepeatedStringReference(message, &field, i, &scratch);
      if (SurelyWithoutSecrets(value)) continue;
      reflection.SetRepeatedString(&message, &field, i, MaskSecrets(value));
    }
    return;
  }
  const std::string& value =
      reflection.GetStringReference(message, &field, &scratch);
  if (SurelyWithoutSecrets(value)) return;
  std::string masked = MaskSecrets(value);
  if (masked != value) {
    reflection.SetString(&message, &field, std::move(masked));
  }
}

}  // namespace

RedactionPlan::RedactionPlan(const Descriptor& type) { root_ = Build(type, 0); }

const RedactionPlan::Node* RedactionPlan::Build(const Descriptor& type,
                                                int depth) {
  if (depth > kMaxDepth) return nullptr;
  const auto [it, added] = nodes_.try_emplace(&type);
  Node& node = it->second;
  for (int i = 0; added && i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (PrivacyOf(field) == v1::PRIVACY_CONTENT) node.content.push_back(&field);
    if (IsText(field)) node.text.push_back(&field);
    if (IsLeaf(field)) continue;
    const Node* child = Build(*field.message_type(), depth + 1);
    if (child != nullptr) node.children.emplace_back(&field, child);
  }
  const bool idle =
      node.content.empty() && node.text.empty() && node.children.empty();
  return idle ? nullptr : &node;
}

void Redactor::Walk(const RedactionPlan::Node& node, Message& message) const {
  const Reflection& reflection = *message.GetReflection();
  if (mode_ <= v1::CAPTURE_MODE_METADATA) {
    for (const FieldDescriptor* field : node.content) {
      reflection.ClearField(&message, field);
    }
  }
  for (const FieldDescriptor* field : node.text) MaskField(*field, message);
  for (const auto& [field, child] : node.children) {
    if (field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        Walk(*child, *reflection.MutableRepeatedMessage(&message, field, i));
      }
    } else if (reflection.HasField(message, field)) {
      Walk(*child, *reflection.MutableMessage(&message, field));
    }
  }
}

Redacted<std::string> Redactor::Text(absl::string_view text) const {
  return Redacted<std::string>(MaskSecrets(text));
}

}  // namespace tapline
