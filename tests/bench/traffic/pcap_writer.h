// Writes a classic pcap file with nanosecond time, streaming.
#ifndef TAPLINE_TESTS_BENCH_TRAFFIC_PCAP_WRITER_H_
#define TAPLINE_TESTS_BENCH_TRAFFIC_PCAP_WRITER_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace tapline::bench {

class PcapWriter {
 public:
  static constexpr size_t kMaxFrame = 2048;

  // Opens (truncates) `path`; null on failure, with errno set. Link type
  // Ethernet, snap length 262144.
  static std::unique_ptr<PcapWriter> Open(const std::string& path);
  ~PcapWriter();
  PcapWriter(const PcapWriter&) = delete;
  PcapWriter& operator=(const PcapWriter&) = delete;

  // Room for one frame of at most kMaxFrame bytes; valid until Commit.
  uint8_t* Reserve();
  // Writes the reserved frame. `time_ns` since 1970.
  void Commit(uint64_t time_ns, uint32_t length);
  // Flushes and closes; false when anything could not be written.
  bool Close();

  uint64_t packets() const { return packets_; }
  uint64_t bytes() const { return bytes_; }

 private:
  explicit PcapWriter(FILE* file);
  void Flush();

  FILE* file_;
  std::vector<uint8_t> buffer_;
  size_t used_ = 0;
  bool ok_ = true;
  uint64_t packets_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace tapline::bench

#endif  // TAPLINE_TESTS_BENCH_TRAFFIC_PCAP_WRITER_H_
