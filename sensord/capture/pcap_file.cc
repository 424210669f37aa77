#include "sensord/capture/pcap_file.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <cstring>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "sensord/capture/link_type.h"

namespace tapline {
namespace {

constexpr size_t kStorageBytes = 1 << 20;
constexpr int kWaitMs = 100;
static_assert(kStorageBytes >= kMaxCapturedBytes);

}  // namespace

absl::StatusOr<std::unique_ptr<PcapFile>> PcapFile::Open(
    int fd, std::string path, FileProgress& progress) {
  auto file = absl::WrapUnique(new PcapFile(std::move(path), progress));
  file->input_ = FileInput::Open(fd, progress);
  if (file->input_ == nullptr) {
    return absl::ResourceExhaustedError(
        absl::StrCat(file->path_, ": out of memory"));
  }
  char error[PCAP_ERRBUF_SIZE] = "";
  FILE* stream = file->input_->TakeStream();
  file->pcap_ = pcap_fopen_offline_with_tstamp_precision(
      stream, PCAP_TSTAMP_PRECISION_NANO, error);
  if (file->pcap_ == nullptr) {
    fclose(stream);
    return absl::InvalidArgumentError(
        absl::StrCat(file->path_, ": not a capture file: ", error));
  }
  file->link_type_ = LinkTypeFromDlt(pcap_datalink(file->pcap_));
  if (IsBus(file->link_type_)) {
    return absl::InvalidArgumentError(absl::StrCat(
        file->path_, ": link type ", LinkTypeName(file->link_type_),
        " is of a bus; a capture of a network is needed"));
  }
  return file;
}

PcapFile::~PcapFile() {
  if (pcap_ != nullptr) pcap_close(pcap_);
}

absl::StatusOr<ReadResult> PcapFile::Read(FrameBatch& batch) {
  if (batch.storage_bytes < kStorageBytes) {
    batch.storage = std::make_unique_for_overwrite<uint8_t[]>(kStorageBytes);
    batch.storage_bytes = kStorageBytes;
  }
  batch.frames.reserve(FrameBatch::kMaxFrames);
  size_t used = 0;
  Next next = Next::kRecord;
  while (!batch.IsFull()) {
    if (!pending_) {
      next = ReadRecord(batch.frames.empty() ? kWaitMs : 0);
      if (next != Next::kRecord) break;
    }
    const size_t bytes = std::min(header_->caplen, kMaxCapturedBytes);
    pending_ = bytes > batch.storage_bytes - used;
    if (pending_) break;
    Append(batch, used);
    used += bytes;
  }
  if (!batch.frames.empty()) return ReadResult::kFrames;
  if (next == Next::kWait) return ReadResult::kIdle;
  RETURN_IF_ERROR(status_);
  return ReadResult::kEnd;
}

PcapFile::Next PcapFile::ReadRecord(int wait_ms) {
  if (ended_) return Next::kEnd;
  if (!input_->Ready(wait_ms)) return Next::kWait;
  record_offset_ = input_->position();
  const int result = pcap_next_ex(pcap_, &header_, &data_);
  if (result == 1) return Next::kRecord;
  ended_ = true;
  if (result == PCAP_ERROR_BREAK || progress_.stopped.load()) {
    return Next::kEnd;
  }
  status_ = LastError();
  return Next::kError;
}

absl::Status PcapFile::LastError() const {
  const char* text = pcap_geterr(pcap_);
  std::string message =
      absl::StrCat(path_, ": record at byte ", record_offset_, ": ", text);
  // "an interface has a type 101 different from the type of the first
  // interface" (sf-pcapng.c); likewise for the snapshot length.
  if (absl::StrContains(text, "different from the")) {
    return absl::InvalidArgumentError(absl::StrCat(
        message, "; split the file by interface (editcap, tshark -w)"));
  }
  return absl::DataLossError(message);
}

void PcapFile::Append(FrameBatch& batch, size_t offset) {
  Frame frame;
  frame.captured_bytes = std::min(header_->caplen, kMaxCapturedBytes);
  if (frame.captured_bytes < header_->caplen) progress_.cut_frames.Add();
  frame.wire_bytes = std::max(header_->len, header_->caplen);
  // With nanosecond precision tv_usec holds nanoseconds.
  frame.time = TimeOf(header_->ts.tv_sec, header_->ts.tv_usec, progress_);
  frame.link_type = link_type_;
  uint8_t* const copy = batch.storage.get() + offset;
  std::memcpy(copy, data_, frame.captured_bytes);
  frame.data = copy;
  batch.frames.push_back(frame);
}

}  // namespace tapline
