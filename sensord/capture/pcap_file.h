// Capture files and streams read by libpcap: pcapng, old and modified pcap
// formats, standard input. Frames are copied into the batch.

#ifndef TAPLINE_SENSORD_CAPTURE_PCAP_FILE_H_
#define TAPLINE_SENSORD_CAPTURE_PCAP_FILE_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "sensord/capture/capture_file.h"
#include "sensord/capture/file_input.h"

struct pcap;
struct pcap_pkthdr;

namespace tapline {

// Limits of libpcap: a pcapng file whose interfaces differ in link type or
// snapshot length is refused at the first block that says so
// (InvalidArgument); so is a record with a lie about its length (DataLoss).
class PcapFile final : public CaptureFile {
 public:
  // Takes over `fd`, which may be a pipe; waits for its first bytes. `path` is
  // used in messages.
  // InvalidArgument: not a capture file.
  static absl::StatusOr<std::unique_ptr<PcapFile>> Open(int fd,
                                                        std::string path,
                                                        FileProgress& progress);
  ~PcapFile() override;

  // kIdle after 100 ms without input.
  absl::StatusOr<ReadResult> Read(FrameBatch& batch) override;

 private:
  PcapFile(std::string path, FileProgress& progress)
      : path_(std::move(path)), progress_(progress) {}

  enum class Next { kRecord, kWait, kEnd, kError };
  // Reads a record into header_ and data_; on kError sets status_.
  Next ReadRecord(int wait_ms);
  absl::Status LastError() const;
  void Append(FrameBatch& batch, size_t offset);

  const std::string path_;
  FileProgress& progress_;
  // Declared before pcap_, which reads from it.
  std::unique_ptr<FileInput> input_;
  pcap* pcap_ = nullptr;
  uint16_t link_type_ = 0;
  // A record read that did not fit into the last batch; valid until the next
  // read.
  bool pending_ = false;
  pcap_pkthdr* header_ = nullptr;
  const uint8_t* data_ = nullptr;
  uint64_t record_offset_ = 0;
  bool ended_ = false;
  absl::Status status_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_PCAP_FILE_H_
