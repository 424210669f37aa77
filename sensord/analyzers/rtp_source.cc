#include "sensord/analyzers/rtp_source.h"

#include <cstdlib>

#include "sensord/event/fields/rtp.h"

namespace tapline::rtp {
namespace {

namespace field = fields::rtp;

// A step of sequence numbers that losses and reordering explain.
constexpr int kMaxStep = 256;
constexpr int kMaxBack = -64;
// Ten seconds of the fastest usual clock.
constexpr int32_t kMaxTimeStep = 900'000;

}  // namespace

bool RtpSource::Add(const RtpPacket& packet, UnixNanos clock) {
  const auto step = static_cast<int16_t>(packet.sequence - highest_);
  const auto time = static_cast<int32_t>(packet.timestamp - timestamp_);
  ++packets_;
  payload_bytes_ += packet.payload_bytes;
  if (packets_ == 1) {
    first_ = last_ = clock;
    type_ = packet.type;
    highest_ = packet.sequence;
    timestamp_ = packet.timestamp;
    return true;
  }
  const bool goes_on = step != 0 && step <= kMaxStep && step >= kMaxBack &&
                       time <= kMaxTimeStep && time >= -kMaxTimeStep;
  if (step > 0) {
    // The clock of one type says nothing about that of another.
    if (packet.type == type_) AddJitter(packet, clock);
    extent_ += static_cast<uint64_t>(step);
    highest_ = packet.sequence;
    timestamp_ = packet.timestamp;
    type_ = packet.type;
    last_ = clock;
  } else {
    ++reordered_;
  }
  hits_ += goes_on ? 1 : 0;
  return goes_on;
}

void RtpSource::AddJitter(const RtpPacket& packet, UnixNanos clock) {
  const uint32_t rate = ClockRate(packet.type);
  if (rate == 0) return;
  const auto sent = static_cast<int32_t>(packet.timestamp - timestamp_);
  const UnixNanos passed = clock - last_;
  // A pause says nothing.
  if (passed < 0 || passed > 10 * kSecondNanos) return;
  const int64_t arrived = passed * static_cast<int64_t>(rate) / kSecondNanos;
  // RFC 3550 A.8.
  const int64_t difference = std::abs(arrived - sent);
  jitter16_ += difference - (jitter16_ + 8) / 16;
}

void RtpSource::Tell(AnalyzerOutput& out) const {
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kSsrc, ssrc_);
  event.Set(field::kFromResponder, !from_originator_);
  if (packets_ > 0) {
    event.Set(field::kPayloadType, type_);
    event.Set(field::kEncoding, EncodingName(type_));
    event.Set(field::kPackets, packets_);
    event.Set(field::kPayloadBytes, payload_bytes_);
    const uint64_t expected = extent_ + 1;
    event.Set(field::kLost, expected > packets_ ? expected - packets_ : 0);
    event.Set(field::kReordered, reordered_);
    const uint32_t rate = ClockRate(type_);
    if (rate != 0) {
      const auto jitter = static_cast<uint64_t>(jitter16_ / 16);
      event.Set(field::kJitterNs, jitter * kSecondNanos / rate);
    }
    event.Set(field::kFirstTime, first_);
    event.Set(field::kLastTime, last_);
  }
  event.Set(field::kRtcpPackets, rtcp_packets_);
  event.Set(field::kReportedPackets, reported_packets_);
  event.Set(field::kReportedLost, reported_lost_);
  event.Set(field::kLeft, left_);
}

}  // namespace tapline::rtp
