// An activated libpcap handle on an interface.

#ifndef TAPLINE_SENSORD_CAPTURE_LIVE_HANDLE_H_
#define TAPLINE_SENSORD_CAPTURE_LIVE_HANDLE_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sensord/capture/live_options.h"

struct pcap;

namespace tapline {

struct PcapCloser {
  void operator()(pcap* handle) const;
};

// Non-blocking, TPACKET_V3 (never immediate mode, which is TPACKET_V2 and
// loses packets at half the rate), without a filter.
struct LiveHandle {
  std::unique_ptr<pcap, PcapCloser> device;
  int fd = -1;         // for poll()
  uint32_t index = 0;  // of the interface; 0 for "any"
  uint16_t link_type = 0;
  // Of the handle's tv_usec: nanoseconds if the interface can, else
  // microseconds.
  int64_t fraction_unit_nanos = 1;
};

// InvalidArgument: an option out of its range.
absl::Status CheckLiveOptions(const LiveOptions& options);

// InvalidArgument   an option is out of range.
// NotFound          no such interface; lists those there are.
// PermissionDenied  without CAP_NET_RAW; the message names the fix.
// Unavailable       the interface is down, or the system refused.
absl::StatusOr<LiveHandle> OpenLiveHandle(const LiveOptions& options);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_LIVE_HANDLE_H_
