#include "sensord/analyzers/icmp_echo.h"

#include <algorithm>

#include "common/crypto/siphash.h"
#include "sensord/event/fields/icmp.h"

namespace tapline::icmp {
namespace {

namespace field = fields::icmp_echo;

// ping begins its data with the time: 8 or 16 bytes.
constexpr size_t kTimeBytes = 16;
constexpr uint32_t kLargeBytes = 1024;
constexpr uint32_t kManyTimes = 8;

uint64_t HashOf(Bytes bytes) {
  return SipHashBytes<SipHash13>(SipKey(), bytes.data(), bytes.size());
}

uint32_t SizeOf(const Segment& segment) {
  return segment.packet != nullptr
             ? segment.packet->payload_bytes
             : static_cast<uint32_t>(segment.bytes.size());
}

}  // namespace

void EchoFlow::CountSize(uint32_t size) {
  min_bytes_ = std::min(min_bytes_, size);
  max_bytes_ = std::max(max_bytes_, size);
  if (size >= kLargeBytes) ++large_;
}

void EchoFlow::OnRequest(const Segment& segment, uint32_t number) {
  const Bytes data = segment.bytes;
  const uint32_t size = SizeOf(segment);
  const uint64_t body =
      data.size() > kTimeBytes ? HashOf(data.subspan(kTimeBytes)) : 0;
  if (requests_ > 0) {
    if (size != last_size_) {
      ++size_changes_;
    } else if (body != last_body_) {
      ++data_changes_;
    }
  }
  last_size_ = size;
  last_body_ = body;
  ++requests_;
  CountSize(size);
  Request& request = waiting_[next_];
  next_ = static_cast<uint8_t>((next_ + 1) % waiting_.size());
  request = {segment.clock,           HashOf(data), number, size,
             segment.from_originator, true};
}

bool EchoFlow::OnReply(const Segment& segment, uint32_t number) {
  const uint32_t size = SizeOf(segment);
  ++replies_;
  CountSize(size);
  for (Request& request : waiting_) {
    if (!request.waits || request.number != number ||
        request.from_originator == segment.from_originator) {
      continue;
    }
    request.waits = false;
    const UnixNanos passed = segment.clock - request.clock;
    const uint64_t rtt = passed > 0 ? static_cast<uint64_t>(passed) : 1;
    rtt_min_ns_ = std::min(rtt_min_ns_, rtt);
    rtt_max_ns_ = std::max(rtt_max_ns_, rtt);
    const bool same =
        size == request.size &&
        (segment.truncated || HashOf(segment.bytes) == request.data_hash);
    if (!same) ++differing_;
    return same;
  }
  ++unasked_;
  return true;
}

void EchoFlow::Tell(EventWriter& event) const {
  event.SetNonzero(field::kRequests, requests_);
  event.SetNonzero(field::kReplies, replies_);
  event.SetNonzero(field::kPayloadMinBytes, min_bytes_);
  event.SetNonzero(field::kPayloadMaxBytes, max_bytes_);
  if (rtt_max_ns_ != 0) {
    event.Set(field::kRttMinNs, rtt_min_ns_);
    event.Set(field::kRttMaxNs, rtt_max_ns_);
  }
  const auto hint = [&event](bool so, const char* name) {
    if (so) event.SetSafe(field::kTunnelHints, name);
  };
  hint(differing_ > 0, "reply_differs");
  hint(large_ >= kManyTimes, "large");
  hint(size_changes_ >= kManyTimes, "sizes_vary");
  hint(data_changes_ >= kManyTimes, "data_varies");
  // Replies alone are what one sees of a ping that takes another way.
  hint(requests_ > 0 && unasked_ >= kManyTimes, "unasked_replies");
}

}  // namespace tapline::icmp
