#include "sensord/analyzers/stratum.h"

#include "absl/strings/match.h"

namespace tapline::stratum {
namespace {

constexpr size_t kNone = absl::string_view::npos;
constexpr size_t kMaxLine = 1024;

// No port is registered; these are what pools use most.
constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 3333, Protocol::kStratum},
                               {UnitPort::kTcp, 14444, Protocol::kStratum}};

// The value of "method", without quotes; empty when there is none.
absl::string_view Method(absl::string_view line) {
  constexpr absl::string_view kKey = "\"method\"";
  size_t at = line.find(kKey);
  if (at == kNone) return "";
  at = line.find_first_not_of(" \t", at + kKey.size());
  if (at == kNone || line[at] != ':') return "";
  at = line.find_first_not_of(" \t", at + 1);
  if (at == kNone || line[at] != '"') return "";
  const absl::string_view value = line.substr(at + 1);
  return value.substr(0, value.find('"'));
}

bool IsMining(absl::string_view line) {
  const absl::string_view method = Method(line);
  if (absl::StartsWith(method, "mining.") ||
      absl::StartsWith(method, "eth_submit") || method == "eth_getWork" ||
      method == "eth_login") {
    return true;
  }
  // Monero: {"method":"login","params":{"login":...,"pass":...,"agent":...}}.
  return method == "login" && absl::StrContains(line, "\"pass\"") &&
         absl::StrContains(line, "\"login\"");
}

Match Probe(const Opening& opening) {
  const absl::string_view text = TextOf(opening.first());
  if (text.empty()) return Match::kMore;
  if (text[0] != '{') return Match::kNo;
  const size_t end = text.find('\n');
  if (IsMining(text.substr(0, end))) return Match::kYes;
  return end == kNone && text.size() < kMaxLine ? Match::kMore : Match::kNo;
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kStratum,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe};
  return kUnit;
}

}  // namespace tapline::stratum
