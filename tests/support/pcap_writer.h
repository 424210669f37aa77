// Classic pcap files for tests, in this machine's byte order.

#ifndef TAPLINE_TESTS_SUPPORT_PCAP_WRITER_H_
#define TAPLINE_TESTS_SUPPORT_PCAP_WRITER_H_

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include "tests/support/packet_builder.h"

namespace tapline::testing {

// Collects frames; the file exists after Write.
class PcapWriter {
 public:
  // `link_type`: LINKTYPE_ value, 1 is Ethernet. Nanosecond times.
  explicit PcapWriter(uint32_t link_type = 1, uint32_t snap_length = 262144) {
    Word(0xa1b23c4d);
    Half(2);
    Half(4);
    Word(0);
    Word(0);
    Word(snap_length);
    Word(link_type);
  }

  // `time_ns` since the epoch. `wire_bytes` 0: all was captured.
  void Add(int64_t time_ns, const Bytes& frame, uint32_t wire_bytes = 0) {
    const uint32_t size = static_cast<uint32_t>(frame.size());
    Word(static_cast<uint32_t>(time_ns / 1'000'000'000));
    Word(static_cast<uint32_t>(time_ns % 1'000'000'000));
    Word(size);
    Word(wire_bytes == 0 ? size : wire_bytes);
    bytes_.insert(bytes_.end(), frame.begin(), frame.end());
    ++frames_;
  }

  size_t frames() const { return frames_; }
  const Bytes& bytes() const { return bytes_; }

  // False when the file cannot be written.
  bool Write(const std::string& path) const {
    std::FILE* f = std::fopen(path.c_str(), "wb");
    if (f == nullptr) return false;
    const bool written =
        std::fwrite(bytes_.data(), 1, bytes_.size(), f) == bytes_.size();
    return std::fclose(f) == 0 && written;
  }

 private:
  void Raw(const void* p, size_t size) {
    const uint8_t* q = static_cast<const uint8_t*>(p);
    bytes_.insert(bytes_.end(), q, q + size);
  }
  void Word(uint32_t v) { Raw(&v, 4); }
  void Half(uint16_t v) { Raw(&v, 2); }

  Bytes bytes_;
  size_t frames_ = 0;
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_PCAP_WRITER_H_
