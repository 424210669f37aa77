#include "sensord/analyzers/rpc.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sensord/analyzers/allowance.h"
#include "sensord/analyzers/framed_stream.h"
#include "sensord/analyzers/masked_path.h"
#include "sensord/analyzers/rpc_message.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/rpc.h"

namespace tapline::rpc {
namespace {

namespace field = fields::rpc;
namespace procedure_field = fields::rpc_procedure;

constexpr size_t kMaxPrograms = 16;
constexpr size_t kMaxProcedures = 32;
constexpr size_t kMaxCalls = 64;
constexpr int kMaxTold = 128;
constexpr size_t kMaxHead = 4 << 10;
// RFC 5531 11: the first bit says that a record ends with this fragment.
constexpr size_t kMarkBytes = 4;
constexpr uint32_t kLastFragment = 0x80000000;
constexpr uint32_t kMaxFragment = 16 << 20;

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 111, Protocol::kRpc},
    {UnitPort::kUdp, 111, Protocol::kRpc},
    {UnitPort::kTcp, 2049, Protocol::kNfs},
    {UnitPort::kUdp, 2049, Protocol::kNfs},
};

uint64_t Measure(Bytes begin) {
  if (begin.size() < kMarkBytes) return FramedStream::kNeedsMore;
  const uint32_t size = LoadBig32(begin.data()) & ~kLastFragment;
  if (size == 0 || size > kMaxFragment) return FramedStream::kBroken;
  return kMarkBytes + size;
}

Match ProbeMessage(Bytes bytes) {
  if (IsRpcCall(bytes)) return Match::kYes;
  return IsRpcReply(bytes) ? Match::kWeak : Match::kNo;
}

Match Probe(const Opening& opening) {
  // What IsRpcCall looks at.
  constexpr size_t kDecisive = 40;
  const Bytes first = opening.first();
  if (opening.datagram) return ProbeMessage(first);
  const uint64_t size =
      first.empty() ? FramedStream::kNeedsMore : Measure(first);
  if (size == FramedStream::kBroken) return Match::kNo;
  // As a rule a record is one fragment; many protocols begin with zeros.
  if (!first.empty() && (first[0] & 0x80) == 0) return Match::kNo;
  if (size == FramedStream::kNeedsMore) return Match::kMore;
  const Bytes record = first.subspan(kMarkBytes);
  const uint64_t wanted = std::min<uint64_t>(size - kMarkBytes, kDecisive);
  // Message type and RPC version, as far as they came.
  for (size_t i = 4; i < std::min<size_t>(record.size(), 7); ++i) {
    if (record[i] != 0) return Match::kNo;
  }
  return record.size() < wanted ? Match::kMore : ProbeMessage(record);
}

class RpcAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override {
    for (const Program& program : programs_) TellSummary(program, out);
    programs_.clear();
  }
  size_t MemoryBytes() const override;

 private:
  struct Procedure {
    uint32_t number;
    uint64_t calls;
    uint64_t errors;
  };
  struct Program {
    uint32_t number;
    uint32_t version;
    uint32_t flavor;
    std::string machine;
    std::vector<Procedure> procedures;
  };
  struct Call {
    uint32_t xid = 0;
    bool from_originator = true;
    uint32_t program = 0;
    uint32_t version = 0;
    uint32_t procedure = 0;
    UnixNanos clock = 0;
    RpcMapping mapping;
    // Masked.
    std::string path;
  };

  // False when nobody can read it.
  bool OnMessage(const Segment& segment, Bytes bytes, bool cut,
                 AnalyzerOutput& out);
  void OnCall(const Segment& segment, const RpcCall& call);
  void OnReply(const Segment& segment, const RpcReply& reply,
               AnalyzerOutput& out);
  Procedure* ProcedureOf(uint32_t program, uint32_t version,
                         uint32_t procedure);
  void TellAnswer(const Call& call, const RpcReply& reply, uint64_t rtt_ns,
                  AnalyzerOutput& out);
  static void TellSummary(const Program& program, AnalyzerOutput& out);
  static void WriteProgram(uint32_t program, uint32_t version,
                           EventWriter& event);

  std::vector<Program> programs_;
  std::vector<Call> calls_;
  int told_ = 0;
  bool nfs_ = false;
  // [0] from the originator; and whether a record goes on.
  FramedStream streams_[2] = {FramedStream(kMaxHead), FramedStream(kMaxHead)};
  bool amid_[2] = {false, false};
  Allowance unread_;
};

Next RpcAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  if (segment.datagram) {
    OnMessage(segment, segment.bytes, segment.truncated, out);
    return Want::kMore;
  }
  const int side = segment.from_originator ? 0 : 1;
  const FramedStream::Result result = streams_[side].Add(
      segment.bytes, Measure, [&](Bytes head, uint64_t size) {
        const bool last = (LoadBig32(head.data()) & kLastFragment) != 0;
        const bool begins = !std::exchange(amid_[side], !last);
        return !begins ||
               OnMessage(segment, head.subspan(kMarkBytes),
                         !last || size > head.size(), out) ||
               unread_.Take();
      });
  if (result == FramedStream::Result::kTaken) return Want::kMore;
  if (result == FramedStream::Result::kBroken) out.Anomaly("rpc.framing");
  OnEnd(out);
  return Want::kDone;
}

Next RpcAnalyzer::OnGap(bool from_originator, uint64_t bytes,
                        AnalyzerOutput& out) {
  if (streams_[from_originator ? 0 : 1].Gap(bytes)) return Want::kMore;
  OnEnd(out);
  return Want::kDone;
}

bool RpcAnalyzer::OnMessage(const Segment& segment, Bytes bytes, bool cut,
                            AnalyzerOutput& out) {
  RpcCall call;
  RpcReply reply;
  if (call.Read(bytes)) {
    nfs_ |= call.program == kRpcNfs || call.program == kRpcNfsAcl;
    OnCall(segment, call);
  } else if (reply.Read(bytes)) {
    OnReply(segment, reply, out);
  } else {
    if (!cut) out.Anomaly("rpc.malformed");
    return false;
  }
  out.Identify(nfs_ ? Protocol::kNfs : Protocol::kRpc, ProtocolBasis::kDecoded,
               100);
  return true;
}

RpcAnalyzer::Procedure* RpcAnalyzer::ProcedureOf(uint32_t program,
                                                 uint32_t version,
                                                 uint32_t procedure) {
  const auto found = std::find_if(
      programs_.begin(), programs_.end(), [&](const Program& other) {
        return other.number == program && other.version == version;
      });
  if (found == programs_.end() && programs_.size() == kMaxPrograms) {
    return nullptr;
  }
  Program& row =
      found != programs_.end()
          ? *found
          : programs_.emplace_back(Program{program, version, 0, {}, {}});
  for (Procedure& other : row.procedures) {
    if (other.number == procedure) return &other;
  }
  if (row.procedures.size() == kMaxProcedures) return nullptr;
  row.procedures.push_back({procedure, 0, 0});
  return &row.procedures.back();
}

void RpcAnalyzer::OnCall(const Segment& segment, const RpcCall& call) {
  constexpr uint32_t kMnt = 1;
  for (const Call& other : calls_) {
    // Sent again.
    if (other.xid == call.xid &&
        other.from_originator == segment.from_originator) {
      return;
    }
  }
  Procedure* procedure =
      ProcedureOf(call.program, call.version, call.procedure);
  if (procedure != nullptr) ++procedure->calls;
  for (Program& program : programs_) {
    if (program.number != call.program || program.version != call.version) {
      continue;
    }
    program.flavor = call.flavor;
    if (program.machine.empty()) program.machine = call.machine;
  }
  if (calls_.size() == kMaxCalls) calls_.erase(calls_.begin());
  Call& waits = calls_.emplace_back();
  waits.xid = call.xid;
  waits.from_originator = segment.from_originator;
  waits.program = call.program;
  waits.version = call.version;
  waits.procedure = call.procedure;
  waits.clock = segment.clock;
  if (call.program == kRpcPortmap) ReadRpcMapping(call, &waits.mapping);
  std::string path;
  if (call.program == kRpcMount && call.procedure == kMnt &&
      ReadXdrString(call.arguments, &path)) {
    waits.path = MaskedFilePath(path);
  }
}

void RpcAnalyzer::OnReply(const Segment& segment, const RpcReply& reply,
                          AnalyzerOutput& out) {
  const auto found =
      std::find_if(calls_.begin(), calls_.end(), [&](const Call& call) {
        return call.xid == reply.xid &&
               call.from_originator != segment.from_originator;
      });
  if (found == calls_.end()) return;
  const Call call = std::move(*found);
  calls_.erase(found);
  // The results of NFS and of mount's MNT begin with a status (RFC 1813 2.5,
  // 5.2.1); procedure 0 has none.
  const bool has_status = call.program == kRpcNfs && call.procedure != 0;
  const bool error =
      !reply.success || (has_status && reply.results.size() >= 4 &&
                         LoadBig32(reply.results.data()) != 0);
  Procedure* procedure =
      ProcedureOf(call.program, call.version, call.procedure);
  if (error && procedure != nullptr) ++procedure->errors;
  const UnixNanos rtt = segment.clock - call.clock;
  TellAnswer(call, reply, rtt > 0 ? static_cast<uint64_t>(rtt) : 1, out);
}

void RpcAnalyzer::WriteProgram(uint32_t program, uint32_t version,
                               EventWriter& event) {
  event.Set(field::kProgram, program);
  event.SetSafe(field::kProgramName, RpcProgramName(program));
  event.Set(field::kVersion, version);
}

// What the portmapper and mount say is told by itself.
void RpcAnalyzer::TellAnswer(const Call& call, const RpcReply& reply,
                             uint64_t rtt_ns, AnalyzerOutput& out) {
  constexpr uint32_t kGetPort = 3;
  constexpr uint32_t kDump = 4;
  const bool maps = call.program == kRpcPortmap &&
                    (call.procedure == kGetPort || call.procedure == kDump);
  const bool mounts = call.program == kRpcMount && !call.path.empty();
  if ((!maps && !mounts) || told_ == kMaxTold) return;
  ++told_;
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kAction, maps ? "portmap" : "mount");
  WriteProgram(call.program, call.version, event);
  event.SetSafe(field::kProcedure,
                RpcProcedureName(call.program, call.version, call.procedure));
  event.Set(field::kAnswered, true);
  event.Set(field::kRttNs, rtt_ns);
  const bool mounted = mounts && reply.success && reply.results.size() >= 4;
  event.SetSafe(field::kStatus,
                mounted ? RpcMountStatusName(LoadBig32(reply.results.data()))
                        : std::string(reply.status));
  if (mounts) {
    event.Set(field::kPath, call.path);
  } else if (call.procedure == kDump) {
    if (call.version <= 2) {
      event.Set(field::kListedPrograms, CountRpcList(reply.results));
    }
  } else {
    uint32_t port = 0;
    event.Set(field::kMappedProgram, call.mapping.program);
    event.SetSafe(field::kMappedName, RpcProgramName(call.mapping.program));
    event.Set(field::kMappedVersion, call.mapping.version);
    event.Set(field::kMappedTransport, call.mapping.transport);
    if (reply.success && ReadRpcPort(reply.results, call.version, &port)) {
      event.Set(field::kMappedPort, port);
    }
  }
}

void RpcAnalyzer::TellSummary(const Program& program, AnalyzerOutput& out) {
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kAction, "summary");
  WriteProgram(program.number, program.version, event);
  event.SetSafe(field::kAuthFlavor, RpcFlavorName(program.flavor));
  if (!program.machine.empty()) event.Set(field::kMachine, program.machine);
  for (const Procedure& procedure : program.procedures) {
    event.Open(field::kProcedures);
    event.Set(procedure_field::kNumber, procedure.number);
    event.SetSafe(
        procedure_field::kName,
        RpcProcedureName(program.number, program.version, procedure.number));
    event.Set(procedure_field::kCalls, procedure.calls);
    if (procedure.errors != 0) {
      event.Set(procedure_field::kErrors, procedure.errors);
    }
    event.Close();
  }
}

size_t RpcAnalyzer::MemoryBytes() const {
  size_t bytes = sizeof(*this) + programs_.capacity() * sizeof(Program) +
                 calls_.capacity() * sizeof(Call) + streams_[0].MemoryBytes() +
                 streams_[1].MemoryBytes();
  for (const Program& program : programs_) {
    bytes += program.machine.capacity() +
             program.procedures.capacity() * sizeof(Procedure);
  }
  for (const Call& call : calls_) bytes += call.path.capacity();
  return bytes;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<RpcAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kRpc,
                                         .tcp = true,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::rpc
