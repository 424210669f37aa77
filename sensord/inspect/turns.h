// Follow stream (D19): who sent how much, when, in turns.

#ifndef TAPLINE_SENSORD_INSPECT_TURNS_H_
#define TAPLINE_SENSORD_INSPECT_TURNS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "sensord/decode/packet.h"
#include "tapline/v1/turn.pb.h"

namespace tapline {

// Takes the packets of one flow in the order they were seen.
// Thread safety: single-threaded.
class TurnBuilder {
 public:
  static constexpr size_t kMaxTurns = 10'000;
  static constexpr size_t kPreviewBytes = 512;
  // Past these, what fills a hole counts as sent again.
  static constexpr size_t kMaxHoles = 64;

  // `previews`: the payload may be shown. A preview that is not all of the turn
  // ends in "... (1234 more bytes)". Text stays readable, of binary data all
  // but printable ASCII is \xHH.
  explicit TurnBuilder(bool previews) : previews_(previews) {}

  void Add(const Packet& packet, bool from_originator);

  // False after kMaxTurns: what came then is not in them.
  bool complete() const { return complete_; }
  uint64_t packets() const { return packets_; }
  std::vector<v1::Turn> Take();

 private:
  // Sequence numbers of bytes that were not seen, [begin, end).
  struct Hole {
    uint32_t begin;
    uint32_t end;
  };
  struct Side {
    bool seen = false;
    // The sequence number behind the highest byte seen.
    uint32_t next = 0;
    // Before it.
    std::vector<Hole> holes;
  };
  // Of a packet's payload.
  struct Part {
    uint32_t offset = 0;
    uint32_t size = 0;
  };

  // The payload bytes of the packet that were not counted yet.
  static Part NewPart(const Packet& packet, Side& side);
  static Part FillHole(uint32_t begin, uint32_t size, Side& side);
  void Preview(const Packet& packet, const Part& part);
  void Finish();

  const bool previews_;
  bool complete_ = true;
  uint64_t packets_ = 0;
  // [0] of the originator.
  Side sides_[2];
  std::vector<v1::Turn> turns_;
  // Of the last turn, in the order they came.
  std::string bytes_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_TURNS_H_
