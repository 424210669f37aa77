#include "sensord/analyzers/flow_reader.h"

#include <algorithm>
#include <utility>

namespace tapline {
namespace {

// STARTTLS inside CONNECT inside SOCKS is three; more is a game.
constexpr uint8_t kMaxRestarts = 4;

Bytes BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

bool FlowReader::OnSegment(const Segment& segment, AnalyzerOutput& out) {
  if (analyzer_ != nullptr) return Read(segment, out);
  return segment.datagram ? IdentifyDatagram(segment, out)
                          : Identify(segment, out);
}

Opening OpeningOf(const FlowIdentity& flow, const Segment& datagram) {
  Opening opening;
  opening.datagram = true;
  opening.originator_first = datagram.from_originator;
  opening.truncated = datagram.truncated;
  opening.originator_port = flow.originator_port;
  opening.responder_port = flow.responder_port;
  (datagram.from_originator ? opening.from_originator
                            : opening.from_responder) = datagram.bytes;
  return opening;
}

bool FlowReader::IdentifyDatagram(const Segment& segment, AnalyzerOutput& out) {
  if (units_ == nullptr) return false;
  // Each datagram stands for itself; only trials are not made again.
  UnitSet ruled_out = ruled_out_;
  const Claim claim = units_->Ask(OpeningOf(flow_, segment), hint_, &ruled_out);
  if (claim.unit == nullptr) {
    GiveUp(out);
    return ++datagrams_ < kMaxDatagrams;
  }
  if (claim.trial) {
    trial_ = claim.unit;
    analyzer_ = claim.unit->open(flow_);
  } else if (!Begin(claim, out)) {
    return false;
  }
  return Read(segment, out);
}

bool FlowReader::Identify(const Segment& segment, AnalyzerOutput& out) {
  const int side = segment.from_originator ? 0 : 1;
  const bool first = opening_ == nullptr;
  if (first) midstream_ = segment.midstream;
  Opening opening;
  opening.midstream = midstream_;
  opening.originator_port = flow_.originator_port;
  opening.responder_port = flow_.responder_port;
  opening.originator_first = first ? segment.from_originator
                                   : opening_->chunks.front().from_originator;
  if (first) {
    // As a rule the first segment decides: nothing is copied before it did not.
    (side == 0 ? opening.from_originator : opening.from_responder) =
        segment.bytes;
    const Claim claim = units_->Ask(opening, hint_, &ruled_out_);
    if (claim.unit != nullptr) {
      return Begin(claim, out) && Read(segment, out);
    }
    if (!claim.undecided) return GiveUp(out);
    opening_ = std::make_unique<Waiting>();
  }
  const size_t taken = Wait(segment);
  if (first && taken == segment.bytes.size()) return true;
  opening.from_originator = BytesOf(opening_->bytes[0]);
  opening.from_responder = BytesOf(opening_->bytes[1]);
  const Claim claim = units_->Ask(opening, hint_, &ruled_out_);
  if (claim.unit != nullptr) {
    if (!Begin(claim, out) || !Replay(out)) return false;
    if (taken == segment.bytes.size()) return true;
    Segment left = segment;
    left.bytes.remove_prefix(taken);
    left.offset += taken;
    return OnSegment(left, out);
  }
  const bool more = claim.undecided && taken == segment.bytes.size() &&
                    opening_->chunks.size() < kMaxChunks;
  return more || GiveUp(out);
}

bool FlowReader::GiveUp(AnalyzerOutput& out) const {
  if (units_->Knows(hint_)) out.Unrecognized();
  return false;
}

size_t FlowReader::Wait(const Segment& segment) {
  std::string& bytes = opening_->bytes[segment.from_originator ? 0 : 1];
  std::vector<Chunk>& chunks = opening_->chunks;
  const size_t room = kMaxOpening - bytes.size();
  const size_t taken = std::min(room, segment.bytes.size());
  bytes.append(segment.text().data(), taken);
  if (!chunks.empty() &&
      chunks.back().from_originator == segment.from_originator) {
    chunks.back().size += static_cast<uint32_t>(taken);
  } else {
    chunks.push_back({segment.from_originator, static_cast<uint32_t>(taken),
                      segment.offset, segment.clock});
  }
  return taken;
}

bool FlowReader::Begin(const Claim& claim, AnalyzerOutput& out) {
  out.Identify(claim.unit->protocol, ProtocolBasis::kSignature,
               claim.confidence);
  analyzer_ = units_->Open(*claim.unit, flow_);
  return analyzer_ != nullptr;
}

bool FlowReader::Replay(AnalyzerOutput& out) {
  const std::unique_ptr<Waiting> opening = std::move(opening_);
  size_t at[2] = {0, 0};
  for (const Chunk& chunk : opening->chunks) {
    const int side = chunk.from_originator ? 0 : 1;
    Segment segment;
    segment.bytes = BytesOf(opening->bytes[side]).subspan(at[side], chunk.size);
    segment.offset = chunk.offset;
    segment.clock = chunk.clock;
    segment.from_originator = chunk.from_originator;
    segment.midstream = midstream_;
    at[side] += chunk.size;
    if (!OnSegment(segment, out)) return false;
  }
  return true;
}

bool FlowReader::Read(const Segment& segment, AnalyzerOutput& out) {
  const Next next = analyzer_->OnData(segment, out);
  switch (next.want) {
    case Want::kMore:
      return true;
    case Want::kOther:
      return Restart(segment, next, out);
    case Want::kDone:
      return false;
    case Want::kWrong:
      break;
  }
  if (trial_ == nullptr) return false;
  const auto& units = units_->units();
  const auto tried = std::find(units.begin(), units.end(), trial_);
  ruled_out_.set(static_cast<size_t>(tried - units.begin()));
  trial_ = nullptr;
  analyzer_.reset();
  return IdentifyDatagram(segment, out);
}

bool FlowReader::Restart(const Segment& segment, const Next& next,
                         AnalyzerOutput& out) {
  if (units_ == nullptr || ++restarts_ > kMaxRestarts) return false;
  out.Upgrade();
  analyzer_.reset();
  ruled_out_.reset();
  // What the port hinted at is behind us.
  hint_ = Protocol::kUnknown;
  if (next.unit != nullptr) {
    const auto& units = units_->units();
    const bool on =
        std::any_of(units.begin(), units.end(), [&next](const auto* unit) {
          return unit->protocol == next.unit->protocol;
        });
    if (!on ||
        !Begin({next.unit, UnitList::kSureConfidence, false, false}, out)) {
      return false;
    }
  }
  const size_t rest = std::min(next.rest, segment.bytes.size());
  if (rest == 0) return true;
  Segment left = segment;
  left.bytes = segment.bytes.last(rest);
  left.offset += segment.bytes.size() - rest;
  return OnSegment(left, out);
}

bool FlowReader::OnGap(bool from_originator, uint64_t bytes,
                       AnalyzerOutput& out) {
  // What follows a hole proves nothing about where messages begin.
  if (analyzer_ == nullptr) return false;
  return analyzer_->OnGap(from_originator, bytes, out).want == Want::kMore;
}

void FlowReader::OnEnd(AnalyzerOutput& out) {
  if (analyzer_ != nullptr) {
    analyzer_->OnEnd(out);
  } else if (opening_ != nullptr) {
    // Who waited for more gets none.
    GiveUp(out);
  }
}

size_t FlowReader::MemoryBytes() const {
  return sizeof(*this) + (opening_ != nullptr ? opening_->MemoryBytes() : 0) +
         (analyzer_ != nullptr ? analyzer_->MemoryBytes() : 0);
}

}  // namespace tapline
