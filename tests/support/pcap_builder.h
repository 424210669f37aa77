// Builds the bytes of capture files for tests.

#ifndef TAPLINE_TESTS_SUPPORT_PCAP_BUILDER_H_
#define TAPLINE_TESTS_SUPPORT_PCAP_BUILDER_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace tapline::testing {

// Numbers in either byte order, appended to a string.
class ByteWriter {
 public:
  explicit ByteWriter(bool big_endian = false) : big_endian_(big_endian) {}

  ByteWriter& U16(uint16_t v) { return Number(v, 2); }
  ByteWriter& U32(uint32_t v) { return Number(v, 4); }
  ByteWriter& Raw(absl::string_view bytes) {
    bytes_.append(bytes.data(), bytes.size());
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  ByteWriter& Number(uint32_t v, int size) {
    for (int i = 0; i < size; ++i) {
      const int shift = 8 * (big_endian_ ? size - 1 - i : i);
      bytes_ += static_cast<char>(v >> shift);
    }
    return *this;
  }

  const bool big_endian_;
  std::string bytes_;
};

struct PcapFormat {
  bool big_endian = false;
  bool nanos = false;
  uint32_t link_type = 1;
  uint16_t minor_version = 4;
};

// A classic pcap file: header, then any number of records.
class PcapBuilder {
 public:
  explicit PcapBuilder(PcapFormat format = {}) : writer_(format.big_endian) {
    writer_.U32(format.nanos ? 0xa1b23c4d : 0xa1b2c3d4)
        .U16(2)
        .U16(format.minor_version)
        .U32(0)
        .U32(0)
        .U32(262144)
        .U32(format.link_type);
  }

  // `fraction` in the unit of the file.
  PcapBuilder& Add(uint32_t seconds, uint32_t fraction,
                   absl::string_view frame) {
    const auto bytes = static_cast<uint32_t>(frame.size());
    return Record(seconds, fraction, bytes, bytes, frame);
  }
  // With lengths that may lie.
  PcapBuilder& Record(uint32_t seconds, uint32_t fraction, uint32_t captured,
                      uint32_t wire, absl::string_view frame) {
    writer_.U32(seconds).U32(fraction).U32(captured).U32(wire).Raw(frame);
    return *this;
  }

  const std::string& bytes() const { return writer_.bytes(); }

 private:
  ByteWriter writer_;
};

// A pcapng file (draft-ietf-opsawg-pcapng).
class PcapngBuilder {
 public:
  PcapngBuilder() {
    Block(0x0a0d0d0a, ByteWriter()
                          .U32(0x1a2b3c4d)
                          .U16(1)
                          .U16(0)
                          .U32(0xffffffff)
                          .U32(0xffffffff)
                          .bytes());
  }
  // Options must include the end-of-options one when not empty.
  PcapngBuilder& Interface(uint16_t link_type, uint32_t snap = 262144,
                           absl::string_view options = "") {
    return Block(
        1, ByteWriter().U16(link_type).U16(0).U32(snap).Raw(options).bytes());
  }
  // `ticks` in the interface's unit, microseconds unless an option says so.
  PcapngBuilder& Packet(uint32_t interface, uint64_t ticks,
                        absl::string_view frame) {
    const auto bytes = static_cast<uint32_t>(frame.size());
    std::string padded(frame);
    padded.resize((padded.size() + 3) / 4 * 4);
    return Block(6, ByteWriter()
                        .U32(interface)
                        .U32(static_cast<uint32_t>(ticks >> 32))
                        .U32(static_cast<uint32_t>(ticks))
                        .U32(bytes)
                        .U32(bytes)
                        .Raw(padded)
                        .bytes());
  }
  PcapngBuilder& Block(uint32_t type, absl::string_view body) {
    const auto total = static_cast<uint32_t>(body.size() + 12);
    bytes_ += ByteWriter().U32(type).U32(total).Raw(body).U32(total).bytes();
    return *this;
  }

  // An if_tsresol option of 10^-`digits` seconds.
  static std::string TimeResolution(uint8_t digits) {
    return ByteWriter().U16(9).U16(1).U32(digits).U16(0).U16(0).bytes();
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_PCAP_BUILDER_H_
