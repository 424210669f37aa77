// What a live capture is opened with.

#ifndef TAPLINE_SENSORD_CAPTURE_LIVE_OPTIONS_H_
#define TAPLINE_SENSORD_CAPTURE_LIVE_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/time.h"

namespace tapline {

class SelfTuples;

struct LiveOptions {
  // Name of a network interface, or "any" for all of them.
  std::string interface;
  bool promiscuous = true;
  uint32_t snap_bytes = 262144;  // 64..262144
  uint32_t ring_mebibytes = 64;  // 1..4096
  // After this a block of the ring is handed over even if it is not full; it
  // bounds the latency. 1 ms..1 s.
  absl::Duration block_timeout = absl::Milliseconds(1);
  std::string filter;  // pcap-filter(7); empty for everything
  // Connections to leave out; may be null, must outlive the source.
  const SelfTuples* self = nullptr;
  // Called by the reading thread when frames cannot be captured any more, with
  // the reason as in CaptureOutage (static storage), and with null when they
  // can again.
  std::function<void(const char* reason)> on_outage = nullptr;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_LIVE_OPTIONS_H_
