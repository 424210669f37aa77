// Writes the packets of a flow: handshakes, turns, data trains.
#ifndef TAPLINE_TESTS_BENCH_TRAFFIC_SCRIPT_H_
#define TAPLINE_TESTS_BENCH_TRAFFIC_SCRIPT_H_

#include <cstdint>
#include <string_view>

#include "tests/bench/traffic/flow.h"
#include "tests/bench/traffic/rng.h"

namespace tapline::bench {

// Appends to the steps of one flow. Times follow a round trip drawn per flow:
// half of it passes whenever the direction turns.
class Script {
 public:
  Script(Flow& flow, Rng& rng);

  // SYN, SYN-ACK, ACK.
  void Open();
  // FIN-ACK, FIN-ACK, ACK, begun by `from`.
  void Close(int from);
  // One packet, for TCP with the given flags.
  void Packet(int from, uint8_t flags, std::string_view payload = {},
              uint16_t fill = 0);
  // A message of `payload` and `fill` noise bytes, cut into segments; for TCP
  // the other side acknowledges every second segment and the last.
  void Message(int from, std::string_view payload, uint32_t fill = 0);
  // `packets` packets of data at IMIX sizes 7:4:1 (60, 590 and 1514 bytes
  // frames), acknowledgements included. `prefix` makes the first bytes of a
  // train of `bytes` bytes (a record or message header); may be null.
  void Imix(uint32_t packets, void (*prefix)(std::string& out, uint32_t bytes));
  // TCP bytes that no frame of the file carries.
  void Lose(int from, uint16_t bytes);
  // Lets the next packet wait this long.
  void Wait(uint32_t us) { wait_us_ += us; }

  Rng& rng() { return rng_; }

 private:
  // Payload bytes that fit one packet.
  uint16_t Room() const;
  uint16_t ImixSize();
  uint32_t Delay(int from);
  void Train(int from, uint32_t segments, uint32_t acks,
             void (*prefix)(std::string&, uint32_t));

  Flow& flow_;
  Rng& rng_;
  uint32_t rtt_us_;
  uint32_t wait_us_ = 0;
  int last_ = 0;
};

}  // namespace tapline::bench

#endif  // TAPLINE_TESTS_BENCH_TRAFFIC_SCRIPT_H_
