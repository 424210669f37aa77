#include "sensord/analyzers/bittorrent.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline::bittorrent {
namespace {

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 6881, Protocol::kBittorrent},
                               {UnitPort::kUdp, 6881, Protocol::kBittorrent}};

// BEP 3: length and name of the protocol.
constexpr absl::string_view kHandshake(
    "\x13"
    "BitTorrent protocol",
    20);

Match ProbePeer(absl::string_view text) {
  const size_t compared = std::min(text.size(), kHandshake.size());
  if (text.substr(0, compared) != kHandshake.substr(0, compared)) {
    return Match::kNo;
  }
  return text.size() < kHandshake.size() ? Match::kMore : Match::kYes;
}

// BEP 5: a bencoded dictionary whose "y" says query, response or error.
bool IsHashTable(absl::string_view text, bool truncated) {
  if (!absl::StartsWith(text, "d1:") && !absl::StartsWith(text, "d2:")) {
    return false;
  }
  if (truncated) {
    return absl::StartsWith(text, "d1:ad2:id20:") ||
           absl::StartsWith(text, "d1:rd2:id20:");
  }
  return absl::EndsWith(text, "e") && (absl::StrContains(text, "1:y1:q") ||
                                       absl::StrContains(text, "1:y1:r") ||
                                       absl::StrContains(text, "1:y1:e"));
}

// BEP 29: the packet that opens a connection.
bool IsUtpOpening(Bytes bytes) {
  constexpr size_t kHeader = 20;
  constexpr uint8_t kSyn = 0x41;
  if (bytes.size() < kHeader || bytes.size() > 64 || bytes[0] != kSyn) {
    return false;
  }
  // Nothing was received yet: no difference, nothing to acknowledge.
  const bool first = LoadBig32(&bytes[8]) == 0 && LoadBig16(&bytes[16]) == 1;
  // Extensions: a list of type of the next, length, value.
  size_t at = kHeader;
  uint8_t extension = bytes[1];
  while (extension != 0) {
    if (extension > 2 || bytes.size() < at + 2) return false;
    extension = bytes[at];
    at += 2u + bytes[at + 1];
  }
  return first && at == bytes.size();
}

// BEP 15: the connect request of a client.
bool IsTrackerRequest(Bytes bytes) {
  return bytes.size() == 16 && LoadBig32(bytes.data()) == 0x417 &&
         LoadBig32(&bytes[4]) == 0x27101980 && LoadBig32(&bytes[8]) == 0;
}

Match Probe(const Opening& opening) {
  const Bytes bytes = opening.first();
  const absl::string_view text = TextOf(bytes);
  if (!opening.datagram) {
    return text.empty() ? Match::kMore : ProbePeer(text);
  }
  const bool yes = IsHashTable(text, opening.truncated) ||
                   IsUtpOpening(bytes) || IsTrackerRequest(bytes) ||
                   absl::StartsWith(text, "BT-SEARCH * HTTP/1.1\r\n");
  return yes ? Match::kYes : Match::kNo;
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kBittorrent,
                                         .tcp = true,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe};
  return kUnit;
}

}  // namespace tapline::bittorrent
