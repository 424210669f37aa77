#include "sensord/analyzers/rtp.h"

#include <memory>
#include <vector>

#include "sensord/analyzers/rtp_packet.h"
#include "sensord/analyzers/rtp_source.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline::rtp {
namespace {

constexpr size_t kMaxSources = 8;
// Packets in a row from one source that prove it.
constexpr uint32_t kProof = 3;
// Packets by which there has to be proof.
constexpr uint32_t kMaxPackets = 12;
// Packets that go on from nothing before the proof.
constexpr uint32_t kMaxStrangers = 4;
constexpr size_t kReportBlock = 24;

class RtpAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override {
    if (IsRtcp(segment.bytes)) {
      OnRtcp(segment, out);
      return Want::kMore;
    }
    RtpPacket packet;
    if (!ReadRtp(segment.bytes, segment.truncated, &packet)) {
      return OnOther(segment.bytes, out);
    }
    return OnRtp(segment, packet, out);
  }
  void OnEnd(AnalyzerOutput& out) override {
    if (!proven_ && !rtcp_) return;
    for (const RtpSource& source : sources_) source.Tell(out);
  }
  size_t MemoryBytes() const override {
    return sizeof(*this) + sources_.capacity() * sizeof(RtpSource);
  }

 private:
  // Null when there are too many.
  RtpSource* FindOrAdd(uint32_t ssrc, bool from_originator,
                       AnalyzerOutput& out);
  Next OnRtp(const Segment& segment, const RtpPacket& packet,
             AnalyzerOutput& out);
  Next OnOther(Bytes bytes, AnalyzerOutput& out);
  void OnRtcp(const Segment& segment, AnalyzerOutput& out);
  void OnReports(const RtcpPacket& packet, bool from_originator,
                 AnalyzerOutput& out);

  std::vector<RtpSource> sources_;
  bool proven_ = false;
  // RTCP was seen.
  bool rtcp_ = false;
  uint32_t packets_ = 0;
  uint32_t strangers_ = 0;
};

RtpSource* RtpAnalyzer::FindOrAdd(uint32_t ssrc, bool from_originator,
                                  AnalyzerOutput& out) {
  for (RtpSource& source : sources_) {
    if (source.Is(ssrc, from_originator)) return &source;
  }
  if (sources_.size() == kMaxSources) {
    if (proven_) out.Anomaly("rtp.too_many_sources");
    return nullptr;
  }
  sources_.emplace_back(ssrc, from_originator);
  return &sources_.back();
}

Next RtpAnalyzer::OnRtp(const Segment& segment, const RtpPacket& packet,
                        AnalyzerOutput& out) {
  RtpSource* source = FindOrAdd(packet.ssrc, segment.from_originator, out);
  const bool known = source != nullptr && source->packets() > 0;
  const bool goes_on =
      source != nullptr && source->Add(packet, segment.clock) && known;
  if (proven_) return Want::kMore;
  ++packets_;
  strangers_ += goes_on ? 0 : 1;
  if (source != nullptr && source->hits() >= kProof) {
    proven_ = true;
    out.Identify(Protocol::kRtp, ProtocolBasis::kDecoded, 95);
    return Want::kMore;
  }
  if (rtcp_) return Want::kMore;
  return packets_ < kMaxPackets && strangers_ <= kMaxStrangers ? Want::kMore
                                                               : Want::kWrong;
}

Next RtpAnalyzer::OnOther(Bytes bytes, AnalyzerOutput& out) {
  if (!proven_ && !rtcp_) return Want::kWrong;
  const bool rtcp = bytes.size() >= 8 && bytes[0] >> 6 == 2 &&
                    bytes[1] >= kSenderReport && bytes[1] <= kReceiverReport;
  // Encrypted RTCP has more behind it (RFC 3711 3.4).
  RtcpPacket packet;
  if (rtcp && !NextRtcp(&bytes, &packet)) out.Anomaly("rtp.malformed");
  return Want::kMore;
}

void RtpAnalyzer::OnRtcp(const Segment& segment, AnalyzerOutput& out) {
  if (!rtcp_ && !proven_) {
    out.Identify(Protocol::kRtcp, ProtocolBasis::kDecoded, 95);
  }
  rtcp_ = true;
  Bytes rest = segment.bytes;
  RtcpPacket packet;
  while (NextRtcp(&rest, &packet)) {
    if (packet.type == kSenderReport || packet.type == kReceiverReport) {
      OnReports(packet, segment.from_originator, out);
    } else if (packet.type == kBye && packet.count > 0 &&
               packet.body.size() >= 4) {
      RtpSource* source = FindOrAdd(LoadBig32(packet.body.data()),
                                    segment.from_originator, out);
      if (source != nullptr) source->SetLeft();
    }
  }
}

void RtpAnalyzer::OnReports(const RtcpPacket& packet, bool from_originator,
                            AnalyzerOutput& out) {
  Bytes body = packet.body;
  RtpSource* sender = FindOrAdd(LoadBig32(body.data()), from_originator, out);
  if (sender != nullptr) sender->AddRtcp();
  body.remove_prefix(4);
  if (packet.type == kSenderReport) {
    // NTP and RTP times before, bytes behind.
    if (sender != nullptr) sender->SetReportedPackets(LoadBig32(&body[12]));
    body.remove_prefix(20);
  }
  for (int i = 0; i < packet.count; ++i) {
    // Of the other side's sources, 24 bits with a sign.
    const uint32_t ssrc = LoadBig32(body.data());
    const uint32_t lost = LoadBig32(&body[4]) & 0xffffff;
    body.remove_prefix(kReportBlock);
    for (RtpSource& source : sources_) {
      if (source.Is(ssrc, !from_originator)) {
        source.SetReportedLost(lost >= 0x800000 ? 0 : lost);
      }
    }
  }
}

Match Probe(const Opening& opening) {
  const Bytes bytes = opening.first();
  if (!opening.datagram) return Match::kNo;
  if (IsRtcp(bytes)) return Match::kYes;
  RtpPacket packet;
  return ReadRtp(bytes, opening.truncated, &packet) ? Match::kTry : Match::kNo;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<RtpAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  // No usual port: signalling agrees on one.
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kRtp,
                                         .udp = true,
                                         .ports = {},
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::rtp
