// The streams that are open: counted, ticked, and ended together.

#ifndef TAPLINE_SENSORD_SERVICE_STREAM_REGISTRY_H_
#define TAPLINE_SENSORD_SERVICE_STREAM_REGISTRY_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/sync/mutex.h"
#include "sensord/service/call_gate.h"

namespace tapline {

// Time for intervals and timers; never steps.
using Monotonic = std::chrono::steady_clock::time_point;

// Thread safety: thread-safe.
class OpenStream {
 public:
  virtual ~OpenStream() = default;
  // About ten times a second.
  virtual void Tick(Monotonic now) = 0;
  // Ends the stream with `status` as soon as what is being written is out.
  virtual void End(const absl::Status& status) = 0;
};

// Thread safety: thread-safe.
class StreamRegistry {
 public:
  // ResourceExhausted: TOO_MANY_STREAMS. Every success needs one Leave.
  absl::Status Enter(int64_t caller, size_t most_per_caller, size_t most);
  void Leave(int64_t caller) { limit_.Leave(caller); }

  // Keeps the stream until Remove. After EndAll it is ended at once.
  void Add(std::shared_ptr<OpenStream> stream);
  void Remove(const OpenStream* stream);

  void Tick(Monotonic now);
  // Ends all, now and those still to come.
  void EndAll(const absl::Status& status);
  // Whether all were removed within `wait`.
  bool WaitUntilEmpty(absl::Duration wait);

  // Streams that are open or being opened.
  size_t open() const { return limit_.total(); }

 private:
  std::vector<std::shared_ptr<OpenStream>> All() const;

  CallerLimit limit_;
  mutable Mutex mutex_;
  CondVar removed_;
  std::vector<std::shared_ptr<OpenStream>> streams_ ABSL_GUARDED_BY(mutex_);
  // OK until EndAll.
  absl::Status ended_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_STREAM_REGISTRY_H_
