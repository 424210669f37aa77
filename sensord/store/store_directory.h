// The store's directory, made and held by one process.

#ifndef TAPLINE_SENSORD_STORE_STORE_DIRECTORY_H_
#define TAPLINE_SENSORD_STORE_STORE_DIRECTORY_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace tapline {

class StoreDirectory {
 public:
  // Makes it (mode 0700) with its parents. PermissionDenied: it cannot be used,
  // with the fix. Unavailable: another process holds it.
  static absl::StatusOr<StoreDirectory> Open(const std::string& path);
  StoreDirectory(StoreDirectory&& other) noexcept
      : path_(std::move(other.path_)), lock_fd_(other.lock_fd_) {
    other.lock_fd_ = -1;
  }
  StoreDirectory& operator=(StoreDirectory&&) = delete;
  ~StoreDirectory();

  const std::string& path() const { return path_; }
  // PermissionDenied: `name` is there and this process may not write it.
  absl::Status CheckFile(const std::string& name) const;

 private:
  StoreDirectory(std::string path, int lock_fd)
      : path_(std::move(path)), lock_fd_(lock_fd) {}
  std::string path_;
  int lock_fd_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STORE_STORE_DIRECTORY_H_
