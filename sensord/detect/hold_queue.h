// Keys that wait a while for a second look: what came meanwhile decides.

#ifndef TAPLINE_SENSORD_DETECT_HOLD_QUEUE_H_
#define TAPLINE_SENSORD_DETECT_HOLD_QUEUE_H_

#include <cstddef>
#include <deque>
#include <optional>

#include "sensord/detect/clock_math.h"
#include "sensord/detect/endpoint_key.h"

namespace tapline {

// Bounded; whoever finds it full has to decide at once.
class HoldQueue {
 public:
  bool empty() const { return held_.empty(); }
  bool IsFull() const { return held_.size() >= kMaxHeld; }

  // REQUIRES: not full, and `due` is not before that of the one added last.
  void Add(const EndpointKey& key, UnixNanos due) {
    held_.push_back({key, due});
  }

  // When the first is due. REQUIRES: not empty.
  UnixNanos due() const { return held_.front().due; }

  // Takes the first that is due at `clock`; kNever takes any.
  std::optional<EndpointKey> TakeDue(UnixNanos clock) {
    if (held_.empty() || held_.front().due > clock) return std::nullopt;
    const EndpointKey key = held_.front().key;
    held_.pop_front();
    return key;
  }

 private:
  static constexpr size_t kMaxHeld = 4096;
  struct Held {
    EndpointKey key;
    UnixNanos due;
  };
  std::deque<Held> held_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_HOLD_QUEUE_H_
