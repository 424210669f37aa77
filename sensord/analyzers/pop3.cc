#include "sensord/analyzers/pop3.h"

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "sensord/analyzers/allowance.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/analyzers/line_reader.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/event/fields/pop3.h"

namespace tapline::pop3 {
namespace {

namespace field = fields::pop3;

constexpr size_t kMaxLine = 2048;
constexpr size_t kMaxText = 255;
constexpr size_t kMaxWord = 32;
constexpr size_t kMaxPending = 32;
constexpr size_t kMaxCapabilities = 32;

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 110, Protocol::kPop3}};

enum class Verb : uint8_t {
  kOther,
  kUser,
  kPass,
  kApop,
  kAuth,
  kCapa,
  kStls,
  // Possible only for somebody who is logged in.
  kWork,
  kQuit,
  kUnknown,
};

Verb VerbOf(absl::string_view word) {
  struct Row {
    absl::string_view word;
    Verb verb;
  };
  static constexpr Row kVerbs[] = {
      {"USER", Verb::kUser},  {"PASS", Verb::kPass},  {"APOP", Verb::kApop},
      {"AUTH", Verb::kAuth},  {"CAPA", Verb::kCapa},  {"STLS", Verb::kStls},
      {"STAT", Verb::kWork},  {"LIST", Verb::kWork},  {"RETR", Verb::kWork},
      {"UIDL", Verb::kWork},  {"TOP", Verb::kWork},   {"DELE", Verb::kWork},
      {"QUIT", Verb::kQuit},  {"NOOP", Verb::kOther}, {"RSET", Verb::kOther},
      {"UTF8", Verb::kOther}, {"LANG", Verb::kOther}, {"XTND", Verb::kOther},
  };
  for (const Row& row : kVerbs) {
    if (absl::EqualsIgnoreCase(word, row.word)) return row.verb;
  }
  return Verb::kUnknown;
}

// "+OK" or "-ERR", alone or before a blank.
Match ProbeReply(absl::string_view text) {
  constexpr absl::string_view kReplies[] = {"+OK", "-ERR"};
  return MatchVerb(text, kReplies);
}

// Redis answers "+OK" too, FTP has USER and PASS, IRC USER.
Match Probe(const Opening& opening) {
  constexpr absl::string_view kOwn[] = {"CAPA", "APOP", "STLS"};
  constexpr absl::string_view kShared[] = {"USER", "AUTH", "STAT", "LIST",
                                           "UIDL", "RETR", "QUIT"};
  const absl::string_view client = TextOf(opening.from_originator);
  const absl::string_view server = TextOf(opening.from_responder);
  if (!opening.originator_first) return ProbeReply(server);
  const Match own = MatchVerb(client, kOwn);
  if (own != Match::kNo) return own;
  const Match shared = MatchVerb(client, kShared);
  if (shared != Match::kYes) return shared;
  return server.empty() ? Match::kMore : ProbeReply(server);
}

class Pop3Analyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override { return End(out); }
  void OnEnd(AnalyzerOutput& out) override {
    if (!told_) Tell(out);
  }
  size_t MemoryBytes() const override;

 private:
  Next End(AnalyzerOutput& out) {
    OnEnd(out);
    return Want::kDone;
  }
  // One more step of an exchange.
  Next OnAuthLine(AnalyzerOutput& out) {
    if (auth_lines_.Take()) return Want::kMore;
    out.Anomaly("pop3.long_auth");
    return End(out);
  }
  Next OnClientLine(absl::string_view line, AnalyzerOutput& out);
  Next OnServerLine(absl::string_view line, AnalyzerOutput& out);
  void OnGreeting(absl::string_view text);
  Next OnReply(Verb verb, bool ok, AnalyzerOutput& out);
  void Tell(AnalyzerOutput& out);

  // [0] from the originator.
  LineReader lines_[2] = {LineReader(kMaxLine), LineReader(kMaxLine)};
  // The flow's originator is the server: its beginning was not seen.
  bool reversed_ = false;
  bool began_ = false;
  bool greeted_ = false;
  bool told_ = false;
  bool starttls_ = false;
  // What the client sends is an exchange of AUTH.
  bool in_auth_ = false;
  // The server's lines until "." are what CAPA, or AUTH alone, asked for.
  bool in_list_ = false;
  Login login_ = Login::kUnknown;
  bool cleartext_password_ = false;
  uint32_t failed_logins_ = 0;
  uint32_t commands_ = 0;
  // Lines that are no commands or no replies; of the exchange of AUTH.
  Allowance unread_;
  Allowance auth_lines_;
  std::string server_software_;
  std::string auth_mechanism_;
  std::string account_;
  std::vector<std::string> capabilities_;
  std::deque<Verb> pending_;
};

Next Pop3Analyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  LineReader& lines = lines_[segment.from_originator ? 0 : 1];
  lines.Add(segment.bytes);
  for (absl::string_view line; lines.Next(&line);) {
    if (!began_) {
      reversed_ =
          segment.midstream && segment.from_originator &&
          (absl::StartsWith(line, "+OK") || absl::StartsWith(line, "-ERR"));
      greeted_ = segment.midstream;
      began_ = true;
    }
    if (lines.cut()) out.Anomaly("pop3.long_line");
    const Next next = segment.from_originator != reversed_
                          ? OnClientLine(line, out)
                          : OnServerLine(line, out);
    if (next.want == Want::kOther) {
      if (lines.rest() > 0 || !pending_.empty()) {
        out.Anomaly("pop3.data_after_stls");
      }
      return {Want::kOther, lines.rest()};
    }
    if (next.want != Want::kMore) return next;
  }
  return Want::kMore;
}

Next Pop3Analyzer::OnClientLine(absl::string_view line, AnalyzerOutput& out) {
  if (in_auth_) {
    // "*" gives up.
    cleartext_password_ |= IsCleartextMechanism(auth_mechanism_) && line != "*";
    return OnAuthLine(out);
  }
  absl::string_view argument = line;
  Verb verb = VerbOf(TakeWord(&argument));
  ++commands_;
  switch (verb) {
    case Verb::kUser:
    case Verb::kApop:
      auth_mechanism_ = verb == Verb::kUser ? "USER" : "APOP";
      account_ = MaskedName(TakeWord(&argument));
      cleartext_password_ = false;
      break;
    case Verb::kPass:
      cleartext_password_ = true;
      break;
    case Verb::kAuth:
      if (argument.empty()) {
        // Asks for the mechanisms.
        verb = Verb::kCapa;
        break;
      }
      auth_mechanism_ = SaslMechanism(TakeWord(&argument));
      account_.clear();
      in_auth_ = true;
      auth_lines_ = Allowance();
      cleartext_password_ =
          !argument.empty() && IsCleartextMechanism(auth_mechanism_);
      break;
    case Verb::kUnknown:
      out.Anomaly("pop3.unknown_command");
      if (!unread_.Take()) return End(out);
      break;
    default:
      break;
  }
  if (pending_.size() == kMaxPending) pending_.pop_front();
  pending_.push_back(verb);
  return Want::kMore;
}

Next Pop3Analyzer::OnServerLine(absl::string_view line, AnalyzerOutput& out) {
  if (in_list_) {
    if (line == ".") {
      in_list_ = false;
      return Want::kMore;
    }
    absl::string_view rest = line;
    const absl::string_view word = TakeWord(&rest);
    if (!word.empty() && word.size() <= kMaxWord && IsPrintable(word) &&
        capabilities_.size() < kMaxCapabilities) {
      capabilities_.push_back(absl::AsciiStrToUpper(word));
      return Want::kMore;
    }
    return unread_.Take() ? Next(Want::kMore) : End(out);
  }
  // A challenge of AUTH (RFC 5034 4).
  if (in_auth_ && (line == "+" || absl::StartsWith(line, "+ "))) {
    return OnAuthLine(out);
  }
  absl::string_view text = line;
  const absl::string_view status = TakeWord(&text);
  const bool ok = absl::EqualsIgnoreCase(status, "+OK");
  if (!ok && !absl::EqualsIgnoreCase(status, "-ERR")) {
    out.Anomaly("pop3.malformed_reply");
    return unread_.Take() ? Next(Want::kMore) : End(out);
  }
  if (!greeted_) {
    greeted_ = true;
    OnGreeting(text);
    out.Identify(Protocol::kPop3, ProtocolBasis::kDecoded, 100);
    return Want::kMore;
  }
  if (pending_.empty()) return Want::kMore;
  const Verb verb = pending_.front();
  pending_.pop_front();
  out.Identify(Protocol::kPop3, ProtocolBasis::kDecoded, 100);
  return OnReply(verb, ok, out);
}

void Pop3Analyzer::OnGreeting(absl::string_view text) {
  // What APOP hashes with the password (RFC 1939 7).
  const size_t stamp = text.rfind('<');
  if (stamp != absl::string_view::npos && absl::EndsWith(text, ">")) {
    text = text.substr(0, stamp);
  }
  text = absl::StripTrailingAsciiWhitespace(text);
  server_software_ = std::string(text.substr(0, kMaxText));
}

Next Pop3Analyzer::OnReply(Verb verb, bool ok, AnalyzerOutput& out) {
  switch (verb) {
    case Verb::kCapa:
      if (ok) capabilities_.clear();
      in_list_ = ok;
      return Want::kMore;
    case Verb::kStls:
      if (!ok) return Want::kMore;
      starttls_ = true;
      Tell(out);
      return Want::kOther;
    case Verb::kUser:
      if (ok) return Want::kMore;
      break;
    case Verb::kPass:
    case Verb::kApop:
    case Verb::kAuth:
      in_auth_ = false;
      break;
    case Verb::kWork:
    case Verb::kQuit:
      // Somebody logged in before this was seen, or leaves.
      return ok ? End(out) : Next(Want::kMore);
    default:
      return Want::kMore;
  }
  login_ = ok ? Login::kSucceeded : Login::kFailed;
  if (!ok) ++failed_logins_;
  Tell(out);
  return ok ? Want::kDone : Want::kMore;
}

void Pop3Analyzer::Tell(AnalyzerOutput& out) {
  told_ = true;
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kServerSoftware, server_software_);
  for (const std::string& name : capabilities_) {
    event.Set(field::kCapabilities, name);
  }
  event.Set(field::kStarttls, starttls_);
  event.Set(field::kAuthMechanism, auth_mechanism_);
  event.Set(field::kAccount, account_);
  event.Set(field::kLogin, static_cast<uint64_t>(login_));
  event.SetTrue(field::kCleartextPassword, cleartext_password_);
  event.Set(field::kFailedLogins, failed_logins_);
  event.Set(field::kCommands, commands_);
}

size_t Pop3Analyzer::MemoryBytes() const {
  size_t bytes = sizeof(*this) + lines_[0].MemoryBytes() +
                 lines_[1].MemoryBytes() + server_software_.capacity() +
                 auth_mechanism_.capacity() + account_.capacity() +
                 capabilities_.capacity() * sizeof(std::string) +
                 pending_.size();
  for (const std::string& name : capabilities_) bytes += name.capacity();
  return bytes;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<Pop3Analyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kPop3,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::pop3
