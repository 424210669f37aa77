// The one choke point before anything is printed, streamed, stored or logged.

#ifndef TAPLINE_COMMON_REDACT_REDACTOR_H_
#define TAPLINE_COMMON_REDACT_REDACTOR_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/redact/redacted.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "tapline/v1/net.pb.h"

namespace tapline {

// Which fields of a message type, at any depth, a redactor has to look at.
// Made once per type; immutable, thread-safe.
class RedactionPlan {
 public:
  explicit RedactionPlan(const google::protobuf::Descriptor& type);
  // True when no message of this type needs a look.
  bool empty() const { return root_ == nullptr; }

  struct Node {
    // Payload bytes: removed in METADATA mode.
    std::vector<const google::protobuf::FieldDescriptor*> content;
    // Strings that the wire wrote: searched for secrets, and for what
    // identifies people.
    std::vector<const google::protobuf::FieldDescriptor*> wire_text;
    // Strings that operators wrote: searched for secrets. Whom they name they
    // mean to name.
    std::vector<const google::protobuf::FieldDescriptor*> own_text;
    // Messages that contain such fields.
    std::vector<
        std::pair<const google::protobuf::FieldDescriptor*, const Node*>>
        children;
  };
  const Node* root() const { return root_; }

 private:
  const Node* Build(const google::protobuf::Descriptor& type, int depth);

  std::map<const google::protobuf::Descriptor*, Node> nodes_;
  const Node* root_ = nullptr;
};

// Removes PRIVACY_CONTENT fields unless the capture mode allows them, masks
// secrets (secret_mask.h) in PRIVACY_NAME, PRIVACY_OPERATOR and PRIVACY_CONTENT
// strings, and what identifies people (personal_mask.h) in the first and the
// last. A message type without such fields passes unread.
// Thread safety: thread-safe.
class Redactor {
 public:
  explicit Redactor(v1::CaptureMode mode = v1::CAPTURE_MODE_METADATA)
      : mode_(mode) {}

  template <typename T>
  Redacted<T> Apply(T message) const {
    static const RedactionPlan plan(*T::descriptor());
    if (!plan.empty()) Walk(*plan.root(), message);
    return Redacted<T>(std::move(message));
  }

  // Text for people and logs: secrets masked.
  Redacted<std::string> Text(absl::string_view text) const;

 private:
  void Walk(const RedactionPlan::Node& node,
            google::protobuf::Message& message) const;

  const v1::CaptureMode mode_;
};

}  // namespace tapline

#endif  // TAPLINE_COMMON_REDACT_REDACTOR_H_
