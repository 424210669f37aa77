#include "sensord/analyzers/smb.h"

#include <algorithm>

#include "sensord/analyzers/allowance.h"
#include "sensord/analyzers/framed_stream.h"
#include "sensord/analyzers/netbios_message.h"
#include "sensord/analyzers/smb1_reader.h"
#include "sensord/analyzers/smb2_reader.h"
#include "sensord/analyzers/smb_log.h"
#include "sensord/analyzers/smb_pipes.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline::smb {
namespace {

// RFC 1002 4.3.1; SMB over TCP has type 0 alone ([MS-SMB2] 2.1).
constexpr size_t kFrameBytes = 4;
constexpr uint8_t kSessionMessage = 0x00;
constexpr uint8_t kSessionRequest = 0x81;
constexpr uint8_t kKeepAlive = 0x85;
constexpr size_t kProtocolBytes = 4;
// As far as NextCommand.
constexpr size_t kChainBytes = 24;
constexpr size_t kMaxHead = 16 << 10;
constexpr int kMaxEncryptedRun = 64;

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 445, Protocol::kSmb},
    {UnitPort::kTcp, 139, Protocol::kSmb},
};

// First byte of the protocol id; "SMB" follows.
enum class Kind : uint8_t {
  kNone = 0,
  kSmb1 = 0xff,
  kSmb2 = 0xfe,
  kEncrypted = 0xfd,
  kCompressed = 0xfc,
};

Kind KindOf(Bytes message) {
  if (message.size() < kProtocolBytes || message[0] < 0xfc ||
      TextOf(message.subspan(1, 3)) != "SMB") {
    return Kind::kNone;
  }
  return static_cast<Kind>(message[0]);
}

Match Probe(const Opening& opening) {
  const Bytes first = opening.first();
  const auto begins = [first](size_t at, uint8_t low, uint8_t high) {
    return at >= first.size() || (first[at] >= low && first[at] <= high);
  };
  if (begins(0, kSessionRequest, kSessionRequest)) {
    // Two names, 34 bytes each.
    constexpr size_t kRequest = 68;
    if (!begins(1, 0, 0) || !begins(2, 0, 0) ||
        !begins(3, kRequest, kRequest)) {
      return Match::kNo;
    }
    if (first.size() < kFrameBytes + kRequest / 2) return Match::kMore;
    return IsNetbiosName(first.subspan(kFrameBytes)) ? Match::kYes : Match::kNo;
  }
  if (!begins(0, kSessionMessage, kSessionMessage) || !begins(4, 0xfc, 0xff) ||
      !begins(5, 'S', 'S') || !begins(6, 'M', 'M') || !begins(7, 'B', 'B')) {
    return Match::kNo;
  }
  return first.size() < kFrameBytes + kProtocolBytes ? Match::kMore
                                                     : Match::kYes;
}

class SmbAnalyzer final : public Analyzer {
 public:
  explicit SmbAnalyzer(bool reads_pipes) : pipes_(reads_pipes) {}
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override;
  size_t MemoryBytes() const override {
    return sizeof(*this) + log_.MemoryBytes() + pipes_.MemoryBytes() +
           smb1_.MemoryBytes() + smb2_.MemoryBytes() +
           sides_[0].stream.MemoryBytes() + sides_[1].stream.MemoryBytes();
  }

 private:
  struct Side {
    FramedStream stream{kMaxHead};
    // Of a chain of SMB 2 commands: bytes still to come.
    size_t chain = 0;
  };

  static uint64_t Measure(const Side& side, Bytes begin);
  void OnMessage(Side& side, Bytes head, uint64_t size, SmbScene& scene);
  void OnSmb(Bytes message, SmbScene& scene);

  SmbLog log_;
  SmbPipes pipes_;
  Smb1Reader smb1_{&log_, &pipes_};
  Smb2Reader smb2_{&log_, &pipes_};
  // [0] from the originator.
  Side sides_[2];
  UnixNanos clock_ = 0;
  int encrypted_run_ = 0;
  bool identified_ = false;
  Allowance malformed_;
  // Of them there were too many.
  bool given_up_ = false;
};

// Each command of a chain is measured by itself: a large one in front does not
// hide those behind it.
uint64_t SmbAnalyzer::Measure(const Side& side, Bytes begin) {
  size_t at = 0;
  size_t left = side.chain;
  if (left == 0) {
    if (begin.size() < kFrameBytes) return FramedStream::kNeedsMore;
    const bool message = begin[0] == kSessionMessage;
    if (!message && (begin[0] < kSessionRequest || begin[0] > kKeepAlive)) {
      return FramedStream::kBroken;
    }
    at = kFrameBytes;
    left = LoadBig32(begin.data()) & 0xffffff;
    if (!message || left < Smb2Reader::kHeaderBytes) return at + left;
  }
  if (begin.size() < at + kChainBytes) return FramedStream::kNeedsMore;
  const Bytes command = begin.subspan(at);
  if (KindOf(command) != Kind::kSmb2) return at + left;
  const uint32_t next = Smb2Reader::NextCommand(command);
  // What breaks the rules of a chain ends it.
  const bool good =
      next % 8 == 0 && next >= Smb2Reader::kHeaderBytes && next < left;
  return at + (good ? next : left);
}

void SmbAnalyzer::OnMessage(Side& side, Bytes head, uint64_t size,
                            SmbScene& scene) {
  scene.cut = size > head.size();
  if (side.chain > 0) {
    side.chain -= static_cast<size_t>(size);
    OnSmb(head, scene);
    return;
  }
  if (head[0] == kSessionRequest) {
    if (!IsNetbiosName(head.subspan(kFrameBytes))) {
      scene.out.Anomaly("netbios.session");
    }
    if (!identified_) {
      scene.out.Identify(Protocol::kNetbios, ProtocolBasis::kDecoded, 100);
    }
    return;
  }
  if (head[0] != kSessionMessage) return;
  side.chain = kFrameBytes + (LoadBig32(head.data()) & 0xffffff) -
               static_cast<size_t>(size);
  if (size > kFrameBytes) OnSmb(head.subspan(kFrameBytes), scene);
}

void SmbAnalyzer::OnSmb(Bytes message, SmbScene& scene) {
  bool good = true;
  switch (KindOf(message)) {
    case Kind::kSmb1:
      good = smb1_.Read(message, scene);
      break;
    case Kind::kSmb2:
      good = smb2_.Read(message, scene);
      break;
    case Kind::kEncrypted:
      if (log_.encrypted_messages++ == 0) scene.out.Encrypted(true);
      ++encrypted_run_;
      break;
    case Kind::kCompressed:
      break;
    case Kind::kNone:
      good = false;
      break;
  }
  if (KindOf(message) != Kind::kEncrypted) encrypted_run_ = 0;
  if (!good) {
    scene.out.Anomaly("smb.malformed");
    given_up_ = !malformed_.Take();
  } else if (!identified_) {
    identified_ = true;
    scene.out.Identify(Protocol::kSmb, ProtocolBasis::kDecoded, 100);
  }
}

Next SmbAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  Side& side = sides_[segment.from_originator ? 0 : 1];
  clock_ = segment.clock;
  SmbScene scene{out, segment.clock};
  const FramedStream::Result result = side.stream.Add(
      segment.bytes, [&side](Bytes begin) { return Measure(side, begin); },
      [&](Bytes head, uint64_t size) {
        OnMessage(side, head, size, scene);
        return !given_up_ && encrypted_run_ < kMaxEncryptedRun;
      });
  if (result == FramedStream::Result::kTaken) return Want::kMore;
  if (result == FramedStream::Result::kBroken) out.Anomaly("smb.framing");
  OnEnd(out);
  return Want::kDone;
}

Next SmbAnalyzer::OnGap(bool from_originator, uint64_t bytes,
                        AnalyzerOutput& out) {
  if (sides_[from_originator ? 0 : 1].stream.Gap(bytes)) return Want::kMore;
  OnEnd(out);
  return Want::kDone;
}

void SmbAnalyzer::OnEnd(AnalyzerOutput& out) {
  SmbScene scene{out, clock_};
  pipes_.End(scene);
  smb1_.End(scene);
  smb2_.End(scene);
  log_.End(scene);
}

struct SmbState final : UnitState {
  explicit SmbState(bool pipes) : reads_pipes(pipes) {}
  const bool reads_pipes;
};

std::unique_ptr<UnitState> NewState(
    absl::Span<const AnalyzerUnit* const> units) {
  return std::make_unique<SmbState>(
      std::any_of(units.begin(), units.end(), [](const AnalyzerUnit* unit) {
        return unit->protocol == Protocol::kDcerpc;
      }));
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/, UnitState& state) {
  return std::make_unique<SmbAnalyzer>(
      static_cast<const SmbState&>(state).reads_pipes);
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kSmb,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open_shared = Open,
                                         .new_state = NewState};
  return kUnit;
}

}  // namespace tapline::smb
