#include "sensord/analyzers/http2_frame.h"

#include <iterator>

#include "sensord/decode/byte_cursor.h"

namespace tapline::http2 {
namespace {

constexpr const char* kErrors[] = {"NO_ERROR",
                                   "PROTOCOL_ERROR",
                                   "INTERNAL_ERROR",
                                   "FLOW_CONTROL_ERROR",
                                   "SETTINGS_TIMEOUT",
                                   "STREAM_CLOSED",
                                   "FRAME_SIZE_ERROR",
                                   "REFUSED_STREAM",
                                   "CANCEL",
                                   "COMPRESSION_ERROR",
                                   "CONNECT_ERROR",
                                   "ENHANCE_YOUR_CALM",
                                   "INADEQUATE_SECURITY",
                                   "HTTP_1_1_REQUIRED"};

}  // namespace

FrameHeader ReadFrameHeader(const uint8_t* bytes) {
  FrameHeader frame;
  frame.length = uint32_t{bytes[0]} << 16 | LoadBig16(bytes + 1);
  frame.type = bytes[3];
  frame.flags = bytes[4];
  // The top bit is reserved.
  frame.stream = LoadBig32(bytes + 5) & 0x7fffffff;
  return frame;
}

bool IsPlausible(const FrameHeader& frame) {
  switch (frame.type) {
    case kData:
    case kHeaders:
    case kContinuation:
    case kPushPromise:
      return frame.stream != 0;
    case kPriority:
      return frame.stream != 0 && frame.length == 5;
    case kRstStream:
      return frame.stream != 0 && frame.length == 4;
    case kSettings:
      return frame.stream == 0 && frame.length % 6 == 0 &&
             (!frame.Has(kAck) || frame.length == 0);
    case kPing:
      return frame.stream == 0 && frame.length == 8;
    case kGoaway:
      return frame.stream == 0 && frame.length >= 8;
    case kWindowUpdate:
      return frame.length == 4;
    default:
      // Extensions may bring any (RFC 9113 5.5).
      return true;
  }
}

bool StripPadding(const FrameHeader& frame, Bytes* payload) {
  size_t padding = 0;
  if (frame.Has(kPadded)) {
    if (payload->empty()) return false;
    padding = payload->front();
    payload->remove_prefix(1);
  }
  if (frame.type == kHeaders && frame.Has(kHasPriority)) {
    if (payload->size() < 5) return false;
    payload->remove_prefix(5);
  }
  if (payload->size() < padding) return false;
  payload->remove_suffix(padding);
  return true;
}

const char* ErrorName(uint32_t code) {
  return code < std::size(kErrors) ? kErrors[code] : "UNKNOWN";
}

}  // namespace tapline::http2
