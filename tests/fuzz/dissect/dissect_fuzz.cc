// One input is one frame: a byte for the link type (low nibble) and for how
// much more was on the wire (high nibble), then its bytes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "common/net/code_point.h"
#include "common/output/layer_text.h"
#include "common/redact/redactor.h"
#include "sensord/dissect/dissector.h"
#include "sensord/dissect/hex_view.h"
#include "sensord/dissect/layer_writer.h"

namespace tapline {
namespace {

constexpr uint16_t kLinkTypes[] = {1, 113, 276, 101, 12, 14,  228, 229,
                                   0, 108, 9,   50,  51, 104, 147, 105};

void Check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

void CheckText(const std::string& text) {
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = DecodeUtf8(text, i);
    Check(point.valid, "valid UTF-8");
    Check(!IsControl(point.value), "no controls");
    i += point.size;
  }
}

void CheckTree(const v1::Dissection& tree, size_t size) {
  Check(tree.layers_size() <= LayerWriter::kMaxLayers, "layers");
  int fields = 0;
  for (const v1::Layer& layer : tree.layers()) {
    Check(layer.offset() + size_t{layer.size()} <= size, "layer in frame");
    fields += layer.fields_size();
    for (const v1::LayerField& field : layer.fields()) {
      Check(field.offset() + size_t{field.size()} <= size, "field in frame");
      Check(layer.severity() >= field.severity(), "the worst of its fields");
      CheckText(field.value());
    }
  }
  Check(fields <= LayerWriter::kMaxFields, "fields");
}

}  // namespace
}  // namespace tapline

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tapline::Frame;
  if (size == 0) return 0;
  static tapline::Dissector dissector;
  // An exact copy: the sanitizer sees a read past the end.
  const std::vector<uint8_t> copy(data + 1, data + size);
  Frame frame;
  frame.link_type = tapline::kLinkTypes[data[0] & 15];
  frame.data = copy.data();
  frame.captured_bytes = static_cast<uint32_t>(copy.size());
  frame.wire_bytes = frame.captured_bytes + (data[0] >> 4) * 64u;
  const tapline::v1::Dissection tree =
      dissector.Dissect(frame, (data[0] & 0x80) != 0);
  tapline::CheckTree(tree, copy.size());
  tapline::DissectionText(tapline::Redactor().Apply(tree));
  google::protobuf::RepeatedPtrField<tapline::v1::HexLine> lines;
  tapline::WriteHexView(copy, data[0], "", lines);
  tapline::HexText(lines);
  return 0;
}
