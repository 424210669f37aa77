// file     = header LF settings LF suppressions LF [ filters LF ]
// header   = "tapline-overrides 1 " checksum   ; 16 hex digits, of the rest
// settings = GetSettingsResponse as protobuf-JSON on one line
// suppressions = ListSuppressionsResponse as protobuf-JSON on one line
// filters = ListFiltersResponse as protobuf-JSON on one line; not there when
//           there are none, as in files of older versions

#include "sensord/policy/overrides_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status/macros.h"
#include "google/protobuf/util/json_util.h"

namespace tapline {
namespace {

using google::protobuf::util::JsonStringToMessage;
using google::protobuf::util::MessageToJsonString;

constexpr absl::string_view kHeader = "tapline-overrides 1 ";
constexpr size_t kMaxBytes = 16 << 20;

// Closes on every path.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status Errno(absl::string_view what, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat(what, " ", path));
}

absl::Status Damaged(const std::string& path, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(path, ": ", what));
}

absl::StatusOr<std::string> ReadAll(int fd, const std::string& path) {
  std::string text;
  char block[65536];
  for (;;) {
    const ssize_t got = read(fd, block, sizeof(block));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Errno("cannot read", path);
    if (got == 0) return text;
    text.append(block, static_cast<size_t>(got));
    if (text.size() > kMaxBytes) return Damaged(path, "larger than 16 MiB");
  }
}

absl::Status WriteAll(int fd, absl::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t put = write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return Errno("cannot write", path);
    text.remove_prefix(static_cast<size_t>(put));
  }
  return absl::OkStatus();
}

std::string Folder(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string Serialize(const Overrides& overrides) {
  v1::GetSettingsResponse settings;
  settings.set_revision(overrides.revision);
  for (const auto& [path, setting] : overrides.settings) {
    *settings.add_settings() = setting;
  }
  v1::ListSuppressionsResponse suppressions;
  for (const v1::Suppression& suppression : overrides.suppressions) {
    *suppressions.add_suppressions() = suppression;
  }
  std::string first;
  std::string second;
  // Fails only for times out of range, which were checked on their way in; an
  // empty line would be found by the next reader.
  if (!MessageToJsonString(settings, &first).ok()) first.clear();
  if (!MessageToJsonString(suppressions, &second).ok()) second.clear();
  std::string body = absl::StrCat(first, "\n", second, "\n");
  if (!overrides.filters.empty()) {
    v1::ListFiltersResponse filters;
    for (const auto& [name, filter] : overrides.filters) {
      *filters.add_filters() = filter;
    }
    std::string third;
    if (!MessageToJsonString(filters, &third).ok()) third.clear();
    absl::StrAppend(&body, third, "\n");
  }
  return absl::StrCat(kHeader, absl::Hex(Fnv1a(body), absl::kZeroPad16), "\n",
                      body);
}

absl::StatusOr<Overrides> Parse(const std::string& text,
                                const std::string& path) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('\n', 1));
  absl::string_view checksum = parts.first;
  if (!absl::ConsumePrefix(&checksum, kHeader)) {
    return Damaged(path, "does not begin with its header");
  }
  const absl::string_view body = parts.second;
  if (checksum != absl::StrCat(absl::Hex(Fnv1a(body), absl::kZeroPad16))) {
    return Damaged(path, "checksum does not match");
  }
  const std::vector<std::string> lines = absl::StrSplit(body, '\n');
  v1::GetSettingsResponse settings;
  v1::ListSuppressionsResponse suppressions;
  v1::ListFiltersResponse filters;
  // The last one is empty: what follows the last LF.
  const bool with_filters = lines.size() == 4;
  if ((lines.size() != 3 && !with_filters) ||
      !JsonStringToMessage(lines[0], &settings).ok() ||
      !JsonStringToMessage(lines[1], &suppressions).ok() ||
      (with_filters && !JsonStringToMessage(lines[2], &filters).ok())) {
    return Damaged(path, "is not in the form it was written in");
  }
  Overrides overrides;
  overrides.revision = settings.revision();
  for (v1::Setting& setting : *settings.mutable_settings()) {
    overrides.settings[setting.path()] = setting;
  }
  overrides.suppressions.assign(suppressions.suppressions().begin(),
                                suppressions.suppressions().end());
  for (v1::SavedFilter& filter : *filters.mutable_filters()) {
    overrides.filters[filter.name()] = filter;
  }
  return overrides;
}

}  // namespace

absl::StatusOr<Overrides> ReadOverrides(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (file.get() < 0 && errno == ENOENT) return Overrides();
  if (file.get() < 0) return Errno("cannot open", path);
  ASSIGN_OR_RETURN(const std::string text, ReadAll(file.get(), path));
  return Parse(text, path);
}

absl::Status WriteOverrides(const std::string& path,
                            const Overrides& overrides) {
  const std::string temporary = path + ".new";
  {
    const Descriptor file(
        open(temporary.c_str(),
             O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
             S_IRUSR | S_IWUSR));
    if (file.get() < 0) return Errno("cannot create", temporary);
    RETURN_IF_ERROR(WriteAll(file.get(), Serialize(overrides), temporary));
    if (fsync(file.get()) != 0) return Errno("cannot sync", temporary);
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    return Errno("cannot replace", path);
  }
  const std::string folder_path = Folder(path);
  const Descriptor folder(
      open(folder_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || fsync(folder.get()) != 0) {
    return Errno("cannot sync", folder_path);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> MoveAside(const std::string& path,
                                      int64_t unix_seconds) {
  std::string aside = absl::StrCat(path, ".damaged-", unix_seconds);
  if (rename(path.c_str(), aside.c_str()) != 0) {
    return Errno("cannot move aside", path);
  }
  return aside;
}

uint64_t Fnv1a(absl::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  }
  return hash;
}

}  // namespace tapline
