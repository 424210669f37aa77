// Echo messages of one ICMP flow, and whether they look like ping's.

#ifndef TAPLINE_SENSORD_ANALYZERS_ICMP_ECHO_H_
#define TAPLINE_SENSORD_ANALYZERS_ICMP_ECHO_H_

#include <array>
#include <cstdint>

#include "sensord/analyzers/analyzer.h"

namespace tapline::icmp {

// Thread safety: single-threaded.
class EchoFlow {
 public:
  // `number` is identifier and sequence number. False: the reply's data are
  // not its request's.
  void OnRequest(const Segment& segment, uint32_t number);
  bool OnReply(const Segment& segment, uint32_t number);

  bool seen() const { return requests_ + replies_ > 0; }
  // Sets the fields of IcmpEcho in an event.
  void Tell(EventWriter& event) const;

 private:
  struct Request {
    UnixNanos clock = 0;
    uint64_t data_hash = 0;
    uint32_t number = 0;
    uint32_t size = 0;
    bool from_originator = false;
    bool waits = false;
  };

  void CountSize(uint32_t size);

  std::array<Request, 16> waiting_{};
  uint8_t next_ = 0;
  uint32_t requests_ = 0;
  uint32_t replies_ = 0;
  uint32_t unasked_ = 0;
  uint32_t differing_ = 0;
  uint32_t large_ = 0;
  uint32_t size_changes_ = 0;
  uint32_t data_changes_ = 0;
  uint32_t min_bytes_ = UINT32_MAX;
  uint32_t max_bytes_ = 0;
  uint64_t rtt_min_ns_ = UINT64_MAX;
  uint64_t rtt_max_ns_ = 0;
  // Of the last request, without the beginning.
  uint32_t last_size_ = 0;
  uint64_t last_body_ = 0;
};

}  // namespace tapline::icmp

#endif  // TAPLINE_SENSORD_ANALYZERS_ICMP_ECHO_H_
