// Follow stream (D19): who sent how much, when, in turns.

#ifndef TAPLINE_SENSORD_INSPECT_TURNS_H_
#define TAPLINE_SENSORD_INSPECT_TURNS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/redact/payload_guard.h"
#include "sensord/decode/packet.h"
#include "sensord/inspect/turn_preview.h"
#include "tapline/v1/turn.pb.h"

namespace tapline {

// Takes the packets of one flow in the order they were seen. What comes out of
// order counts where it belongs in the stream: also in an earlier turn.
// Thread safety: single-threaded.
class TurnBuilder {
 public:
  static constexpr size_t kMaxTurns = 10'000;
  // Past these, what fills a hole counts as sent again.
  static constexpr size_t kMaxHoles = 64;

  // With a guard (whose client is the originator) the payload may be shown, as
  // far as that lets it.
  explicit TurnBuilder(std::unique_ptr<PayloadGuard> guard = nullptr)
      : guard_(std::move(guard)) {}

  void Add(const Packet& packet, bool from_originator);
  // For a closer look at one packet: the guard's flags of its payload as far as
  // that is captured, once it was added. Before any Add.
  void Watch(uint64_t ordinal) { watched_ = ordinal; }
  const std::string& watched_flags() const { return watched_flags_; }

  // False after kMaxTurns: what came then is not in them.
  bool complete() const { return complete_; }
  uint64_t packets() const { return packets_; }
  std::vector<v1::Turn> Take();

 private:
  // Bytes of a stream that were not seen, [begin, end), within a turn.
  struct Hole {
    int64_t begin;
    int64_t end;
    size_t turn;
  };
  // Positions of a stream count from the first byte seen, from anywhere:
  // sequence numbers wrap.
  struct Side {
    bool seen = false;
    // Of what was seen: the first position, and that behind the last.
    int64_t low = 0;
    int64_t next = 0;
    // The sequence number of `next`.
    uint32_t sequence = 0;
    // What comes may lie before `low`: the beginning was not seen, and the
    // other side did not answer.
    bool front_open = false;
    size_t first_turn = 0;
    std::vector<Hole> holes;
  };

  // The position of the packet's first byte. Opens the side.
  int64_t Place(const Packet& packet, bool from_originator);
  // These take of a payload at `begin` what is new: in holes, before all that
  // was seen (false when it is not), and behind it, into the last turn.
  void FillHoles(const Packet& packet, int64_t begin, Side& side);
  bool Prepend(const Packet& packet, int64_t begin, Side& side);
  void Extend(const Packet& packet, int64_t begin, bool from_originator);

  // Whether the last turn is the sender's.
  bool IsLast(v1::Sender sender) const {
    return !turns_.empty() && turns_.back().sender() == sender;
  }
  // False when there is no room.
  bool Open(const Packet& packet, v1::Sender sender, int64_t position);
  // The bytes in [from, to) of a packet whose payload is at `begin`. `late`:
  // they stand before others that were taken.
  void Take(const Packet& packet, int64_t begin, int64_t from, int64_t to,
            size_t turn, bool late);
  // Previews them, as far as they are captured.
  void Show(const Packet& packet, size_t offset, size_t size, int64_t position,
            size_t turn, bool late);
  std::string FlagsOf(const Packet& packet, absl::string_view bytes,
                      bool from_originator, bool late, bool wanted);
  // Bytes that the guard will not see; 0: it is not known how many.
  void Miss(bool from_originator, uint64_t bytes) {
    if (guard_ != nullptr) guard_->Gap(from_originator, bytes);
  }
  void Count(const Packet& packet, bool repeated, size_t turn);

  const std::unique_ptr<PayloadGuard> guard_;
  uint64_t watched_ = UINT64_MAX;
  std::string watched_flags_;
  bool complete_ = true;
  uint64_t packets_ = 0;
  // [0] of the originator.
  Side sides_[2];
  std::vector<v1::Turn> turns_;
  // Of each turn: the positions it covers, and with previews what is shown.
  struct Span {
    int64_t begin;
    int64_t end;
  };
  std::vector<Span> spans_;
  std::vector<TurnPreview> shown_;
  // Turns that took of the packet at hand.
  std::vector<size_t> touched_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_TURNS_H_
