#include "sensord/dissect/event_layer.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/net/wire_text.h"
#include "common/output/message_text.h"
#include "common/schema/field_info.h"
#include "tapline/v1/event.pb.h"

namespace tapline {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Shorter texts stand in a payload by chance.
constexpr size_t kMinSearched = 4;

class EventFields {
 public:
  EventFields(absl::Span<const FieldPlace> places,
              absl::Span<const uint8_t> payload, LayerWriter& out)
      : places_(places),
        used_(places.size(), false),
        payload_(reinterpret_cast<const char*>(payload.data()), payload.size()),
        out_(out) {}

  void Write(const Message& message, const std::string& prefix,
             std::vector<uint32_t>& path) {
    const auto& type = *message.GetDescriptor();
    const auto& reflection = *message.GetReflection();
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      const int count = field.is_repeated()
                            ? reflection.FieldSize(message, &field)
                            : reflection.HasField(message, &field);
      const std::string own = GetFieldInfo(field).filter;
      const std::string name =
          own.empty() ? absl::StrCat(prefix, ".", field.name()) : own;
      path.push_back(static_cast<uint32_t>(field.number()));
      for (int j = 0; j < count; ++j) {
        if (IsLeaf(field)) {
          WriteLeaf(message, field, j, name, path);
        } else {
          Write(field.is_repeated()
                    ? reflection.GetRepeatedMessage(message, &field, j)
                    : reflection.GetMessage(message, &field),
                name, path);
        }
      }
      path.pop_back();
    }
  }

 private:
  void WriteLeaf(const Message& message, const FieldDescriptor& field,
                 int index, const std::string& name,
                 const std::vector<uint32_t>& path) {
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING) {
      out_.Text(name, FieldText(message, field, index), nullptr, 0);
      return;
    }
    std::string scratch;
    const auto& reflection = *message.GetReflection();
    const std::string& text =
        field.is_repeated()
            ? reflection.GetRepeatedStringReference(message, &field, index,
                                                    &scratch)
            : reflection.GetStringReference(message, &field, &scratch);
    const uint8_t* at = Find(path, text);
    if (at == nullptr) {
      out_.Text(name, text, nullptr, 0);
    } else {
      out_.Text(name, text, at, size_);
    }
  }

  // Where the value of `path` stands in the payload, size_ bytes; null when
  // that is not known. Each place is given out once. What a place outside the
  // payload points at may be gone by now, so it is never read.
  const uint8_t* Find(const std::vector<uint32_t>& path,
                      const std::string& text) {
    size_t copied = places_.size();
    for (size_t i = 0; i < places_.size(); ++i) {
      const FieldPlace& place = places_[i];
      if (used_[i] || place.path != path || place.size == 0) continue;
      if (!InPayload(place)) {
        copied = std::min(copied, i);
        continue;
      }
      const absl::string_view bytes(reinterpret_cast<const char*>(place.begin),
                                    place.size);
      if (bytes != text && WireText(bytes) != text) continue;
      used_[i] = true;
      size_ = place.size;
      return place.begin;
    }
    if (copied == places_.size()) return nullptr;
    used_[copied] = true;
    return Search(text);
  }

  bool InPayload(const FieldPlace& place) const {
    const auto begin = reinterpret_cast<uintptr_t>(payload_.data());
    const auto at = reinterpret_cast<uintptr_t>(place.begin);
    return at >= begin && at - begin <= payload_.size() &&
           place.size <= payload_.size() - (at - begin);
  }

  // Of a text that is in the payload just once.
  const uint8_t* Search(const std::string& text) {
    if (text.size() < kMinSearched) return nullptr;
    const size_t at = payload_.find(text);
    if (at == absl::string_view::npos ||
        payload_.find(text, at + 1) != absl::string_view::npos) {
      return nullptr;
    }
    size_ = text.size();
    return reinterpret_cast<const uint8_t*>(payload_.data()) + at;
  }

  const absl::Span<const FieldPlace> places_;
  std::vector<bool> used_;
  const absl::string_view payload_;
  LayerWriter& out_;
  // Of what Find found.
  size_t size_ = 0;
};

}  // namespace

void WriteEventLayer(const EventList& list, const EventData& event,
                     absl::Span<const FieldPlace> places,
                     absl::Span<const uint8_t> payload, LayerWriter& out) {
  v1::Event envelope;
  const FieldDescriptor* arm =
      v1::Event::descriptor()->FindFieldByNumber(static_cast<int>(event.arm));
  if (arm == nullptr) return;
  Message& message = *envelope.GetReflection()->MutableMessage(&envelope, arm);
  const absl::string_view bytes = list.BytesOf(event);
  if (!message.ParsePartialFromArray(bytes.data(),
                                     static_cast<int>(bytes.size()))) {
    return;
  }
  out.Begin(arm->name(), absl::AsciiStrToUpper(arm->name()), payload.data(),
            payload.size());
  std::vector<uint32_t> path = {event.arm};
  EventFields(places, payload, out).Write(message, arm->name(), path);
}

}  // namespace tapline
