// Tells when a file was changed: by inotify, and by a look every second where
// inotify sees nothing (network file systems, swapped symbolic links).

#ifndef TAPLINE_SENSORD_POLICY_FILE_WATCHER_H_
#define TAPLINE_SENSORD_POLICY_FILE_WATCHER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace tapline {

// Thread safety: construct and destroy from one thread. `changed` and `tick`
// are called on the watcher's own thread, one at a time.
class FileWatcher {
 public:
  // `changed`: the file was written and closed, replaced or removed. `tick`:
  // once a second. An empty path only ticks.
  FileWatcher(std::string path, std::function<void()> changed,
              std::function<void()> tick);
  // Returns when no callback is running any more.
  ~FileWatcher();
  FileWatcher(const FileWatcher&) = delete;
  FileWatcher& operator=(const FileWatcher&) = delete;

 private:
  // What a look can see of a file; all zero when it is not there.
  struct Look {
    uint64_t inode = 0;
    int64_t size = 0;
    int64_t modified_ns = 0;
    int64_t changed_ns = 0;
    friend bool operator==(const Look&, const Look&) = default;
  };

  void Run();
  Look LookNow() const;
  // True when an event says that the file was closed after writing, or
  // replaced.
  bool DrainEvents();

  const std::string path_;
  const std::string name_;
  const std::function<void()> changed_;
  const std::function<void()> tick_;
  int inotify_ = -1;
  int stop_ = -1;
  // The last look reported, and the last one taken.
  Look reported_;
  Look last_;
  std::thread thread_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_POLICY_FILE_WATCHER_H_
