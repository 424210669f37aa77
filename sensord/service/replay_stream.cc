#include "sensord/service/replay_stream.h"

#include <cmath>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "sensord/service/errors.h"

namespace tapline {
namespace {

constexpr int kMaxFiles = 1000;
constexpr size_t kMaxSourceIdBytes = 64;
constexpr double kMaxSpeed = 1e6;
constexpr auto kEndGrace = std::chrono::milliseconds(1000);

bool Over(const v1::Replay& replay) {
  return replay.state() != v1::REPLAY_STATE_RUNNING;
}

absl::Status Invalid(const char* field, const char* why) {
  return Refuse(Reason::kARGUMENT_INVALID, why, {{"field", field}});
}

}  // namespace

absl::Status CheckReplay(const v1::StartReplayRequest& request) {
  if (request.files().empty() || request.files_size() > kMaxFiles) {
    return Invalid("files", "files: 1 to 1000 are needed");
  }
  for (const std::string& file : request.files()) {
    if (file.empty() || file[0] != '/' || file.find('\0') != file.npos) {
      return Invalid("files", "files: paths on the sensor's host, absolute");
    }
  }
  if (!std::isfinite(request.speed()) || request.speed() < 0 ||
      request.speed() > kMaxSpeed) {
    return Invalid("speed", "speed: must be 0 (as fast as possible) to 1e6");
  }
  if (request.source_id().size() > kMaxSourceIdBytes) {
    return Invalid("source_id", "source_id: at most 64 bytes");
  }
  if (request.source_id() == "live") {
    return Invalid("source_id", "source_id: 'live' is the capture's own");
  }
  if (request.workers() > 16) {
    return Invalid("workers", "workers: must be 0..16");
  }
  return absl::OkStatus();
}

void ReplayStream::Begin(Control& control,
                         const v1::StartReplayRequest& request,
                         WorkerPool& pool) {
  streams_.Add(shared_from_this());
  std::shared_ptr<ReplayStream> self = shared_from_this();
  bool accepted = pool.Submit(caller_, [self, &control, request] {
    std::weak_ptr<ReplayStream> weak = self;
    absl::StatusOr<std::string> started =
        control.StartReplay(request, [weak](const v1::Replay& replay) {
          if (auto stream = weak.lock()) stream->Progress(replay);
        });
    absl::Status status =
        WithReason(started.status(), absl::StatusCode::kAlreadyExists,
                   Reason::kSOURCE_ID_IN_USE);
    MutexLock lock(self->mutex_);
    self->starting_ = false;
    if (!status.ok() && !self->ending_) {
      self->ending_ = true;
      self->end_status_ = status;
    }
    self->GoOn();
  });
  if (accepted) return;
  MutexLock lock(mutex_);
  starting_ = false;
  ending_ = true;
  end_status_ = Refuse(Reason::kSERVER_BUSY, "too many calls wait");
  GoOn();
}

void ReplayStream::Progress(const v1::Replay& replay) {
  MutexLock lock(mutex_);
  if (ending_) return;
  newest_ = replay;
  if (Over(replay)) ending_ = true;
  GoOn();
}

void ReplayStream::GoOn() {
  if (writing_ || finished_ || starting_) return;
  if (newest_.has_value()) {
    *response_.mutable_replay() = *std::move(newest_);
    newest_.reset();
    writing_ = true;
    StartWrite(&response_);
  } else if (ending_) {
    finished_ = true;
    Finish(ToGrpc(end_status_));
  }
}

void ReplayStream::Tick(Monotonic now) {
  MutexLock lock(mutex_);
  // A client that does not read must not hold up the end.
  if (ending_ && writing_ && !finished_ && end_began_ != Monotonic() &&
      now - end_began_ >= kEndGrace) {
    context_->TryCancel();
  }
}

void ReplayStream::End(const absl::Status& status) {
  MutexLock lock(mutex_);
  end_began_ = std::chrono::steady_clock::now();
  if (ending_) return;
  ending_ = true;
  end_status_ = status;
  GoOn();
}

void ReplayStream::OnWriteDone(bool ok) {
  MutexLock lock(mutex_);
  writing_ = false;
  if (!ok) {
    ending_ = true;
    newest_.reset();
  }
  GoOn();
}

void ReplayStream::OnCancel() {
  MutexLock lock(mutex_);
  ending_ = true;
  newest_.reset();
  GoOn();
}

void ReplayStream::OnDone() {
  streams_.Leave(caller_);
  streams_.Remove(this);
}

}  // namespace tapline
