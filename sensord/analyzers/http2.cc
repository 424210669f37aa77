#include "sensord/analyzers/http2.h"

#include <algorithm>
#include <memory>

#include "sensord/analyzers/http2_analyzer.h"
#include "sensord/analyzers/http2_frame.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline::http2 {
namespace {

// RFC 9113 6.5.2, RFC 8441, RFC 9218.
constexpr uint16_t kMaxSetting = 9;
constexpr uint32_t kMaxSettings = 32;
constexpr size_t kSettingBytes = 6;

Match ProbePreface(absl::string_view text) {
  const size_t compared = std::min(text.size(), kPreface.size());
  if (text.substr(0, compared) != kPreface.substr(0, compared)) {
    return Match::kNo;
  }
  return text.size() < kPreface.size() ? Match::kMore : Match::kYes;
}

// Servers may send their settings before the client's preface comes.
Match ProbeSettings(Bytes bytes) {
  static constexpr uint8_t kHead[] = {0, 0, 0, kSettings, 0, 0, 0, 0, 0};
  for (size_t i = 0; i < std::min(bytes.size(), sizeof kHead); ++i) {
    if (i != 2 && bytes[i] != kHead[i]) return Match::kNo;
  }
  if (bytes.size() < kFrameHeaderBytes) return Match::kMore;
  const FrameHeader frame = ReadFrameHeader(bytes.data());
  if (frame.length % kSettingBytes != 0 ||
      frame.length > kMaxSettings * kSettingBytes) {
    return Match::kNo;
  }
  // An empty one says too little: the preface has to come.
  if (frame.length == 0) return Match::kMore;
  bytes.remove_prefix(kFrameHeaderBytes);
  if (bytes.size() < kSettingBytes) return Match::kMore;
  const uint16_t setting = LoadBig16(bytes.data());
  return setting >= 1 && setting <= kMaxSetting ? Match::kYes : Match::kNo;
}

Match Probe(const Opening& opening) {
  if (opening.first().empty()) return Match::kMore;
  const Match preface = ProbePreface(TextOf(opening.first()));
  if (preface != Match::kNo) return preface;
  const Match settings = ProbeSettings(opening.first());
  if (settings != Match::kMore) return settings;
  const Bytes& other = opening.originator_first ? opening.from_responder
                                                : opening.from_originator;
  return other.empty() ? Match::kMore : ProbePreface(TextOf(other));
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<Http2Analyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  // Ports are those of HTTP/1 and of whoever uses gRPC.
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kHttp2,
                                         .tcp = true,
                                         .ports = {},
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::http2
