// Progress of one replay to the client that started it.

#ifndef TAPLINE_SENSORD_SERVICE_REPLAY_STREAM_H_
#define TAPLINE_SENSORD_SERVICE_REPLAY_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <memory>

#include "absl/types/optional.h"
#include "common/sync/mutex.h"
#include "sensord/control/control.h"
#include "sensord/service/stream_registry.h"
#include "sensord/service/worker_pool.h"
#include "tapline/v1/sensor_service.pb.h"

namespace tapline {

// InvalidArgument: no file, too many, a relative path, speed out of range.
absl::Status CheckReplay(const v1::StartReplayRequest& request);

// Writes the newest progress; older progress a slow client missed is dropped.
// The replay goes on when the call ends.
class ReplayStream final
    : public grpc::ServerWriteReactor<v1::StartReplayResponse>,
      public OpenStream,
      public std::enable_shared_from_this<ReplayStream> {
 public:
  ReplayStream(grpc::CallbackServerContext* context, StreamRegistry& streams,
               int64_t caller)
      : context_(context), streams_(streams), caller_(caller) {}

  // Registers, and starts the replay on the pool. Keeps itself until done.
  void Begin(Control& control, const v1::StartReplayRequest& request,
             WorkerPool& pool);

  void Tick(Monotonic now) override;
  void End(const absl::Status& status) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  void Progress(const v1::Replay& replay);
  void GoOn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  grpc::CallbackServerContext* const context_;
  StreamRegistry& streams_;
  const int64_t caller_;

  Mutex mutex_;
  // Progress not yet written.
  absl::optional<v1::Replay> newest_ ABSL_GUARDED_BY(mutex_);
  v1::StartReplayResponse response_ ABSL_GUARDED_BY(mutex_);
  bool starting_ ABSL_GUARDED_BY(mutex_) = true;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_status_ ABSL_GUARDED_BY(mutex_);
  Monotonic end_began_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_REPLAY_STREAM_H_
