// Any first bytes through every unit's probe, and through the whole set.
//
// Input: a byte of choices, the responder's port (big endian), then segments:
// direction in the first byte, size in the next two (big endian), then its
// bytes.

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "sensord/analyzers/analyzer_set.h"
#include "sensord/analyzers/flow_reader.h"
#include "tests/support/conversation.h"

namespace tapline {
namespace {

// Of a probe, on the most it is ever shown. Sanitizers and a busy machine
// included.
constexpr int64_t kMaxProbeNanos = 25'000'000;
// A flow nobody claimed yet, with room for what strings reserve.
constexpr size_t kMaxMemory = 512 << 10;

struct Piece {
  bool from_originator;
  std::string bytes;
};

struct Input {
  bool datagram = false;
  bool midstream = false;
  bool truncated = false;
  uint16_t port = 0;
  std::vector<Piece> pieces;
};

Input Read(const uint8_t* data, size_t size) {
  Input input;
  if (size < 3) return input;
  input.datagram = (data[0] & 1) != 0;
  input.midstream = (data[0] & 2) != 0;
  input.truncated = (data[0] & 4) != 0;
  input.port = static_cast<uint16_t>(data[1] << 8 | data[2]);
  data += 3;
  size -= 3;
  while (size >= 3 && input.pieces.size() < FlowReader::kMaxChunks) {
    const bool from_originator = (data[0] & 1) == 0;
    const size_t wanted = static_cast<size_t>(data[1]) << 8 | data[2];
    data += 3;
    size -= 3;
    const size_t taken = std::min(wanted, size);
    input.pieces.push_back(
        {from_originator,
         std::string(reinterpret_cast<const char*>(data), taken)});
    data += taken;
    size -= taken;
  }
  return input;
}

int64_t CpuNanos() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

[[noreturn]] void Fail(const AnalyzerUnit& unit, const char* what) {
  const absl::string_view name = ProtocolName(unit.protocol);
  std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(name.size()), name.data(),
               what);
  std::abort();
}

// Copies of their own size, so that sanitizers see a read past the end.
struct OwnOpening {
  std::vector<uint8_t> from_originator;
  std::vector<uint8_t> from_responder;
  Opening opening;

  OwnOpening(const Input& input, const std::string (&bytes)[2],
             bool originator_first)
      : from_originator(bytes[0].begin(), bytes[0].end()),
        from_responder(bytes[1].begin(), bytes[1].end()) {
    opening.from_originator = from_originator;
    opening.from_responder = from_responder;
    opening.datagram = input.datagram;
    opening.midstream = input.midstream;
    opening.truncated = input.datagram && input.truncated;
    opening.originator_first = originator_first;
    opening.originator_port = 40000;
    opening.responder_port = input.port;
  }
};

Match Ask(const AnalyzerUnit& unit, const Opening& opening) {
  const int64_t begin = CpuNanos();
  const Match match = unit.probe(opening);
  if (CpuNanos() - begin > kMaxProbeNanos) Fail(unit, "its probe takes long");
  return match;
}

// A stream that grows: a unit that said no is not asked again, so it must be
// sure of it.
void AskAboutStream(const Input& input) {
  const absl::Span<const AnalyzerUnit* const> units = AllUnits();
  std::vector<bool> ruled_out(units.size(), false);
  std::string bytes[2];
  for (const Piece& piece : input.pieces) {
    std::string& side = bytes[piece.from_originator ? 0 : 1];
    side.append(piece.bytes, 0, FlowReader::kMaxOpening - side.size());
    const OwnOpening own(input, bytes, input.pieces[0].from_originator);
    for (size_t i = 0; i < units.size(); ++i) {
      if (!units[i]->tcp) continue;
      const Match match = Ask(*units[i], own.opening);
      if (ruled_out[i] && match != Match::kNo) {
        Fail(*units[i], "said no to fewer of the bytes it says something to");
      }
      ruled_out[i] = match == Match::kNo;
    }
  }
}

void AskAboutDatagrams(const Input& input) {
  for (const Piece& piece : input.pieces) {
    std::string bytes[2];
    bytes[piece.from_originator ? 0 : 1] = piece.bytes;
    const OwnOpening own(input, bytes, piece.from_originator);
    for (const AnalyzerUnit* unit : AllUnits()) {
      if (unit->udp) Ask(*unit, own.opening);
    }
  }
}

void ReadAll(const Input& input) {
  using testing::Conversation;
  Conversation c(input.datagram ? Conversation::kUdp : Conversation::kTcp,
                 input.port);
  if (input.midstream) c.Midstream();
  for (const Piece& piece : input.pieces) {
    piece.from_originator ? c.Client(piece.bytes) : c.Server(piece.bytes);
  }
  c.End();
  // Ends the process when one is no message.
  c.told().CheckEvents();
  if (c.peak_memory() > kMaxMemory) std::abort();
}

}  // namespace
}  // namespace tapline

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const tapline::Input input = tapline::Read(data, size);
  if (input.datagram) {
    tapline::AskAboutDatagrams(input);
  } else {
    tapline::AskAboutStream(input);
  }
  tapline::ReadAll(input);
  return 0;
}
