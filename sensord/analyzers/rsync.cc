#include "sensord/analyzers/rsync.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/analyzers/greeting.h"
#include "sensord/analyzers/line_reader.h"

namespace tapline::rsync {
namespace {

constexpr absl::string_view kPrefix = "@RSYNCD: ";
constexpr absl::string_view kError = "@ERROR";
constexpr size_t kMaxLine = 1024;
constexpr int kMaxLines = 256;

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 873, Protocol::kRsync}};

Match Probe(const Opening& opening) {
  return MatchPrefix(TextOf(opening.first()), kPrefix);
}

class RsyncAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override {
    LineReader& lines = lines_[segment.from_originator ? 0 : 1];
    lines.Add(segment.bytes);
    for (absl::string_view line; lines.Next(&line);) {
      const bool over = segment.from_originator ? OnClientLine(line, out)
                                                : OnServerLine(line, out);
      if (over || ++line_count_ > kMaxLines) {
        OnEnd(out);
        return Want::kDone;
      }
    }
    return Want::kMore;
  }
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override {
    OnEnd(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override {
    TellGreeting(Protocol::kRsync, greeting_, out);
  }
  size_t MemoryBytes() const override {
    return sizeof(*this) + greeting_.MemoryBytes() + lines_[0].MemoryBytes() +
           lines_[1].MemoryBytes();
  }

 private:
  bool OnClientLine(absl::string_view line, AnalyzerOutput& out);
  bool OnServerLine(absl::string_view line, AnalyzerOutput& out);

  // [0] from the originator.
  LineReader lines_[2] = {LineReader(kMaxLine), LineReader(kMaxLine)};
  int line_count_ = 0;
  bool asks_password_ = false;
  Greeting greeting_;
};

// The version, the module, then a name and what proves it.
bool RsyncAnalyzer::OnClientLine(absl::string_view line, AnalyzerOutput& out) {
  if (greeting_.client_software.empty()) {
    if (!absl::ConsumePrefix(&line, kPrefix)) {
      out.Anomaly("rsync.malformed");
      return true;
    }
    greeting_.client_software = std::string(TakeWord(&line).substr(0, 16));
  } else if (greeting_.request.empty()) {
    // An empty line asks for the list of modules.
    greeting_.request = line.empty()
                            ? "#list"
                            : std::string(line.substr(0, Greeting::kMaxText));
  }
  return false;
}

bool RsyncAnalyzer::OnServerLine(absl::string_view line, AnalyzerOutput& out) {
  if (absl::StartsWith(line, kError)) {
    if (asks_password_) greeting_.login = Login::kFailed;
    return true;
  }
  // Between them comes the message of the day.
  if (!absl::ConsumePrefix(&line, kPrefix)) return false;
  const absl::string_view word = TakeWord(&line);
  if (word == "OK") {
    if (asks_password_) greeting_.login = Login::kSucceeded;
    return true;
  }
  if (word == "EXIT") return true;
  if (word == "AUTHREQD") {
    asks_password_ = true;
    greeting_.auth_mechanism = "CHALLENGE";
  } else if (greeting_.server_version.empty()) {
    greeting_.server_version = std::string(word.substr(0, 16));
    out.Identify(Protocol::kRsync, ProtocolBasis::kDecoded, 100);
  }
  return false;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<RsyncAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kRsync,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::rsync
