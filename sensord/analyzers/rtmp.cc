#include "sensord/analyzers/rtmp.h"

#include <algorithm>

#include "sensord/decode/byte_cursor.h"

namespace tapline::rtmp {
namespace {

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 1935, Protocol::kRtmp}};

constexpr uint8_t kVersion = 3;
// C0 and C1, which the client sends before anything comes back.
constexpr size_t kFirst = 1 + 1536;

Match Probe(const Opening& opening) {
  const Bytes client = opening.from_originator;
  const Bytes server = opening.from_responder;
  if (opening.midstream || !opening.originator_first) return Match::kNo;
  if (client.empty()) return Match::kMore;
  if (client[0] != kVersion) return Match::kNo;
  // Zero, or the version of a player that wants digests.
  if (client.size() >= 9) {
    const uint32_t mark = LoadBig32(&client[5]);
    const bool player = client[5] <= 0x80 && client[6] <= 0x20;
    if (mark != 0 && !player) return Match::kNo;
  }
  if (server.empty()) {
    return client.size() > kFirst ? Match::kNo : Match::kMore;
  }
  // What is shorter is of another protocol.
  if (client.size() < kFirst || server[0] != kVersion) return Match::kNo;
  return Match::kYes;
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kRtmp,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe};
  return kUnit;
}

}  // namespace tapline::rtmp
