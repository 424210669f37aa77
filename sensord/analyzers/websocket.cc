#include "sensord/analyzers/websocket.h"

#include <algorithm>

#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/websocket.h"

namespace tapline::websocket {
namespace {

namespace field = fields::websocket;
namespace side_field = fields::websocket_side;

// RFC 6455 5.2 and 5.5.
enum Opcode : uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};
constexpr size_t kMaxHeader = 14;
constexpr uint64_t kMaxControl = 125;
constexpr uint32_t kNoStatus = 1005;

struct Counts {
  uint64_t frames[16] = {};
  uint64_t bytes = 0;
  uint32_t close_code = 0;
  bool compressed = false;
};

// One direction: headers are gathered byte by byte, payloads stepped over.
class FrameWalk {
 public:
  explicit FrameWalk(bool client) : client_(client) {}

  // Takes all of `bytes`.
  void Take(Bytes bytes, AnalyzerOutput& out) {
    while (!bytes.empty() && !stopped_ && !closed_) {
      if (left_ > 0) {
        const size_t taken = std::min<uint64_t>(left_, bytes.size());
        if (opcode_ == kClose) TakeCloseCode(bytes.first(taken));
        left_ -= taken;
        bytes.remove_prefix(taken);
        if (left_ == 0) EndFrame();
        continue;
      }
      header_[held_++] = bytes.front();
      bytes.remove_prefix(1);
      if (held_ >= 2 && held_ == HeaderSize()) BeginFrame(out);
    }
  }
  // False: what follows is not known to be a frame.
  bool Skip(uint64_t bytes) {
    if (stopped_ || closed_) return true;
    if (bytes > left_ || opcode_ == kClose) {
      stopped_ = true;
      return false;
    }
    left_ -= bytes;
    if (left_ == 0) EndFrame();
    return true;
  }

  bool stopped() const { return stopped_; }
  bool closed() const { return closed_; }
  const Counts& counts() const { return counts_; }

 private:
  size_t HeaderSize() const {
    const uint8_t length = header_[1] & 0x7f;
    return 2 +
           (length == 127   ? 8
            : length == 126 ? 2
                            : 0) +
           ((header_[1] & 0x80) != 0 ? 4 : 0);
  }
  // 64-bit length; false when it is not the shortest form or has the top bit.
  bool ReadLength();
  void BeginFrame(AnalyzerOutput& out);
  void EndFrame();
  void TakeCloseCode(Bytes bytes);

  const bool client_;
  bool stopped_ = false;
  bool closed_ = false;
  // A message goes on in the next frame.
  bool in_message_ = false;
  uint8_t held_ = 0;
  uint8_t opcode_ = 0;
  uint8_t close_bytes_ = 0;
  uint8_t header_[kMaxHeader] = {};
  // Of the payload.
  uint64_t left_ = 0;
  Counts counts_;
};

bool FrameWalk::ReadLength() {
  const uint8_t length = header_[1] & 0x7f;
  left_ = length;
  if (length == 126) {
    left_ = LoadBig16(header_ + 2);
    return left_ > 125;
  }
  if (length == 127) {
    left_ = uint64_t{LoadBig32(header_ + 2)} << 32 | LoadBig32(header_ + 6);
    return left_ > 0xffff && left_ >> 63 == 0;
  }
  return true;
}

void FrameWalk::BeginFrame(AnalyzerOutput& out) {
  const bool final = (header_[0] & 0x80) != 0;
  const bool masked = (header_[1] & 0x80) != 0;
  opcode_ = header_[0] & 0x0f;
  const bool control = opcode_ >= kClose;
  const bool shortest = ReadLength();
  // The first reserved bit is permessage-deflate's (RFC 7692 6).
  const bool reserved = (header_[0] & 0x30) != 0 ||
                        (opcode_ > kBinary && opcode_ < kClose) ||
                        opcode_ > kPong;
  if (reserved || !shortest || (control && (!final || left_ > kMaxControl))) {
    out.Anomaly("websocket.malformed");
    stopped_ = true;
    return;
  }
  if (masked != client_) out.Anomaly("websocket.masking");
  if (!control) {
    if ((opcode_ == kContinuation) != in_message_) {
      out.Anomaly("websocket.fragments");
    }
    in_message_ = !final;
  }
  ++counts_.frames[opcode_];
  counts_.bytes += left_;
  counts_.compressed |= (header_[0] & 0x40) != 0;
  close_bytes_ = 0;
  if (opcode_ == kClose) counts_.close_code = left_ < 2 ? kNoStatus : 0;
  if (left_ == 0) EndFrame();
}

void FrameWalk::TakeCloseCode(Bytes bytes) {
  for (const uint8_t byte : bytes) {
    if (close_bytes_ == 2) return;
    if (counts_.close_code == kNoStatus) return;
    const uint8_t* mask = header_ + held_ - 4;
    const uint8_t plain =
        (header_[1] & 0x80) != 0 ? byte ^ mask[close_bytes_] : byte;
    counts_.close_code = counts_.close_code << 8 | plain;
    ++close_bytes_;
  }
}

void FrameWalk::EndFrame() {
  closed_ = opcode_ == kClose;
  held_ = 0;
}

class WebsocketAnalyzer final : public Analyzer {
 public:
  explicit WebsocketAnalyzer(bool client_is_originator)
      : client_is_originator_(client_is_originator) {}

  Next OnData(const Segment& segment, AnalyzerOutput& out) override {
    Identified(out);
    WalkOf(segment.from_originator).Take(segment.bytes, out);
    return Settled(out);
  }
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override {
    WalkOf(from_originator).Skip(bytes);
    return Settled(out);
  }
  void OnEnd(AnalyzerOutput& out) override { Tell(out); }
  size_t MemoryBytes() const override { return sizeof(*this); }

 private:
  FrameWalk& WalkOf(bool from_originator) {
    return from_originator == client_is_originator_ ? client_ : server_;
  }
  void Identified(AnalyzerOutput& out) {
    if (!identified_) {
      out.Identify(Protocol::kWebsocket, ProtocolBasis::kDecoded, 100);
    }
    identified_ = true;
  }
  static bool IsOver(const FrameWalk& walk) {
    return walk.stopped() || walk.closed();
  }
  Next Settled(AnalyzerOutput& out) {
    if (!IsOver(client_) || !IsOver(server_)) return Want::kMore;
    Tell(out);
    return Want::kDone;
  }
  void Tell(AnalyzerOutput& out) const {
    EventWriter event = out.NewEvent(field::kEvent);
    event.Open(field::kClient);
    TellSide(client_.counts(), event);
    event.Close();
    event.Open(field::kServer);
    TellSide(server_.counts(), event);
    event.Close();
    event.Set(field::kClosedCleanly, client_.closed() && server_.closed());
  }
  static void TellSide(const Counts& counts, EventWriter& event) {
    event.Set(side_field::kTextFrames, counts.frames[kText]);
    event.Set(side_field::kBinaryFrames, counts.frames[kBinary]);
    event.Set(side_field::kContinuationFrames, counts.frames[kContinuation]);
    event.Set(side_field::kPings, counts.frames[kPing]);
    event.Set(side_field::kPongs, counts.frames[kPong]);
    event.Set(side_field::kPayloadBytes, counts.bytes);
    event.Set(side_field::kCloseCode, counts.close_code);
    event.Set(side_field::kCompressed, counts.compressed);
  }

  const bool client_is_originator_;
  bool identified_ = false;
  FrameWalk client_{true};
  FrameWalk server_{false};
};

// Frames have nothing that only they have: the Upgrade decides.
Match Probe(const Opening& /*opening*/) { return Match::kNo; }

template <bool kClientIsOriginator>
std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<WebsocketAnalyzer>(kClientIsOriginator);
}

constexpr AnalyzerUnit UnitOf(
    std::unique_ptr<Analyzer> (*open)(const FlowIdentity& flow)) {
  return {.protocol = Protocol::kWebsocket,
          .tcp = true,
          .ports = {},
          .probe = Probe,
          .open = open};
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = UnitOf(Open<true>);
  return kUnit;
}

const AnalyzerUnit& UnitFor(bool client_is_originator) {
  static constexpr AnalyzerUnit kReversed = UnitOf(Open<false>);
  return client_is_originator ? Unit() : kReversed;
}

}  // namespace tapline::websocket
