#include "sensord/analyzers/http2_analyzer.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline::http2 {
namespace {

constexpr uint32_t kMaxBlockFrames = 32;
constexpr UnixNanos kFloodTime = 10 * kSecondNanos;
constexpr uint32_t kMaxResets = 100;
constexpr uint32_t kMaxControl = 1000;

// Counts one more of what happened since *since; true when that is over `most`
// within kFloodTime.
bool IsFlood(uint32_t most, UnixNanos clock, uint32_t* count,
             UnixNanos* since) {
  if (clock - *since > kFloodTime) {
    *since = clock;
    *count = 0;
  }
  return ++*count > most;
}

// Whether all of the payload has to be there to read it.
bool IsRead(uint8_t type) {
  return type == kHeaders || type == kContinuation || type == kPushPromise ||
         type == kRstStream;
}

}  // namespace

Next Http2Analyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  if (!sided_) {
    sided_ = true;
    client_is_originator_ =
        absl::StartsWith(kPreface, segment.text().substr(0, kPreface.size())) ==
        segment.from_originator;
  }
  Side& side = SideOf(segment.from_originator);
  Bytes all = side.stopped ? Bytes() : side.buffer.Add(segment.bytes);
  while (!all.empty() && !side.stopped &&
         Step(side, &all, segment.clock, out)) {
  }
  if (wrong_) return Want::kWrong;
  if (side.stopped) all = Bytes();
  side.buffer.Keep(all);
  return Settled(out);
}

bool Http2Analyzer::TakePreface(Bytes* all, AnalyzerOutput& out) {
  if (all->size() < kPreface.size()) return false;
  preface_seen_ = true;
  if (!absl::StartsWith(TextOf(*all), kPreface)) {
    wrong_ = !identified_;
    Stop(client_, wrong_ ? nullptr : "http2.malformed", out);
    return true;
  }
  all->remove_prefix(kPreface.size());
  return true;
}

bool Http2Analyzer::Step(Side& side, Bytes* all, UnixNanos clock,
                         AnalyzerOutput& out) {
  if (side.left > 0) {
    const size_t taken = std::min<size_t>(side.left, all->size());
    side.left -= static_cast<uint32_t>(taken);
    all->remove_prefix(taken);
    if (!side.in_data) return true;
    streams_.OnBody(side.data.stream, IsClient(side), taken, clock);
    if (side.left == 0) EndData(side, out);
    return true;
  }
  if (IsClient(side) && !preface_seen_) return TakePreface(all, out);
  if (all->size() < kFrameHeaderBytes) return false;
  const FrameHeader frame = ReadFrameHeader(all->data());
  // RFC 9113 3.4: settings come first; 6.10: a block goes on at once.
  if (!IsPlausible(frame) || (side.first_frame && frame.type != kSettings) ||
      (side.block_stream != 0) != (frame.type == kContinuation)) {
    Stop(side, "http2.malformed", out);
    return true;
  }
  return BeginFrame(side, frame, all, clock, out);
}

bool Http2Analyzer::BeginFrame(Side& side, const FrameHeader& frame, Bytes* all,
                               UnixNanos clock, AnalyzerOutput& out) {
  if (IsRead(frame.type)) {
    if (frame.length > kMaxFrame) {
      Stop(side, "http2.malformed", out);
      return true;
    }
    if (all->size() < kFrameHeaderBytes + frame.length) return false;
    OnFrame(side, frame, all->subspan(kFrameHeaderBytes, frame.length), clock,
            out);
    all->remove_prefix(kFrameHeaderBytes + frame.length);
    return true;
  }
  const bool padded =
      frame.type == kData && frame.Has(kPadded) && frame.length > 0;
  if (padded && all->size() == kFrameHeaderBytes) return false;
  side.padding = padded ? (*all)[kFrameHeaderBytes] : 0;
  side.left = frame.length;
  side.in_data = frame.type == kData;
  side.data = frame;
  side.first_frame = false;
  all->remove_prefix(kFrameHeaderBytes);
  const bool control = frame.type == kSettings || frame.type == kPing ||
                       (side.in_data && frame.length == 0);
  if (control && !frame.Has(kAck)) CountControl(side, clock, out);
  if (frame.type == kSettings && !identified_) {
    identified_ = true;
    out.Identify(Protocol::kHttp2, ProtocolBasis::kDecoded, 100);
  }
  if (side.in_data && side.left == 0) EndData(side, out);
  return true;
}

void Http2Analyzer::EndData(Side& side, AnalyzerOutput& out) {
  side.in_data = false;
  const bool padded = side.data.Has(kPadded) && side.data.length > 0;
  if (padded) {
    streams_.TakeBack(side.data.stream, IsClient(side), side.padding + 1u);
  }
  if (side.data.Has(kEndStream)) {
    streams_.OnEndStream(side.data.stream, IsClient(side), out);
  }
}

void Http2Analyzer::OnFrame(Side& side, const FrameHeader& frame, Bytes payload,
                            UnixNanos clock, AnalyzerOutput& out) {
  if (frame.type == kRstStream) {
    OnReset(side, frame.stream, LoadBig32(payload.data()), clock, out);
    return;
  }
  if (frame.type == kContinuation) {
    if (frame.stream != side.block_frame.stream) {
      Stop(side, "http2.malformed", out);
      return;
    }
    OnBlockPart(side, frame, payload, clock, out);
    return;
  }
  if (!StripPadding(frame, &payload)) {
    Stop(side, "http2.malformed", out);
    return;
  }
  side.block_frame = frame;
  side.block_stream = frame.stream;
  if (frame.type == kPushPromise) {
    if (IsClient(side) || payload.size() < 4) {
      Stop(side, "http2.malformed", out);
      return;
    }
    side.block_stream = LoadBig32(payload.data()) & 0x7fffffff;
    payload.remove_prefix(4);
  }
  side.block_frames = 0;
  OnBlockPart(side, frame, payload, clock, out);
}

void Http2Analyzer::OnBlockPart(Side& side, const FrameHeader& frame,
                                Bytes payload, UnixNanos clock,
                                AnalyzerOutput& out) {
  if (side.block_stream == 0) {
    Stop(side, "http2.malformed", out);
    return;
  }
  const bool whole = side.block_frames == 0 && frame.Has(kEndHeaders);
  if (!whole) {
    if (++side.block_frames > kMaxBlockFrames ||
        side.block.size() + payload.size() > kMaxBlock) {
      Stop(side, "http2.continuation_flood", out);
      return;
    }
    const absl::string_view text = TextOf(payload);
    side.block.append(text.data(), text.size());
    if (!frame.Has(kEndHeaders)) return;
    const absl::string_view block = side.block;
    payload = {reinterpret_cast<const uint8_t*>(block.data()), block.size()};
  }
  const uint32_t stream = side.block_stream;
  side.block_stream = 0;
  OnBlock(side, side.block_frame, stream, payload, clock, out);
  std::string().swap(side.block);
}

void Http2Analyzer::OnBlock(Side& side, const FrameHeader& frame,
                            uint32_t stream, Bytes block, UnixNanos clock,
                            AnalyzerOutput& out) {
  FieldBlock fields;
  const bool decoded = side.hpack.Decode(
      block, [&fields](absl::string_view name, absl::string_view value) {
        fields.Add(name, value);
      });
  if (fields.too_large) out.Anomaly("http2.header_list_too_large");
  if (!decoded) {
    Stop(side, "http2.hpack_error", out);
    return;
  }
  const bool pushed = frame.type == kPushPromise;
  if (IsClient(side) || pushed) {
    streams_.OnRequestFields(stream, fields, clock, out);
  } else {
    streams_.OnResponseFields(stream, fields, clock, out);
  }
  if (streams_.grpc() && !told_grpc_) {
    told_grpc_ = true;
    out.Upgrade();
    out.Identify(Protocol::kGrpc, ProtocolBasis::kDecoded, 100);
  }
  // A promised request has no body (RFC 9113 8.4).
  if (pushed || frame.Has(kEndStream)) {
    streams_.OnEndStream(stream, IsClient(side) || pushed, out);
  }
}

void Http2Analyzer::OnReset(const Side& side, uint32_t stream, uint32_t code,
                            UnixNanos clock, AnalyzerOutput& out) {
  const bool early = streams_.OnReset(stream, ErrorName(code), out);
  if (early && IsClient(side) &&
      IsFlood(kMaxResets, clock, &resets_, &resets_since_)) {
    out.Anomaly("http2.rapid_reset");
  }
}

void Http2Analyzer::CountControl(Side& side, UnixNanos clock,
                                 AnalyzerOutput& out) {
  if (IsFlood(kMaxControl, clock, &side.control_frames, &side.control_since)) {
    out.Anomaly("http2.control_flood");
  }
}

void Http2Analyzer::Stop(Side& side, const char* anomaly, AnalyzerOutput& out) {
  if (anomaly != nullptr) out.Anomaly(anomaly);
  side.stopped = true;
  std::string().swap(side.block);
}

Next Http2Analyzer::Settled(AnalyzerOutput& out) {
  if (!client_.stopped || !server_.stopped) return Want::kMore;
  streams_.TellAll(out);
  return Want::kDone;
}

Next Http2Analyzer::OnGap(bool from_originator, uint64_t bytes,
                          AnalyzerOutput& out) {
  if (!sided_) return Want::kDone;
  Side& side = SideOf(from_originator);
  if (side.stopped) return Want::kMore;
  if (side.left < bytes) {
    Stop(side, nullptr, out);
    return Settled(out);
  }
  side.left -= static_cast<uint32_t>(bytes);
  if (!side.in_data) return Want::kMore;
  streams_.OnHole(side.data.stream, IsClient(side));
  if (side.left == 0) EndData(side, out);
  return Want::kMore;
}

size_t Http2Analyzer::MemoryBytes() const {
  size_t bytes = sizeof(*this) + streams_.MemoryBytes();
  for (const Side* side : {&client_, &server_}) {
    bytes += side->buffer.MemoryBytes() + side->hpack.MemoryBytes() +
             side->block.capacity();
  }
  return bytes;
}

}  // namespace tapline::http2
