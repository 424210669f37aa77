// Which identity each pre-registered acceptor of the gRPC server speaks for.
//
// gRPC 1.51 tells a handler nothing about the peer of a Unix socket, and
// acceptors must exist before the server starts. So a number of acceptors is
// registered, and each is given to one identity when it first connects. A slot
// changes its identity only when none of its connections is open and none was
// for kQuiet, so that a call read late never counts as somebody else's.

#ifndef TAPLINE_SENSORD_SERVICE_IDENTITY_SLOTS_H_
#define TAPLINE_SENSORD_SERVICE_IDENTITY_SLOTS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "common/sync/mutex.h"
#include "sensord/service/peer.h"

namespace tapline {

// Thread safety: thread-safe.
class IdentitySlots {
 public:
  static constexpr absl::Duration kQuiet = absl::Seconds(30);

  explicit IdentitySlots(size_t count);

  // The slot of `peer`, its own or the one free for longest, with one
  // connection more. Nothing when all are held by others.
  absl::optional<size_t> Acquire(const Peer& peer, absl::Time now);
  // One connection of the slot is gone.
  void Release(size_t slot, absl::Time now);
  // Text of the identity that holds the slot (PeerToText).
  std::string TextOf(size_t slot) const;

  size_t size() const { return count_; }

 private:
  struct Slot {
    bool assigned = false;
    Peer peer;
    std::string text;
    size_t connections = 0;
    absl::Time last_used = absl::InfinitePast();
  };

  const size_t count_;
  mutable Mutex mutex_;
  std::vector<Slot> slots_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_IDENTITY_SLOTS_H_
