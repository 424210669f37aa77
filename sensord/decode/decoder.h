// From frames to packets: link layers, VLANs, MPLS, PPPoE, IP, fragments,
// tunnels, transports. No allocation, lock or virtual call per packet.
//
// Fragments are joined here, before dispatch to workers, because only the whole
// datagram shows the flow (of a tunnelled one, the inner addresses) that
// decides the shard. One decoder serves one source.

#ifndef TAPLINE_SENSORD_DECODE_DECODER_H_
#define TAPLINE_SENSORD_DECODE_DECODER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/ledger/ledger.h"
#include "sensord/capture/frame.h"
#include "sensord/decode/context.h"
#include "sensord/decode/packet.h"

namespace tapline {

// Every malformed or ambiguous condition has a name and an exact counter; one
// line each in anomalies.def.
enum class Anomaly : uint8_t {
#define ANOMALY(id, name, drops) k##id,
#include "sensord/decode/anomalies.def"
#undef ANOMALY
  kCount,
};

// "ip.bad_header_length".
const char* AnomalyName(Anomaly anomaly);

struct DecoderOptions {
  size_t fragment_bytes = 4 << 20;
  UnixNanos fragment_timeout = 30 * kSecondNanos;
  // Verify TCP and UDP checksums of whole captured packets: kMarkBadChecksum
  // and a counter. Off: offload makes the capture of the own host's packets
  // wrong.
  bool verify_checksums = false;
  // Frames whose bytes were seen no longer ago are dropped and counted; 0: none.
  UnixNanos duplicate_window = 0;
  // Secret of all hashes; random per process, fixed in tests.
  uint64_t seed[2] = {0, 0};
};

// frames = decoded + sum(dropped) + held. Thread safety: readable from any.
struct DecodeCounters {
  Counter frames;
  // Gave at least one packet, or are a known kind without flows (LLDP, ...).
  Counter decoded;
  // Fragments waiting for their datagram.
  Counter held;
  // By the anomaly that ended the frame.
  std::array<Counter, static_cast<size_t>(Anomaly::kCount)> dropped;
  // Occurrences, also of conditions that do not drop the frame.
  std::array<Counter, static_cast<size_t>(Anomaly::kCount)> anomalies;
};

class Decoder {
 public:
  // `contexts` must outlive the decoder.
  Decoder(const DecoderOptions& options, ContextTable& contexts);
  ~Decoder();

  // Decodes every frame of `frames` into `out` (cleared first). Fragments that
  // timed out by the batch's clock are dropped and counted.
  void Decode(const FrameBatch& frames, DecodedBatch& out);

  // At the end of input: drops what is held, as "ip.fragment_incomplete".
  void Finish();

  const DecodeCounters& counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DECODE_DECODER_H_
