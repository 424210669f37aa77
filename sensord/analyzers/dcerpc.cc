#include "sensord/analyzers/dcerpc.h"

#include "sensord/analyzers/allowance.h"
#include "sensord/analyzers/dcerpc_session.h"
#include "sensord/analyzers/framed_stream.h"

namespace tapline::dcerpc {
namespace {

constexpr size_t kMaxHead = 8 << 10;

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 135, Protocol::kDcerpc},
    {UnitPort::kUdp, 135, Protocol::kDcerpc},
    // PROFINET's context manager.
    {UnitPort::kUdp, 34964, Protocol::kDcerpc},
};

Match Probe(const Opening& opening) {
  const Bytes first = opening.first();
  if (opening.datagram) {
    return IsDcerpcDatagram(first) ? Match::kYes : Match::kNo;
  }
  const auto begins = [first](size_t at, uint8_t most) {
    return at >= first.size() || first[at] <= most;
  };
  if (!begins(0, 5) || (!first.empty() && first[0] != 5) || !begins(1, 1) ||
      !begins(2, 20)) {
    return Match::kNo;
  }
  if (first.size() < kDcerpcHeadBytes) return Match::kMore;
  if (DcerpcPduSize(first) == 0) return Match::kNo;
  if (IsDcerpcBind(first)) return Match::kYes;
  return opening.midstream ? Match::kYes : Match::kWeak;
}

class DcerpcAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override { session_.End(out); }
  size_t MemoryBytes() const override {
    return sizeof(*this) + session_.MemoryBytes() + streams_[0].MemoryBytes() +
           streams_[1].MemoryBytes();
  }

 private:
  // False: nothing more of a stream is to be read.
  bool Note(bool good, AnalyzerOutput& out) {
    if (good) {
      out.Identify(Protocol::kDcerpc, ProtocolBasis::kDecoded, 100);
      return true;
    }
    out.Anomaly("dcerpc.malformed");
    return malformed_.Take();
  }

  DcerpcSession session_;
  // [0] from the originator.
  FramedStream streams_[2] = {FramedStream(kMaxHead), FramedStream(kMaxHead)};
  Allowance malformed_;
};

Next DcerpcAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  if (segment.datagram) {
    const bool good = session_.OnDatagram(segment.bytes, out);
    if (good || !segment.truncated) Note(good, out);
    return Want::kMore;
  }
  FramedStream& stream = streams_[segment.from_originator ? 0 : 1];
  const FramedStream::Result result = stream.Add(
      segment.bytes, MeasureDcerpcPdu, [&](Bytes head, uint64_t size) {
        return Note(session_.OnPdu(head, size > head.size(), out), out);
      });
  if (result == FramedStream::Result::kTaken) return Want::kMore;
  if (result == FramedStream::Result::kBroken) out.Anomaly("dcerpc.framing");
  OnEnd(out);
  return Want::kDone;
}

Next DcerpcAnalyzer::OnGap(bool from_originator, uint64_t bytes,
                           AnalyzerOutput& out) {
  if (streams_[from_originator ? 0 : 1].Gap(bytes)) return Want::kMore;
  OnEnd(out);
  return Want::kDone;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<DcerpcAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kDcerpc,
                                         .tcp = true,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::dcerpc
