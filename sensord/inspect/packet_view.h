// Records and packets of frames that were kept, by decoding them again.

#ifndef TAPLINE_SENSORD_INSPECT_PACKET_VIEW_H_
#define TAPLINE_SENSORD_INSPECT_PACKET_VIEW_H_

#include <cstddef>
#include <vector>

#include "sensord/decode/decoder.h"
#include "sensord/journal/record_builder.h"
#include "sensord/pipeline/packet_ring.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

// Thread safety: single-threaded.
class PacketView {
 public:
  explicit PacketView(Origin origin);

  // Of a frame without a decoded packet (a fragment, what nobody knows), only
  // its time and size.
  v1::Record RecordOf(const KeptFrame& kept);
  // Outermost first, valid until the next call. Each frame by itself: pieces
  // of datagrams are not joined.
  const std::vector<Packet>& PacketsOf(const KeptFrame& kept);
  // Bytes of the frame before the innermost payload; 0 when nobody knows.
  size_t HeadersOf(const KeptFrame& kept);
  // Of the packets.
  const ContextTable& contexts() const { return contexts_; }

 private:
  ContextTable contexts_;
  Decoder decoder_;
  RecordBuilder builder_;
  FrameBatch batch_;
  DecodedBatch decoded_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_PACKET_VIEW_H_
