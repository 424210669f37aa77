// A dissector with the frame of one test.

#ifndef TAPLINE_TESTS_SENSORD_DISSECT_DISSECT_HARNESS_H_
#define TAPLINE_TESTS_SENSORD_DISSECT_DISSECT_HARNESS_H_

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "common/output/layer_text.h"
#include "common/redact/redactor.h"
#include "sensord/dissect/dissector.h"
#include "tests/support/packet_builder.h"

namespace tapline::testing {

// A frame with bytes of its own size, so that sanitizers see a read past the
// end.
struct OwnFrame {
  explicit OwnFrame(const Bytes& bytes, uint16_t link_type = 1,
                    uint32_t wire_bytes = 0)
      : copy(std::make_unique<uint8_t[]>(bytes.size())) {
    if (!bytes.empty()) std::memcpy(copy.get(), bytes.data(), bytes.size());
    frame.data = copy.get();
    frame.captured_bytes = static_cast<uint32_t>(bytes.size());
    frame.wire_bytes = wire_bytes == 0 ? frame.captured_bytes : wire_bytes;
    frame.time = frame.clock = 1'767'225'600 * kSecondNanos;
    frame.link_type = link_type;
  }
  std::unique_ptr<uint8_t[]> copy;
  Frame frame;
};

inline v1::Dissection Dissect(const Bytes& bytes, uint16_t link_type = 1,
                              uint32_t wire_bytes = 0,
                              bool headers_only = false) {
  const OwnFrame own(bytes, link_type, wire_bytes);
  return Dissector().Dissect(own.frame, headers_only);
}

inline std::string TextOf(const v1::Dissection& dissection) {
  return DissectionText(Redactor().Apply(dissection));
}

// "eth ip tcp data"; the frame's own layer left out.
inline std::string NamesOf(const v1::Dissection& dissection) {
  std::string names;
  for (const v1::Layer& layer : dissection.layers()) {
    if (layer.name() == "frame") continue;
    names += (names.empty() ? "" : " ") + layer.name();
  }
  return names;
}

// Of the `nth` layer with the field, or "".
inline std::string ValueOf(const v1::Dissection& dissection,
                           const std::string& field, int nth = 0) {
  for (const v1::Layer& layer : dissection.layers()) {
    for (const v1::LayerField& f : layer.fields()) {
      if (f.name() == field && nth-- == 0) return f.value();
    }
  }
  return "";
}

inline const v1::LayerField* FieldOf(const v1::Dissection& dissection,
                                     const std::string& field) {
  for (const v1::Layer& layer : dissection.layers()) {
    for (const v1::LayerField& f : layer.fields()) {
      if (f.name() == field) return &f;
    }
  }
  return nullptr;
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_DISSECT_DISSECT_HARNESS_H_
