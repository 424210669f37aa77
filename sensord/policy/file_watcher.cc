#include "sensord/policy/file_watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "absl/time/time.h"

namespace tapline {
namespace {

constexpr absl::Duration kTick = absl::Seconds(1);

std::string Folder(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

int64_t Nanos(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// Monotonic; the watcher's rhythm must not follow the wall clock.
absl::Duration Monotonic() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return absl::Nanoseconds(Nanos(now));
}

}  // namespace

FileWatcher::FileWatcher(std::string path, std::function<void()> changed,
                         std::function<void()> tick)
    : path_(std::move(path)),
      name_(path_.substr(path_.rfind('/') + 1)),
      changed_(std::move(changed)),
      tick_(std::move(tick)) {
  stop_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (!path_.empty()) {
    inotify_ = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (inotify_ >= 0) {
      inotify_add_watch(inotify_, Folder(path_).c_str(),
                        IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE);
    }
    reported_ = last_ = LookNow();
  }
  thread_ = std::thread([this] { Run(); });
}

FileWatcher::~FileWatcher() {
  const uint64_t one = 1;
  // Only fails when the counter is full, which also wakes the thread.
  [[maybe_unused]] const ssize_t put = write(stop_, &one, sizeof(one));
  thread_.join();
  if (inotify_ >= 0) close(inotify_);
  close(stop_);
}

FileWatcher::Look FileWatcher::LookNow() const {
  struct stat info {};
  if (stat(path_.c_str(), &info) != 0) return {};
  return {info.st_ino, info.st_size, Nanos(info.st_mtim), Nanos(info.st_ctim)};
}

bool FileWatcher::DrainEvents() {
  bool ours = false;
  alignas(inotify_event) char buffer[4096];
  for (;;) {
    const ssize_t got = read(inotify_, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return ours;
    for (ssize_t at = 0; at < got;) {
      inotify_event event;
      std::memcpy(&event, buffer + at, sizeof(event));
      const char* name = buffer + at + sizeof(event);
      ours = ours || (event.len > 0 && name_ == name);
      at += static_cast<ssize_t>(sizeof(event) + event.len);
    }
  }
}

void FileWatcher::Run() {
  absl::Duration next_tick = Monotonic() + kTick;
  for (;;) {
    pollfd fds[2] = {{stop_, POLLIN, 0}, {inotify_, POLLIN, 0}};
    const absl::Duration wait = next_tick - Monotonic();
    const int timeout =
        static_cast<int>(std::max<int64_t>(absl::ToInt64Milliseconds(wait), 0));
    poll(fds, 2, timeout);
    if (fds[0].revents != 0) return;
    if (fds[1].revents != 0 && DrainEvents()) {
      reported_ = last_ = LookNow();
      changed_();
    }
    if (Monotonic() < next_tick) continue;
    next_tick = Monotonic() + kTick;
    if (!path_.empty()) {
      // A file that is still being written changes from look to look.
      const Look now = LookNow();
      const bool settled = now == std::exchange(last_, now);
      if (settled && now != reported_) {
        reported_ = now;
        changed_();
      }
    }
    tick_();
  }
}

}  // namespace tapline
