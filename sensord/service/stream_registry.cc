#include "sensord/service/stream_registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sensord/service/errors.h"

namespace tapline {

absl::Status StreamRegistry::Enter(int64_t caller, size_t most_per_caller,
                                   size_t most) {
  if (limit_.Enter(caller, most_per_caller, most)) return absl::OkStatus();
  return Refuse(
      Reason::kTOO_MANY_STREAMS,
      absl::StrCat("at most ", most_per_caller, " streams per user and ", most,
                   " in all may be open; close some, or raise "
                   "listen.max_streams_per_uid"),
      {{"max_streams_per_uid", absl::StrCat(most_per_caller)},
       {"max_streams", absl::StrCat(most)}});
}

void StreamRegistry::Add(std::shared_ptr<OpenStream> stream) {
  absl::Status ended;
  {
    MutexLock lock(mutex_);
    streams_.push_back(stream);
    ended = ended_;
  }
  if (!ended.ok()) stream->End(ended);
}

void StreamRegistry::Remove(const OpenStream* stream) {
  std::shared_ptr<OpenStream> last;
  {
    MutexLock lock(mutex_);
    auto found =
        std::find_if(streams_.begin(), streams_.end(),
                     [stream](const auto& one) { return one.get() == stream; });
    if (found == streams_.end()) return;
    last = std::move(*found);
    std::swap(*found, streams_.back());
    streams_.pop_back();
  }
  removed_.notify_all();
}

std::vector<std::shared_ptr<OpenStream>> StreamRegistry::All() const {
  MutexLock lock(mutex_);
  return streams_;
}

void StreamRegistry::Tick(Monotonic now) {
  for (const auto& stream : All()) stream->Tick(now);
}

void StreamRegistry::EndAll(const absl::Status& status) {
  {
    MutexLock lock(mutex_);
    ended_ = status;
  }
  for (const auto& stream : All()) stream->End(status);
}

bool StreamRegistry::WaitUntilEmpty(absl::Duration wait) {
  auto deadline =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(wait);
  MutexLock lock(mutex_);
  while (!streams_.empty()) {
    if (removed_.wait_until(mutex_, deadline) == std::cv_status::timeout) {
      return streams_.empty();
    }
  }
  return true;
}

}  // namespace tapline
