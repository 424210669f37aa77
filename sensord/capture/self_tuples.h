// tapline's own TCP connections, left out of a capture so that streaming what
// was captured does not create what to capture (E51).

#ifndef TAPLINE_SENSORD_CAPTURE_SELF_TUPLES_H_
#define TAPLINE_SENSORD_CAPTURE_SELF_TUPLES_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <tuple>

#include "absl/container/flat_hash_set.h"
#include "common/net/ip_address.h"
#include "common/sync/mutex.h"
#include "sensord/capture/frame.h"

namespace tapline {

// A connection, its ends in either order.
struct TcpTuple {
  IpAddress a;
  IpAddress b;
  uint16_t a_port = 0;
  uint16_t b_port = 0;

  // The same connection with the lesser end first.
  TcpTuple Ordered() const;
  friend bool operator==(const TcpTuple& x, const TcpTuple& y) {
    return std::tie(x.a, x.b, x.a_port, x.b_port) ==
           std::tie(y.a, y.b, y.a_port, y.b_port);
  }
  template <typename H>
  friend H AbslHashValue(H h, const TcpTuple& t) {
    return H::combine(std::move(h), t.a, t.b, t.a_port, t.b_port);
  }
};

// Thread safety: thread-safe.
class SelfTuples {
 public:
  static constexpr size_t kMaxTuples = 65536;

  // Beyond kMaxTuples nothing is added.
  void Add(const TcpTuple& tuple);
  void Remove(const TcpTuple& tuple);

 private:
  friend class SelfFilter;

  // Changes with every Add and Remove.
  std::atomic<uint64_t> version_{0};
  mutable Mutex mutex_;
  absl::flat_hash_set<TcpTuple> tuples_ ABSL_GUARDED_BY(mutex_);
};

// A reader of one SelfTuples. Thread safety: one thread.
class SelfFilter {
 public:
  // `tuples` may be null and must outlive this object.
  explicit SelfFilter(const SelfTuples* tuples) : tuples_(tuples) {}

  // Takes over changes; once per batch.
  void Refresh();
  // True if the frame, not tunnelled, belongs to one of the connections.
  bool IsOwn(const Frame& frame) const {
    return !known_.empty() && Lookup(frame);
  }

 private:
  bool Lookup(const Frame& frame) const;

  const SelfTuples* const tuples_;
  uint64_t version_ = 0;
  absl::flat_hash_set<TcpTuple> known_;
};

// The TCP connection of a frame; absent for anything else, later fragments and
// IPv6 with extension headers.
std::optional<TcpTuple> TcpTupleOf(const Frame& frame);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_SELF_TUPLES_H_
