#include "common/redact/redactor.h"

#include "common/redact/personal_mask.h"
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

bool IsString(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
}

bool IsSurelyClean(const std::string& text, bool people) {
  return SurelyWithoutSecrets(text) && (!people || SurelyNotPersonal(text));
}

std::string Masked(const std::string& text, bool people) {
  std::string masked = MaskSecrets(text);
  return people ? MaskPersonal(masked) : masked;
}

// `people`: also what identifies them.
void MaskField(const FieldDescriptor& field, bool people, Message& message) {
  const Reflection& reflection = *message.GetReflection();
  std::string scratch;
  if (field.is_repeated()) {
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      const std::string& value =
          reflection.GetRepeatedStringReference(message, &field, i, &scratch);
      if (IsSurelyClean(value, people)) continue;
      reflection.SetRepeatedString(&message, &field, i, Masked(value, people));
    }
    return;
  }
  const std::string& value =
      reflection.GetStringReference(message, &field, &scratch);
  if (IsSurelyClean(value, people)) return;
  std::string masked = Masked(value, people);
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
    const v1::Privacy privacy = PrivacyOf(field);
    const bool content = privacy == v1::PRIVACY_CONTENT;
    if (content) node.content.push_back(&field);
    if (IsString(field) && (content || privacy == v1::PRIVACY_NAME)) {
      node.wire_text.push_back(&field);
    }
    if (IsString(field) && privacy == v1::PRIVACY_OPERATOR) {
      node.own_text.push_back(&field);
    }
    if (IsLeaf(field)) continue;
    const Node* child = Build(*field.message_type(), depth + 1);
    if (child != nullptr) node.children.emplace_back(&field, child);
  }
  const bool idle = node.content.empty() && node.wire_text.empty() &&
                    node.own_text.empty() && node.children.empty();
  return idle ? nullptr : &node;
}

void Redactor::Walk(const RedactionPlan::Node& node, Message& message) const {
  const Reflection& reflection = *message.GetReflection();
  if (mode_ <= v1::CAPTURE_MODE_METADATA) {
    for (const FieldDescriptor* field : node.content) {
      reflection.ClearField(&message, field);
    }
  }
  for (const FieldDescriptor* field : node.wire_text) {
    MaskField(*field, true, message);
  }
  for (const FieldDescriptor* field : node.own_text) {
    MaskField(*field, false, message);
  }
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
