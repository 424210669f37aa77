// A decoder with the frames and results of one test. Users depend on
// sensord_decode.

#ifndef TAPLINE_TESTS_SUPPORT_DECODE_HARNESS_H_
#define TAPLINE_TESTS_SUPPORT_DECODE_HARNESS_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sensord/decode/decoder.h"
#include "tests/support/frame_list.h"
#include "tests/support/packet_builder.h"

namespace tapline::testing {

inline constexpr const char* kA = "192.0.2.1";
inline constexpr const char* kB = "198.51.100.2";
inline constexpr const char* kA6 = "2001:db8::1";
inline constexpr const char* kB6 = "2001:db8::2";

inline IpAddress Ip(const std::string& text) {
  const Bytes b = Address(text);
  return b.size() == 4 ? IpAddress::FromV4(b.data())
                       : IpAddress::FromV6(b.data());
}

inline uint64_t SumOf(
    const std::array<Counter, static_cast<size_t>(Anomaly::kCount)>& counters) {
  uint64_t sum = 0;
  for (const Counter& c : counters) sum += c.Get();
  return sum;
}

class DecodeHarness {
 public:
  explicit DecodeHarness(const DecoderOptions& options = {})
      : decoder(options, contexts) {}

  // Decodes what was added to `frames` since the last call.
  const std::vector<Packet>& Decode() {
    given_ += frames.batch().frames.size();
    decoder.Decode(frames.batch(), out);
    ExpectAccounted();
    return out.packets;
  }
  // The same for one frame; the frames of the last call are gone.
  const std::vector<Packet>& Decode(const Bytes& frame, UnixNanos at = 0,
                                    uint16_t link_type = 1,
                                    uint32_t wire_bytes = 0) {
    frames.Clear();
    frames.Add(frame, at, link_type, wire_bytes);
    return Decode();
  }
  // An IP packet without a link header.
  const std::vector<Packet>& DecodeIp(const Bytes& packet, UnixNanos at = 0) {
    return Decode(packet, at, 101);
  }

  void ExpectAccounted() const {
    const DecodeCounters& c = decoder.counters();
    EXPECT_EQ(c.frames.Get(), given_);
    EXPECT_EQ(c.frames.Get(),
              c.decoded.Get() + SumOf(c.dropped) + c.held.Get());
  }

  uint64_t Count(Anomaly a) const {
    return decoder.counters().anomalies[static_cast<size_t>(a)].Get();
  }
  uint64_t Dropped(Anomaly a) const {
    return decoder.counters().dropped[static_cast<size_t>(a)].Get();
  }
  uint64_t Anomalies() const { return SumOf(decoder.counters().anomalies); }
  uint64_t Decoded() const { return decoder.counters().decoded.Get(); }
  uint64_t Held() const { return decoder.counters().held.Get(); }
  std::string Payload(size_t i = 0) const {
    const Packet& p = out.packets.at(i);
    return std::string(reinterpret_cast<const char*>(p.payload),
                       p.payload_captured);
  }

  ContextTable contexts;
  Decoder decoder;
  FrameList frames;
  DecodedBatch out;

 private:
  uint64_t given_ = 0;
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_DECODE_HARNESS_H_
