#include "sensord/capture/file_sequence.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "sensord/capture/mapped_file.h"
#include "sensord/capture/pcap_file.h"

namespace tapline {
namespace {

constexpr char kStandardInput[] = "-";

// 0 if one is a stream.
uint64_t TotalBytes(const std::vector<std::string>& paths) {
  uint64_t total = 0;
  for (const std::string& path : paths) {
    struct stat st;
    if (path == kStandardInput) return 0;
    if (stat(path.c_str(), &st) != 0) continue;
    if (!S_ISREG(st.st_mode)) return 0;
    total += static_cast<uint64_t>(st.st_size);
  }
  return total;
}

bool IsStream(const std::string& path) {
  struct stat st;
  return path == kStandardInput ||
         (stat(path.c_str(), &st) == 0 && !S_ISREG(st.st_mode) &&
          !S_ISDIR(st.st_mode));
}

// Of the first frame; `otherwise` when there is none to be read.
UnixNanos FirstTime(const std::string& path, UnixNanos otherwise) {
  FileProgress progress;
  FrameBatch batch;
  absl::StatusOr<std::unique_ptr<CaptureFile>> file =
      OpenCaptureFile(path, progress);
  if (!file.ok() || !(*file)->Read(batch).ok() || batch.frames.empty()) {
    return otherwise;
  }
  return batch.frames.front().time;
}

// People name files in any order, but one clock passes over all. What cannot be
// read stays behind what it was named after.
std::vector<std::string> InOrderOfTime(std::vector<std::string> paths) {
  if (paths.size() < 2 || absl::c_any_of(paths, IsStream)) return paths;
  std::vector<std::pair<UnixNanos, std::string>> timed;
  for (std::string& path : paths) {
    const UnixNanos time =
        FirstTime(path, timed.empty() ? std::numeric_limits<UnixNanos>::min()
                                      : timed.back().first);
    timed.emplace_back(time, std::move(path));
  }
  absl::c_stable_sort(
      timed, [](const auto& a, const auto& b) { return a.first < b.first; });
  for (size_t i = 0; i < paths.size(); ++i) {
    paths[i] = std::move(timed[i].second);
  }
  return paths;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CaptureFile>> OpenCaptureFile(
    const std::string& path, FileProgress& progress) {
  if (path == kStandardInput) {
    return PcapFile::Open(STDIN_FILENO, "standard input", progress);
  }
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat st;
  if (fd < 0 || fstat(fd, &st) != 0) {
    absl::Status status = absl::ErrnoToStatus(errno, path);
    if (fd >= 0) close(fd);
    return status;
  }
  if (S_ISDIR(st.st_mode)) {
    close(fd);
    return absl::InvalidArgumentError(absl::StrCat(path, ": is a directory"));
  }
  if (S_ISREG(st.st_mode)) {
    uint8_t head[24];
    const ssize_t n = pread(fd, head, sizeof head, 0);
    if (n > 0 && IsClassicPcap(head, static_cast<size_t>(n))) {
      return MappedFile::Open(fd, static_cast<uint64_t>(st.st_size), path,
                              progress);
    }
  }
  return PcapFile::Open(fd, path, progress);
}

absl::StatusOr<std::unique_ptr<FrameSource>> OpenCapture(std::string path) {
  // A stream would lose its header to the attempt.
  if (!IsStream(path)) {
    FileProgress unused;
    RETURN_IF_ERROR(OpenCaptureFile(path, unused).status());
  }
  std::vector<std::string> paths;
  paths.push_back(std::move(path));
  return std::make_unique<FileSequence>(std::move(paths));
}

FileSequence::FileSequence(std::vector<std::string> paths)
    : paths_(InOrderOfTime(std::move(paths))),
      total_bytes_(TotalBytes(paths_)) {}

absl::StatusOr<ReadResult> FileSequence::Read(FrameBatch& batch) {
  batch.Clear();
  batch.clock = stamper_.clock();
  while (!progress_.stopped.load(std::memory_order_relaxed)) {
    if (file_ == nullptr && !OpenNext()) break;
    absl::StatusOr<ReadResult> result = file_->Read(batch);
    if (result.ok() && *result != ReadResult::kEnd) {
      Stamp(batch);
      return result;
    }
    if (!result.ok()) NoteError(result.status());
    file_.reset();
  }
  file_.reset();
  const std::vector<absl::Status> all = errors();
  if (all.empty() || error_answered_) return ReadResult::kEnd;
  error_answered_ = true;
  return all.front();
}

bool FileSequence::OpenNext() {
  while (next_ < paths_.size()) {
    absl::StatusOr<std::unique_ptr<CaptureFile>> file =
        OpenCaptureFile(paths_[next_++], progress_);
    if (file.ok()) {
      file_ = *std::move(file);
      return true;
    }
    NoteError(file.status());
    if (progress_.stopped.load(std::memory_order_relaxed)) return false;
  }
  return false;
}

void FileSequence::NoteError(absl::Status status) {
  // What a stopped read leaves behind is no fault of the file.
  if (progress_.stopped.load(std::memory_order_relaxed)) return;
  MutexLock lock(mutex_);
  errors_.push_back(std::move(status));
}

void FileSequence::Stamp(FrameBatch& batch) {
  uint64_t bytes = 0;
  for (Frame& frame : batch.frames) {
    stamper_.Stamp(frame);
    bytes += frame.wire_bytes;
  }
  batch.clock = stamper_.clock();
  frames_.Add(batch.frames.size());
  bytes_.Add(bytes);
}

CaptureCounters FileSequence::counters() const {
  CaptureCounters c;
  c.frames = frames_.Get();
  c.bytes = bytes_.Get();
  c.steps_back = stamper_.steps_back();
  c.jumps_forward = stamper_.jumps_forward();
  c.bad_times = progress_.bad_times.Get();
  c.cut_frames = progress_.cut_frames.Get();
  c.read_bytes = progress_.read_bytes.Get();
  c.total_bytes = total_bytes_;
  return c;
}

void FileSequence::Stop() {
  progress_.stopped.store(true, std::memory_order_relaxed);
}

std::vector<absl::Status> FileSequence::errors() const {
  MutexLock lock(mutex_);
  return errors_;
}

}  // namespace tapline
