// Writes the layer tree of one frame, within bounds.

#ifndef TAPLINE_SENSORD_DISSECT_LAYER_WRITER_H_
#define TAPLINE_SENSORD_DISSECT_LAYER_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "sensord/capture/frame.h"
#include "tapline/v1/layer.pb.h"

namespace tapline {

// Texts are to be valid UTF-8 without controls (WireText). Places are pointers
// into the frame; others, and null, are a place that is not known.
// Thread safety: single-threaded.
class LayerWriter {
 public:
  static constexpr int kMaxLayers = 64;
  static constexpr int kMaxFields = 1024;

  // Both must outlive it.
  LayerWriter(const Frame& frame, v1::Dissection& out)
      : frame_(frame), out_(out) {}

  // What follows belongs to this layer.
  void Begin(absl::string_view name, absl::string_view title, const uint8_t* at,
             size_t size);
  // The layer is as long as this.
  void Resize(size_t size);

  void Text(absl::string_view name, std::string value, const uint8_t* at,
            size_t size);
  void Number(absl::string_view name, uint64_t value, const uint8_t* at,
              size_t size, absl::string_view unit = "");
  // "0x" and two digits a byte.
  void Hex(absl::string_view name, uint64_t value, const uint8_t* at,
           size_t size);
  // "true" or "false".
  void Flag(absl::string_view name, bool value, const uint8_t* at, size_t size);
  // Number with its name: "6 (TCP)"; only the number for an empty name.
  void Named(absl::string_view name, uint64_t value, absl::string_view meaning,
             const uint8_t* at, size_t size);

  // Of the layer begun last: a place for the `nth` field of this name, where it
  // has none.
  void PlaceField(absl::string_view name, int nth, const uint8_t* at,
                  size_t size);
  // The same in the group of fields that begins with the `nth` field `first`.
  void PlaceInGroup(absl::string_view first, int nth, absl::string_view name,
                    const uint8_t* at, size_t size);
  bool HasField(absl::string_view name) const;
  void RemoveField(absl::string_view name);
  // The name of the layer begun last; empty when there is none.
  absl::string_view layer() const;

  // About the field written last.
  void Remark(v1::FindingSeverity severity, absl::string_view remark);
  // About the layer begun last, or the last one of this name; the first layer
  // when there is none.
  void RemarkLayer(v1::FindingSeverity severity, absl::string_view remark);
  void RemarkLayer(absl::string_view name, v1::FindingSeverity severity,
                   absl::string_view remark);
  bool HasLayer(absl::string_view name) const;

  const Frame& frame() const { return frame_; }

 private:
  v1::LayerField* Add(absl::string_view name, const uint8_t* at, size_t size);
  // Sets offset and size of `message` when the bytes are the frame's.
  template <typename Message>
  void Place(const uint8_t* at, size_t size, Message& message) const;

  const Frame& frame_;
  v1::Dissection& out_;
  v1::Layer* layer_ = nullptr;
  v1::LayerField* field_ = nullptr;
  int fields_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DISSECT_LAYER_WRITER_H_
