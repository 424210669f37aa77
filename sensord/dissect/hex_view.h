// Bytes of a frame for people (D18), with recognized secrets blanked.

#ifndef TAPLINE_SENSORD_DISSECT_HEX_VIEW_H_
#define TAPLINE_SENSORD_DISSECT_HEX_VIEW_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "tapline/v1/layer.pb.h"

namespace tapline {

inline constexpr size_t kMaxHexBytes = 4096;

// Lines of 16 bytes of the first kMaxHexBytes. Blanked are bytes from `payload`
// on whose flag is set (PayloadGuard; those behind `flags` have none), and
// secrets (common/redact/payload_mask.h), which are looked for in all of it, so
// that one over two lines is found.
void WriteHexView(absl::Span<const uint8_t> bytes, size_t payload,
                  absl::string_view flags,
                  google::protobuf::RepeatedPtrField<v1::HexLine>& out);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DISSECT_HEX_VIEW_H_
