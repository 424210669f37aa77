// file   = header record*
// header = magic:u32 major:u16 minor:u16 zone:u32 sigfigs:u32 snaplen:u32
//          link_type:u32
// record = seconds:u32 fraction:u32 captured:u32 wire:u32 byte{captured}
// All in the byte order of the writer, which `magic` shows
// (draft-ietf-opsawg-pcap).

#include "sensord/capture/mapped_file.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "sensord/capture/link_type.h"

namespace tapline {
namespace {

constexpr uint32_t kMagicMicro = 0xa1b2c3d4;
constexpr uint32_t kMagicNano = 0xa1b23c4d;
constexpr size_t kHeaderBytes = 24;
constexpr size_t kRecordBytes = 16;
constexpr uint32_t kLine = 64;
constexpr uint32_t kAhead = 2048;

uint32_t Load32(const uint8_t* p, bool swapped) {
  uint32_t v;
  std::memcpy(&v, p, 4);
  return swapped ? __builtin_bswap32(v) : v;
}

uint16_t Load16(const uint8_t* p, bool swapped) {
  uint16_t v;
  std::memcpy(&v, p, 2);
  return swapped ? __builtin_bswap16(v) : v;
}

bool IsMagic(uint32_t magic) {
  return magic == kMagicMicro || magic == kMagicNano;
}

}  // namespace

struct MappedFile::Mapping {
  Mapping(void* start, size_t size) : address(start), bytes(size) {}
  ~Mapping() { munmap(address, bytes); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  void* const address;
  const size_t bytes;
};

bool IsClassicPcap(const uint8_t* head, size_t bytes) {
  if (bytes < kHeaderBytes) return false;
  const bool swapped = IsMagic(Load32(head, true));
  return IsMagic(Load32(head, swapped)) && Load16(head + 4, swapped) == 2 &&
         Load16(head + 6, swapped) == 4;
}

absl::StatusOr<std::unique_ptr<MappedFile>> MappedFile::Open(
    int fd, uint64_t size, std::string path, FileProgress& progress) {
  auto file = absl::WrapUnique(new MappedFile(fd, std::move(path), progress));
  void* address = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) {
    return absl::ErrnoToStatus(errno, absl::StrCat(file->path_, ": mmap"));
  }
  file->mapping_ = std::make_shared<const Mapping>(address, size);
  // Advice: larger readahead; failure changes nothing but speed.
  madvise(address, size, MADV_SEQUENTIAL);
  file->data_ = static_cast<const uint8_t*>(address);
  file->mapped_bytes_ = file->limit_ = size;
  const uint8_t* head = file->data_;
  file->swapped_ = IsMagic(Load32(head, true));
  const uint32_t magic = Load32(head, file->swapped_);
  file->fraction_unit_nanos_ = magic == kMagicNano ? 1 : 1000;
  absl::StatusOr<uint16_t> type =
      LinkTypeFromHeader(Load32(head + 20, file->swapped_));
  if (!type.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file->path_, ": ", type.status().message()));
  }
  file->link_type_ = *type;
  file->offset_ = kHeaderBytes;
  progress.read_bytes.Add(kHeaderBytes);
  return file;
}

MappedFile::~MappedFile() { close(fd_); }

absl::StatusOr<ReadResult> MappedFile::Read(FrameBatch& batch) {
  RETURN_IF_ERROR(status_);
  CheckSize();
  const uint64_t start = offset_;
  batch.frames.reserve(FrameBatch::kMaxFrames);
  if (swapped_) {
    Walk<true>(batch);
  } else {
    Walk<false>(batch);
  }
  progress_.read_bytes.Add(offset_ - start);
  if (!batch.frames.empty()) {
    batch.backing = mapping_;
    return ReadResult::kFrames;
  }
  RETURN_IF_ERROR(status_);
  return ReadResult::kEnd;
}

template <bool kSwapped>
void MappedFile::Walk(FrameBatch& batch) {
  const uint8_t* const data = data_;
  uint64_t offset = offset_;
  Frame frame;
  frame.link_type = link_type_;
  const char* damage = nullptr;
  while (!batch.IsFull()) {
    const uint64_t left = limit_ - offset;
    if (left < kRecordBytes) {
      if (left != 0 || limit_ < mapped_bytes_) damage = "truncated record";
      break;
    }
    const uint8_t* const record = data + offset;
    const uint32_t captured = Load32(record + 8, kSwapped);
    const uint32_t wire = Load32(record + 12, kSwapped);
    if (captured > kMaxCapturedBytes) {
      damage = "captured length over 262144 bytes";
      break;
    }
    if (captured > wire) {
      damage = "captured length over the length on the wire";
      break;
    }
    if (captured > left - kRecordBytes) {
      damage = "truncated record";
      break;
    }
    // Where a header lies is known only from the one before: what will hold
    // the next ones is fetched as a stream.
    for (uint32_t i = 0; i < kRecordBytes + captured; i += kLine) {
      __builtin_prefetch(record + kAhead + i);
    }
    frame.data = record + kRecordBytes;
    frame.captured_bytes = captured;
    frame.wire_bytes = wire;
    frame.time =
        TimeOf(Load32(record, kSwapped),
               Load32(record + 4, kSwapped) * fraction_unit_nanos_, progress_);
    batch.frames.push_back(frame);
    offset += kRecordBytes + captured;
  }
  offset_ = offset;
  if (damage != nullptr) status_ = Damaged(damage);
}

absl::Status MappedFile::Damaged(const char* what) const {
  std::string message =
      absl::StrCat(path_, ": record at byte ", offset_, ": ", what);
  if (limit_ < mapped_bytes_) {
    absl::StrAppend(&message, " (the file shrank from ", mapped_bytes_, " to ",
                    limit_, " bytes while it was read)");
  }
  return absl::DataLossError(message);
}

void MappedFile::CheckSize() {
  struct stat st;
  if (fstat(fd_, &st) != 0) return;
  const uint64_t size = static_cast<uint64_t>(st.st_size);
  if (size >= limit_) return;
  limit_ = std::max(size, offset_);
}

}  // namespace tapline
