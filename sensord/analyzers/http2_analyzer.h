// One HTTP/2 connection: its frames, one direction each.

#ifndef TAPLINE_SENSORD_ANALYZERS_HTTP2_ANALYZER_H_
#define TAPLINE_SENSORD_ANALYZERS_HTTP2_ANALYZER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "sensord/analyzers/analyzer.h"
#include "sensord/analyzers/hpack.h"
#include "sensord/analyzers/http2_frame.h"
#include "sensord/analyzers/http2_streams.h"
#include "sensord/analyzers/stream_buffer.h"

namespace tapline::http2 {

// http2.h says what it tells.
class Http2Analyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override { streams_.TellAll(out); }
  size_t MemoryBytes() const override;

 private:
  // Frames that are read as a whole are not longer.
  static constexpr size_t kMaxFrame = 32 << 10;
  static constexpr size_t kMaxBlock = 48 << 10;

  struct Side {
    StreamBuffer buffer{kFrameHeaderBytes + kMaxFrame};
    HpackDecoder hpack{KnownField};
    // Bytes of the frame at hand that are stepped over; of DATA if data is.
    uint32_t left = 0;
    bool in_data = false;
    FrameHeader data;
    uint8_t padding = 0;
    // Only counted.
    bool stopped = false;
    bool first_frame = true;
    // A header block that goes on in the next frame; stream 0: none.
    FrameHeader block_frame;
    uint32_t block_stream = 0;
    uint32_t block_frames = 0;
    std::string block;
    // Frames that cost the other end work, since then.
    uint32_t control_frames = 0;
    UnixNanos control_since = 0;
  };

  Side& SideOf(bool from_originator) {
    return from_originator == client_is_originator_ ? client_ : server_;
  }
  bool IsClient(const Side& side) const { return &side == &client_; }
  // Takes one step at the front of *all; false when more bytes are needed.
  bool Step(Side& side, Bytes* all, UnixNanos clock, AnalyzerOutput& out);
  bool BeginFrame(Side& side, const FrameHeader& frame, Bytes* all,
                  UnixNanos clock, AnalyzerOutput& out);
  bool TakePreface(Bytes* all, AnalyzerOutput& out);
  void OnFrame(Side& side, const FrameHeader& frame, Bytes payload,
               UnixNanos clock, AnalyzerOutput& out);
  void OnBlockPart(Side& side, const FrameHeader& frame, Bytes payload,
                   UnixNanos clock, AnalyzerOutput& out);
  // A whole header block; `frame` began it.
  void OnBlock(Side& side, const FrameHeader& frame, uint32_t stream,
               Bytes block, UnixNanos clock, AnalyzerOutput& out);
  void OnReset(const Side& side, uint32_t stream, uint32_t code,
               UnixNanos clock, AnalyzerOutput& out);
  void EndData(Side& side, AnalyzerOutput& out);
  void CountControl(Side& side, UnixNanos clock, AnalyzerOutput& out);
  void Stop(Side& side, const char* anomaly, AnalyzerOutput& out);
  Next Settled(AnalyzerOutput& out);

  Side client_;
  Side server_;
  Http2Streams streams_;
  bool sided_ = false;
  bool client_is_originator_ = true;
  bool preface_seen_ = false;
  bool wrong_ = false;
  bool identified_ = false;
  bool told_grpc_ = false;
  uint32_t resets_ = 0;
  UnixNanos resets_since_ = 0;
};

}  // namespace tapline::http2

#endif  // TAPLINE_SENSORD_ANALYZERS_HTTP2_ANALYZER_H_
