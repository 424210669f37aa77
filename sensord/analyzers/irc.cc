#include "sensord/analyzers/irc.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/analyzers/greeting.h"
#include "sensord/analyzers/line_reader.h"

namespace tapline::irc {
namespace {

// 512 (RFC 2812 2.3) and as much of tags.
constexpr size_t kMaxLine = 8704;
constexpr int kMaxLines = 512;

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 6667, Protocol::kIrc},
    {UnitPort::kTcp, 6666, Protocol::kIrc},
    {UnitPort::kTcp, 6668, Protocol::kIrc},
    {UnitPort::kTcp, 6669, Protocol::kIrc},
};

constexpr absl::string_view kShared[] = {"USER", "PASS"};
constexpr absl::string_view kServer[] = {"NOTICE AUTH", "NOTICE *", "NOTICE"};

// "NICK name": one word, of what a name may have.
Match ProbeNick(absl::string_view text) {
  constexpr absl::string_view kNick = "NICK ";
  const Match match = MatchPrefix(text, kNick);
  if (match != Match::kYes) return match;
  text.remove_prefix(kNick.size());
  const size_t end = text.find_first_of("\r\n");
  if (end == absl::string_view::npos) {
    return text.size() < 64 ? Match::kMore : Match::kNo;
  }
  text = absl::StripPrefix(text.substr(0, end), ":");
  return !text.empty() && IsPrintable(text) &&
                 text.find(' ') == absl::string_view::npos
             ? Match::kYes
             : Match::kNo;
}

// FTP and POP3 have PASS and USER too, but not of four words.
Match ProbeClient(absl::string_view text) {
  constexpr absl::string_view kCap[] = {"CAP LS", "CAP REQ", "CAP LIST"};
  Match match = MatchVerb(text, kCap);
  if (match == Match::kYes) return match;
  const Match nick = ProbeNick(text);
  if (nick != Match::kNo) match = nick;
  if (match != Match::kNo) return match;
  match = MatchVerb(text, kShared);
  if (match != Match::kYes) return match;
  const size_t end = text.find('\n');
  if (end == absl::string_view::npos) return Match::kMore;
  absl::string_view line = text.substr(0, end);
  if (absl::StartsWithIgnoreCase(line, "USER")) {
    const auto words = std::count(line.begin(), line.end(), ' ');
    return words >= 4 && line.find(" :") != absl::string_view::npos
               ? Match::kYes
               : Match::kNo;
  }
  const absl::string_view next = text.substr(end + 1);
  const Match after = ProbeNick(next);
  return after != Match::kNo ? after : MatchVerb(next, kCap);
}

// ":server 001 ..." or ":server NOTICE ...".
Match ProbeServer(absl::string_view text) {
  const Match match = MatchVerb(text, kServer);
  if (match != Match::kNo) return match;
  if (!absl::StartsWith(text, ":")) return Match::kNo;
  absl::string_view rest = text.substr(0, 512);
  const absl::string_view prefix = TakeWord(&rest);
  if (prefix.size() < 2 || !IsPrintable(prefix.substr(0, 64))) {
    return prefix.size() < 2 && rest.empty() ? Match::kMore : Match::kNo;
  }
  const absl::string_view word = TakeWord(&rest);
  if (rest.empty()) return text.size() < 256 ? Match::kMore : Match::kNo;
  constexpr absl::string_view kWords[] = {"001",     "020",  "NOTICE", "CAP",
                                          "PRIVMSG", "PING", "JOIN",   "433"};
  return std::find(std::begin(kWords), std::end(kWords), word) !=
                 std::end(kWords)
             ? Match::kYes
             : Match::kNo;
}

Match Probe(const Opening& opening) {
  const absl::string_view client = TextOf(opening.from_originator);
  const absl::string_view server = TextOf(opening.from_responder);
  if (!opening.originator_first) return ProbeServer(server);
  const Match match = ProbeClient(client);
  if (match == Match::kYes || server.empty()) return match;
  const Match answer = ProbeServer(server);
  return match == Match::kMore && answer == Match::kYes ? answer : match;
}

class IrcAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override {
    OnEnd(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override {
    TellGreeting(Protocol::kIrc, greeting_, out);
  }
  size_t MemoryBytes() const override {
    return sizeof(*this) + greeting_.MemoryBytes() + lines_[0].MemoryBytes() +
           lines_[1].MemoryBytes();
  }

 private:
  void OnClientLine(absl::string_view line);
  Next OnServerLine(absl::string_view line, AnalyzerOutput& out);

  // [0] from the originator.
  LineReader lines_[2] = {LineReader(kMaxLine), LineReader(kMaxLine)};
  int line_count_ = 0;
  Greeting greeting_;
};

Next IrcAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  LineReader& lines = lines_[segment.from_originator ? 0 : 1];
  lines.Add(segment.bytes);
  for (absl::string_view line; lines.Next(&line);) {
    Next next = Want::kMore;
    if (segment.from_originator) {
      OnClientLine(line);
    } else {
      next = OnServerLine(line, out);
    }
    if (++line_count_ > kMaxLines) next = Want::kDone;
    if (next.want == Want::kMore) continue;
    OnEnd(out);
    return {next.want, lines.rest()};
  }
  return Want::kMore;
}

void IrcAnalyzer::OnClientLine(absl::string_view line) {
  const absl::string_view word = TakeWord(&line);
  if (absl::EqualsIgnoreCase(word, "PASS")) {
    greeting_.auth_mechanism = "PASS";
    greeting_.cleartext_password = true;
  } else if (absl::EqualsIgnoreCase(word, "AUTHENTICATE")) {
    // The first names the mechanism; what comes later is never kept.
    if (greeting_.auth_mechanism.empty()) {
      greeting_.auth_mechanism = SaslMechanism(line);
    } else if (line != "*") {
      greeting_.cleartext_password |=
          IsCleartextMechanism(greeting_.auth_mechanism);
    }
  }
}

Next IrcAnalyzer::OnServerLine(absl::string_view line, AnalyzerOutput& out) {
  if (absl::StartsWith(line, "@")) TakeWord(&line);
  if (absl::StartsWith(line, ":")) TakeWord(&line);
  const absl::string_view word = TakeWord(&line);
  const bool asked = !greeting_.auth_mechanism.empty();
  if (word == "001") {
    out.Identify(Protocol::kIrc, ProtocolBasis::kDecoded, 100);
    if (asked && greeting_.login == Login::kUnknown) {
      greeting_.login = Login::kSucceeded;
    }
  } else if (word == "903") {
    greeting_.login = Login::kSucceeded;
  } else if (word == "904" || word == "905") {
    greeting_.login = Login::kFailed;
  } else if (word == "464") {
    // ERR_PASSWDMISMATCH.
    greeting_.login = Login::kFailed;
    return Want::kDone;
  } else if (word == "004") {
    // RPL_MYINFO: client, server name, version.
    TakeWord(&line);
    greeting_.server_software =
        std::string(TakeWord(&line).substr(0, Greeting::kMaxText));
    greeting_.server_version =
        std::string(TakeWord(&line).substr(0, Greeting::kMaxText));
    return Want::kDone;
  } else if (word == "670") {
    // RPL_STARTTLS.
    greeting_.starttls = true;
    return Want::kOther;
  }
  return Want::kMore;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<IrcAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kIrc,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::irc
