#include "sensord/dissect/layer_writer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tapline {
namespace {

// A layer's remarks are anomalies of one frame: a handful.
constexpr int kMaxRemarks = 16;

void Worsen(v1::FindingSeverity severity, v1::Layer& layer) {
  layer.set_severity(std::max(layer.severity(), severity));
}

}  // namespace

template <typename Message>
void LayerWriter::Place(const uint8_t* at, size_t size,
                        Message& message) const {
  const uint8_t* const end = frame_.data + frame_.captured_bytes;
  if (at == nullptr || at < frame_.data || at > end) return;
  message.set_offset(static_cast<uint32_t>(at - frame_.data));
  message.set_size(
      static_cast<uint32_t>(std::min(size, static_cast<size_t>(end - at))));
}

void LayerWriter::Begin(absl::string_view name, absl::string_view title,
                        const uint8_t* at, size_t size) {
  field_ = nullptr;
  if (out_.layers_size() == kMaxLayers) {
    layer_ = nullptr;
    out_.set_truncated(true);
    return;
  }
  layer_ = out_.add_layers();
  layer_->set_name(std::string(name));
  layer_->set_title(std::string(title));
  Place(at, size, *layer_);
}

void LayerWriter::Resize(size_t size) {
  if (layer_ == nullptr) return;
  const size_t rest = frame_.captured_bytes - layer_->offset();
  layer_->set_size(static_cast<uint32_t>(std::min(size, rest)));
}

v1::LayerField* LayerWriter::Add(absl::string_view name, const uint8_t* at,
                                 size_t size) {
  field_ = nullptr;
  if (layer_ == nullptr || fields_ == kMaxFields) {
    out_.set_truncated(true);
    return nullptr;
  }
  ++fields_;
  field_ = layer_->add_fields();
  field_->set_name(std::string(name));
  Place(at, size, *field_);
  return field_;
}

void LayerWriter::Text(absl::string_view name, std::string value,
                       const uint8_t* at, size_t size) {
  if (auto* field = Add(name, at, size)) field->set_value(std::move(value));
}

void LayerWriter::Number(absl::string_view name, uint64_t value,
                         const uint8_t* at, size_t size,
                         absl::string_view unit) {
  auto* field = Add(name, at, size);
  if (field == nullptr) return;
  field->set_value(absl::StrCat(value));
  field->set_units(std::string(unit));
}

void LayerWriter::Hex(absl::string_view name, uint64_t value, const uint8_t* at,
                      size_t size) {
  const int digits = static_cast<int>(std::min<size_t>(size, 8) * 2);
  Text(name, absl::StrFormat("0x%0*x", digits, value), at, size);
}

void LayerWriter::Flag(absl::string_view name, bool value, const uint8_t* at,
                       size_t size) {
  Text(name, value ? "true" : "false", at, size);
}

void LayerWriter::Named(absl::string_view name, uint64_t value,
                        absl::string_view meaning, const uint8_t* at,
                        size_t size) {
  Text(name,
       meaning.empty() ? absl::StrCat(value)
                       : absl::StrCat(value, " (", meaning, ")"),
       at, size);
}

void LayerWriter::PlaceField(absl::string_view name, int nth, const uint8_t* at,
                             size_t size) {
  PlaceInGroup(name, nth, name, at, size);
}

void LayerWriter::PlaceInGroup(absl::string_view first, int nth,
                               absl::string_view name, const uint8_t* at,
                               size_t size) {
  if (layer_ == nullptr) return;
  int seen = -1;
  for (v1::LayerField& field : *layer_->mutable_fields()) {
    if (field.name() == first) ++seen;
    if (seen > nth) return;
    if (seen < nth || field.name() != name) continue;
    if (field.size() == 0) Place(at, size, field);
    return;
  }
}

bool LayerWriter::HasField(absl::string_view name) const {
  return layer_ != nullptr &&
         std::any_of(
             layer_->fields().begin(), layer_->fields().end(),
             [&](const v1::LayerField& field) { return field.name() == name; });
}

void LayerWriter::RemoveField(absl::string_view name) {
  if (layer_ == nullptr) return;
  for (int i = layer_->fields_size(); i-- > 0;) {
    if (layer_->fields(i).name() != name) continue;
    layer_->mutable_fields()->DeleteSubrange(i, 1);
    field_ = nullptr;
  }
}

absl::string_view LayerWriter::layer() const {
  return layer_ == nullptr ? absl::string_view() : layer_->name();
}

void LayerWriter::Remark(v1::FindingSeverity severity,
                         absl::string_view remark) {
  if (field_ == nullptr || layer_ == nullptr) return;
  field_->set_severity(std::max(field_->severity(), severity));
  field_->set_remark(field_->remark().empty()
                         ? std::string(remark)
                         : absl::StrCat(field_->remark(), "; ", remark));
  Worsen(severity, *layer_);
}

void LayerWriter::RemarkLayer(v1::FindingSeverity severity,
                              absl::string_view remark) {
  if (layer_ == nullptr || layer_->remarks_size() == kMaxRemarks) return;
  layer_->add_remarks(std::string(remark));
  Worsen(severity, *layer_);
}

void LayerWriter::RemarkLayer(absl::string_view name,
                              v1::FindingSeverity severity,
                              absl::string_view remark) {
  if (out_.layers_size() == 0) return;
  v1::Layer* found = out_.mutable_layers(0);
  for (v1::Layer& layer : *out_.mutable_layers()) {
    if (layer.name() == name) found = &layer;
  }
  if (found->remarks_size() == kMaxRemarks) return;
  found->add_remarks(std::string(remark));
  Worsen(severity, *found);
}

bool LayerWriter::HasLayer(absl::string_view name) const {
  return std::any_of(
      out_.layers().begin(), out_.layers().end(),
      [&](const v1::Layer& layer) { return layer.name() == name; });
}

}  // namespace tapline
