#include "tests/bench/traffic/pcap_writer.h"

#include <cstring>

namespace tapline::bench {
namespace {

constexpr size_t kBuffer = 4u << 20;
constexpr size_t kRecordHeader = 16;

}  // namespace

std::unique_ptr<PcapWriter> PcapWriter::Open(const std::string& path) {
  FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return nullptr;
  return std::unique_ptr<PcapWriter>(new PcapWriter(file));
}

PcapWriter::PcapWriter(FILE* file) : file_(file), buffer_(kBuffer) {
  std::setvbuf(file_, nullptr, _IONBF, 0);
  const uint32_t header[6] = {0xa1b23c4d, 2 | 4u << 16, 0, 0, 262144, 1};
  std::memcpy(buffer_.data(), header, sizeof(header));
  used_ = sizeof(header);
}

PcapWriter::~PcapWriter() {
  if (file_ != nullptr) Close();
}

uint8_t* PcapWriter::Reserve() {
  if (used_ + kRecordHeader + kMaxFrame > buffer_.size()) Flush();
  return buffer_.data() + used_ + kRecordHeader;
}

void PcapWriter::Commit(uint64_t time_ns, uint32_t length) {
  const uint32_t header[4] = {static_cast<uint32_t>(time_ns / 1000000000),
                              static_cast<uint32_t>(time_ns % 1000000000),
                              length, length};
  std::memcpy(buffer_.data() + used_, header, sizeof(header));
  used_ += kRecordHeader + length;
  ++packets_;
  bytes_ += length;
}

void PcapWriter::Flush() {
  if (std::fwrite(buffer_.data(), 1, used_, file_) != used_) ok_ = false;
  used_ = 0;
}

bool PcapWriter::Close() {
  Flush();
  if (std::fclose(file_) != 0) ok_ = false;
  file_ = nullptr;
  return ok_;
}

}  // namespace tapline::bench
