#include "sensord/analyzers/git.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/analyzers/greeting.h"
#include "sensord/analyzers/masked_path.h"
#include "sensord/analyzers/stream_buffer.h"

namespace tapline::git {
namespace {

// Four hex digits of length, their own included.
constexpr size_t kLengthDigits = 4;
constexpr size_t kMaxRequest = 4096;

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 9418, Protocol::kGit}};

constexpr absl::string_view kServices[] = {
    "git-upload-pack", "git-receive-pack", "git-upload-archive"};

// 0 when it is no length of a request.
size_t LengthOf(absl::string_view text) {
  uint32_t length = 0;
  if (!absl::SimpleHexAtoi(text.substr(0, kLengthDigits), &length)) return 0;
  return length > kLengthDigits && length <= kMaxRequest ? length : 0;
}

Match Probe(const Opening& opening) {
  if (!opening.originator_first) return Match::kNo;
  const absl::string_view text = TextOf(opening.from_originator);
  if (text.size() < kLengthDigits) {
    return text.find_first_not_of("0123456789abcdefABCDEF") ==
                   absl::string_view::npos
               ? Match::kMore
               : Match::kNo;
  }
  if (LengthOf(text) == 0) return Match::kNo;
  return MatchVerb(text.substr(kLengthDigits), kServices);
}

class GitAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  size_t MemoryBytes() const override {
    return sizeof(*this) + request_.MemoryBytes();
  }

 private:
  StreamBuffer request_{kMaxRequest};
};

Next GitAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  if (!segment.from_originator) return Want::kMore;
  const Bytes all = request_.Add(segment.bytes);
  absl::string_view text = TextOf(all);
  const size_t length = LengthOf(text);
  if (text.size() < kLengthDigits || text.size() < length) {
    return request_.Keep(all) ? Want::kMore : Want::kDone;
  }
  // "git-upload-pack /path\0host=example.org\0\0version=2\0"
  text = text.substr(kLengthDigits, length - kLengthDigits);
  Greeting greeting;
  bool first = true;
  for (absl::string_view part : absl::StrSplit(text, '\0')) {
    if (first) {
      const absl::string_view service = TakeWord(&part);
      part = absl::StripSuffix(part, "\n");
      if (part.empty()) out.Anomaly("git.malformed");
      greeting.request = absl::StrCat(service, " ", MaskedPath(part));
    } else if (absl::ConsumePrefix(&part, "host=")) {
      greeting.host = std::string(part.substr(0, Greeting::kMaxText));
    } else if (absl::ConsumePrefix(&part, "version=")) {
      greeting.server_version = std::string(part.substr(0, 8));
    }
    first = false;
  }
  out.Identify(Protocol::kGit, ProtocolBasis::kDecoded, 100);
  if (!greeting.host.empty()) out.Host(greeting.host);
  TellGreeting(Protocol::kGit, greeting, out);
  return Want::kDone;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<GitAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kGit,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::git
