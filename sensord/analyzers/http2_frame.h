// Frames of HTTP/2 (RFC 9113 4 and 6).

#ifndef TAPLINE_SENSORD_ANALYZERS_HTTP2_FRAME_H_
#define TAPLINE_SENSORD_ANALYZERS_HTTP2_FRAME_H_

#include <cstddef>
#include <cstdint>

#include "sensord/analyzers/analyzer.h"

namespace tapline::http2 {

inline constexpr size_t kFrameHeaderBytes = 9;
inline constexpr absl::string_view kPreface =
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kRstStream = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

inline constexpr uint8_t kEndStream = 0x1;
inline constexpr uint8_t kAck = 0x1;
inline constexpr uint8_t kEndHeaders = 0x4;
inline constexpr uint8_t kPadded = 0x8;
inline constexpr uint8_t kHasPriority = 0x20;

struct FrameHeader {
  uint32_t length = 0;
  uint8_t type = 0;
  uint8_t flags = 0;
  uint32_t stream = 0;

  bool Has(uint8_t flag) const { return (flags & flag) != 0; }
};

// From the kFrameHeaderBytes at `bytes`.
FrameHeader ReadFrameHeader(const uint8_t* bytes);

// False when a frame of that type never has that length or stream.
bool IsPlausible(const FrameHeader& frame);

// Takes padding, and the priority of HEADERS, off a payload; false when it is
// too short for what its flags say.
bool StripPadding(const FrameHeader& frame, Bytes* payload);

// RFC 9113 7: "CANCEL"; "UNKNOWN" for codes that have no name. Static storage.
const char* ErrorName(uint32_t code);

}  // namespace tapline::http2

#endif  // TAPLINE_SENSORD_ANALYZERS_HTTP2_FRAME_H_
