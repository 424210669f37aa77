// Stateful: one input is a sequence of frames through one decoder, so
// fragments, caches and clocks meet. Each frame is
//
//   1 byte   link type (index) and whether more was on the wire
//   1 byte   milliseconds (times 100) since the frame before
//   2 bytes  length, then the bytes
//
// After each frame accounting and every packet's bounds are checked.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "sensord/decode/byte_cursor.h"
#include "sensord/decode/decoder.h"

namespace tapline {
namespace {

constexpr uint16_t kLinkTypes[] = {1,   113, 276, 101, 12, 14, 228,
                                   229, 0,   108, 9,   50, 1,  105};

void Check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

void CheckAccounts(const DecodeCounters& counters, uint64_t given) {
  uint64_t dropped = 0;
  for (const Counter& counter : counters.dropped) dropped += counter.Get();
  Check(counters.frames.Get() == given, "frames");
  Check(given == counters.decoded.Get() + dropped + counters.held.Get(),
        "frames = decoded + dropped + held");
}

bool Within(const uint8_t* p, size_t size, const uint8_t* base, size_t bytes) {
  return p >= base && p + size <= base + bytes;
}

void CheckPacket(const Packet& p, const Frame& frame,
                 const DecodedBatch& batch) {
  Check(p.payload_captured <= p.payload_bytes, "captured <= payload");
  Check(p.payload_bytes <= p.ip_bytes, "payload <= ip");
  Check(p.ip_bytes <= p.frame_bytes, "ip <= frame");
  Check(p.shard < 16, "shard");
  Check(p.frames >= 1, "frames");
  Check(p.context <= ContextTable::kOverflow, "context");
  Check(p.layer <= Context::kMaxTunnels, "layer");
  if ((p.marks & kMarkArp) != 0) Check(p.aux < batch.arps.size(), "arp");
  if ((p.marks & kMarkQuote) != 0) Check(p.aux < batch.quotes.size(), "quote");
  if (p.payload_captured == 0) return;
  // Joined bytes are elsewhere; reading them is for the sanitizer to judge.
  if (p.frames == 1) {
    Check(
        Within(p.payload, p.payload_captured, frame.data, frame.captured_bytes),
        "payload in frame");
  }
  volatile uint8_t sink = 0;
  for (uint32_t i = 0; i < p.payload_captured; ++i) sink = p.payload[i];
  (void)sink;
}

class Session {
 public:
  Session() : decoder_(Options(), contexts_) {}

  void Feed(const Frame& frame) {
    batch_.frames.assign(1, frame);
    batch_.clock = frame.clock;
    decoder_.Decode(batch_, out_);
    CheckAccounts(decoder_.counters(), ++given_);
    for (const Packet& p : out_.packets) CheckPacket(p, frame, out_);
    for (const AnomalySample& s : out_.anomalies) {
      Check(s.packet < static_cast<int32_t>(out_.packets.size()), "sample");
    }
  }

  void Finish() {
    decoder_.Finish();
    CheckAccounts(decoder_.counters(), given_);
    Check(decoder_.counters().held.Get() == 0, "nothing held at the end");
  }

 private:
  static DecoderOptions Options() {
    DecoderOptions options;
    options.fragment_bytes = 256 << 10;
    options.verify_checksums = true;
    return options;
  }

  ContextTable contexts_;
  Decoder decoder_;
  FrameBatch batch_;
  DecodedBatch out_;
  uint64_t given_ = 0;
};

}  // namespace
}  // namespace tapline

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tapline::Frame;
  tapline::Session session;
  tapline::ByteCursor in(data, size);
  Frame frame;
  while (in.left() >= 4) {
    const uint8_t kind = in.U8();
    frame.link_type = tapline::kLinkTypes[(kind & 15) % 14];
    frame.time += in.U8() * 100 * tapline::kMillisecondNanos;
    frame.clock = frame.time;
    // In two steps: the order of evaluation is the compiler's.
    const size_t claimed = in.U16();
    const size_t length = std::min(claimed, in.left());
    // An exact copy: the sanitizer sees a read past the end.
    const std::vector<uint8_t> copy(in.position(), in.position() + length);
    in.Skip(length);
    frame.data = copy.data();
    frame.captured_bytes = static_cast<uint32_t>(length);
    frame.wire_bytes = frame.captured_bytes + (kind >> 4) * 64u;
    session.Feed(frame);
    ++frame.ordinal;
  }
  session.Finish();
  return 0;
}
