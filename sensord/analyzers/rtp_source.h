// One source of RTP packets: whether they go on as they should, and what of
// them arrived.

#ifndef TAPLINE_SENSORD_ANALYZERS_RTP_SOURCE_H_
#define TAPLINE_SENSORD_ANALYZERS_RTP_SOURCE_H_

#include <cstdint>

#include "sensord/analyzers/rtp_packet.h"
#include "sensord/event/event_writer.h"
#include "sensord/flow/payload_analyzer.h"

namespace tapline::rtp {

// Thread safety: single-threaded.
class RtpSource {
 public:
  RtpSource(uint32_t ssrc, bool from_originator)
      : ssrc_(ssrc), from_originator_(from_originator) {}

  bool Is(uint32_t ssrc, bool from_originator) const {
    return ssrc == ssrc_ && from_originator == from_originator_;
  }
  // Whether it goes on from the packets before.
  bool Add(const RtpPacket& packet, UnixNanos clock);
  // Packets that went on as they should.
  uint32_t hits() const { return hits_; }
  uint64_t packets() const { return packets_; }

  // Of RTCP.
  void AddRtcp() { ++rtcp_packets_; }
  void SetReportedPackets(uint32_t packets) { reported_packets_ = packets; }
  void SetReportedLost(uint32_t packets) { reported_lost_ = packets; }
  void SetLeft() { left_ = true; }

  void Tell(AnalyzerOutput& out) const;

 private:
  void AddJitter(const RtpPacket& packet, UnixNanos clock);

  const uint32_t ssrc_;
  const bool from_originator_;
  bool left_ = false;
  uint8_t type_ = 0;
  uint16_t highest_ = 0;
  uint32_t hits_ = 0;
  uint32_t timestamp_ = 0;
  // Sequence numbers from the first to the highest, less one.
  uint64_t extent_ = 0;
  uint64_t packets_ = 0;
  uint64_t payload_bytes_ = 0;
  uint64_t reordered_ = 0;
  // In units of the clock, times 16.
  int64_t jitter16_ = 0;
  UnixNanos first_ = 0;
  UnixNanos last_ = 0;
  uint64_t rtcp_packets_ = 0;
  uint32_t reported_packets_ = 0;
  uint32_t reported_lost_ = 0;
};

}  // namespace tapline::rtp

#endif  // TAPLINE_SENSORD_ANALYZERS_RTP_SOURCE_H_
