#include "sensord/store/store_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"

namespace tapline {
namespace {

// Each part that is missing, 0700: what is kept here is nobody else's.
absl::Status MakeDirectories(const std::string& path) {
  for (size_t end = 1; end <= path.size(); ++end) {
    if (end < path.size() && path[end] != '/') continue;
    const std::string part = path.substr(0, end);
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST && errno != EISDIR) {
      // A parent may exist and refuse; the check below tells.
      if (end == path.size()) {
        return absl::PermissionDeniedError(
            absl::StrCat(path, ": cannot be made: ", strerror(errno),
                         "; create it and give it to uid ", geteuid(),
                         ", or set store.directory"));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status NotUsable(const std::string& path, const char* why) {
  return absl::PermissionDeniedError(
      absl::StrCat(path, ": ", why, "; fix: chown ", geteuid(), " ", path));
}

}  // namespace

absl::StatusOr<StoreDirectory> StoreDirectory::Open(const std::string& path) {
  if (path.empty()) {
    return absl::InvalidArgumentError("store.directory is empty");
  }
  RETURN_IF_ERROR(MakeDirectories(path));
  struct stat st;
  if (stat(path.c_str(), &st) != 0 || !S_ISDIR(st.st_mode)) {
    return absl::PermissionDeniedError(
        absl::StrCat(path, ": is not a directory; set store.directory"));
  }
  if (access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    return NotUsable(path, strerror(errno));
  }
  const std::string lock = absl::StrCat(path, "/lock");
  const int fd =
      open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return NotUsable(lock, strerror(errno));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    close(fd);
    return absl::UnavailableError(absl::StrCat(
        path,
        ": another process keeps its records here; stop it, or set "
        "store.directory"));
  }
  return StoreDirectory(path, fd);
}

StoreDirectory::~StoreDirectory() {
  if (lock_fd_ >= 0) close(lock_fd_);
}

absl::Status StoreDirectory::CheckFile(const std::string& name) const {
  const std::string file = absl::StrCat(path_, "/", name);
  if (access(file.c_str(), F_OK) == 0 &&
      access(file.c_str(), R_OK | W_OK) != 0) {
    return NotUsable(file, strerror(errno));
  }
  return absl::OkStatus();
}

}  // namespace tapline
