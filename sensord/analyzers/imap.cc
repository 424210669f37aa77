#include "sensord/analyzers/imap.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "sensord/analyzers/allowance.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/analyzers/imap_message.h"
#include "sensord/analyzers/line_reader.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/event/fields/imap.h"

namespace tapline::imap {
namespace {

namespace field = fields::imap;

constexpr size_t kMaxLine = 4096;
constexpr size_t kMaxText = 255;
constexpr size_t kMaxPending = 32;
constexpr size_t kMaxWord = 32;
constexpr size_t kMaxCapabilities = 64;

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 143, Protocol::kImap}};

// The rest of a line that may have been cut.
absl::string_view FirstLine(absl::string_view text) {
  text = text.substr(0, text.find('\n'));
  if (absl::EndsWith(text, "\r")) text.remove_suffix(1);
  return text;
}

Match ProbeClient(absl::string_view text) {
  const bool whole = text.find('\n') != absl::string_view::npos;
  absl::string_view line = FirstLine(text.substr(0, 256));
  const absl::string_view tag = TakeWord(&line);
  // Words of other protocols could be tags: clients count.
  const bool counts = tag.size() < 2 || tag.find_first_of("0123456789") !=
                                            absl::string_view::npos;
  if (!tag.empty() && (!IsTag(tag) || !counts)) return Match::kNo;
  const absl::string_view word = TakeWord(&line);
  // A known command, and after it a blank or the end of the line.
  const bool ended = whole || !line.empty();
  if (!ended) return text.size() < 128 ? Match::kMore : Match::kNo;
  return VerbOf(word) == Verb::kUnknown ? Match::kNo : Match::kYes;
}

Match Probe(const Opening& opening) {
  if (opening.originator_first) {
    return ProbeClient(TextOf(opening.from_originator));
  }
  const absl::string_view text = TextOf(opening.from_responder);
  Match match = Match::kNo;
  for (const absl::string_view greeting : {"* OK", "* PREAUTH", "* BYE"}) {
    const Match one = MatchPrefix(text, greeting);
    if (one != Match::kNo) match = one;
  }
  return match;
}

class ImapAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override {
    if (!told_) Tell(out);
  }
  size_t MemoryBytes() const override;

 private:
  struct Pending {
    std::string tag;
    Verb verb;
  };

  Next End(AnalyzerOutput& out) {
    OnEnd(out);
    return Want::kDone;
  }
  // False when where the next line begins is not known.
  bool SkipLiteral(int side, absl::string_view line, bool goes_on,
                   AnalyzerOutput& out);
  // One more step of an exchange.
  Next OnAuthLine(AnalyzerOutput& out) {
    if (auth_lines_.Take()) return Want::kMore;
    out.Anomaly("imap.long_auth");
    return End(out);
  }
  Next OnClientLine(absl::string_view line, AnalyzerOutput& out);
  Next OnServerLine(absl::string_view line, AnalyzerOutput& out);
  void OnUntagged(absl::string_view line, AnalyzerOutput& out);
  void OnCapabilities(absl::string_view text);
  Next OnTagged(Verb verb, absl::string_view status, AnalyzerOutput& out);
  void Tell(AnalyzerOutput& out);

  // [0] from the originator.
  LineReader lines_[2] = {LineReader(kMaxLine), LineReader(kMaxLine)};
  // The line at hand goes on behind a literal.
  bool continues_[2] = {false, false};
  // The flow's originator is the server: its beginning was not seen.
  bool reversed_ = false;
  bool began_ = false;
  bool told_ = false;
  bool starttls_ = false;
  // What the client sends is an exchange of AUTHENTICATE.
  bool in_auth_ = false;
  Allowance auth_lines_;
  Login login_ = Login::kUnknown;
  bool cleartext_password_ = false;
  uint32_t failed_logins_ = 0;
  uint32_t commands_ = 0;
  // Lines that are no commands, or no replies to any.
  Allowance unread_;
  std::string server_software_;
  std::string client_id_;
  std::string server_id_;
  std::string auth_mechanism_;
  std::string account_;
  std::vector<std::string> capabilities_;
  std::deque<Pending> pending_;
};

Next ImapAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  const int side = segment.from_originator ? 0 : 1;
  LineReader& lines = lines_[side];
  lines.Add(segment.bytes);
  for (absl::string_view line; lines.Next(&line);) {
    if (!began_) {
      reversed_ = segment.midstream && segment.from_originator &&
                  absl::StartsWith(line, "* ");
      began_ = true;
    }
    if (lines.cut()) {
      // Its end may have announced a literal.
      out.Anomaly("imap.long_line");
      return End(out);
    }
    const bool goes_on = std::exchange(continues_[side], false);
    if (!SkipLiteral(side, line, goes_on, out)) return End(out);
    if (goes_on) continue;
    const Next next = segment.from_originator != reversed_
                          ? OnClientLine(line, out)
                          : OnServerLine(line, out);
    if (next.want == Want::kOther) {
      if (lines.rest() > 0 || !pending_.empty()) {
        out.Anomaly("imap.data_after_starttls");
      }
      return {Want::kOther, lines.rest()};
    }
    if (next.want != Want::kMore) return next;
  }
  return Want::kMore;
}

bool ImapAnalyzer::SkipLiteral(int side, absl::string_view line, bool goes_on,
                               AnalyzerOutput& out) {
  const bool from_client = (side == 0) != reversed_;
  if (from_client && in_auth_) return true;
  if (!from_client && !goes_on) {
    // Only data has literals; text for people may look like one.
    absl::string_view rest = line;
    const bool untagged = TakeWord(&rest) == "*";
    const absl::string_view word = TakeWord(&rest);
    if (!untagged || word == "OK" || word == "NO" || word == "BAD" ||
        word == "BYE" || word == "PREAUTH") {
      return true;
    }
  }
  uint64_t bytes = 0;
  const Literal literal = LiteralAtEnd(line, &bytes);
  if (literal == Literal::kBad) {
    out.Anomaly("imap.bad_literal");
    return false;
  }
  if (literal == Literal::kBytes) {
    lines_[side].Skip(bytes);
    continues_[side] = true;
  }
  return true;
}

Next ImapAnalyzer::OnClientLine(absl::string_view line, AnalyzerOutput& out) {
  if (in_auth_) {
    // "*" gives up.
    cleartext_password_ |= IsCleartextMechanism(auth_mechanism_) && line != "*";
    return OnAuthLine(out);
  }
  if (absl::EqualsIgnoreCase(line, "DONE")) return Want::kMore;
  absl::string_view argument = line;
  const absl::string_view tag = TakeWord(&argument);
  if (!IsTag(tag)) {
    out.Anomaly("imap.malformed_command");
    return unread_.Take() ? Next(Want::kMore) : End(out);
  }
  const Verb verb = VerbOf(TakeWord(&argument));
  ++commands_;
  if (verb != Verb::kUnknown) {
    out.Identify(Protocol::kImap, ProtocolBasis::kDecoded, 100);
  }
  switch (verb) {
    case Verb::kUnknown:
      out.Anomaly("imap.unknown_command");
      if (!unread_.Take()) return End(out);
      break;
    case Verb::kAuthenticate:
      auth_mechanism_ = SaslMechanism(TakeWord(&argument));
      account_.clear();
      in_auth_ = true;
      auth_lines_ = Allowance();
      cleartext_password_ =
          !argument.empty() && IsCleartextMechanism(auth_mechanism_);
      break;
    case Verb::kLogin:
      auth_mechanism_ = "LOGIN";
      cleartext_password_ = true;
      account_ = MaskedName(TakeString(&argument));
      break;
    case Verb::kId:
      client_id_ = ClientOfId(argument);
      break;
    default:
      break;
  }
  // Without replies only the last ones are remembered.
  if (pending_.size() == kMaxPending) pending_.pop_front();
  pending_.push_back({std::string(tag), verb});
  return Want::kMore;
}

Next ImapAnalyzer::OnServerLine(absl::string_view line, AnalyzerOutput& out) {
  absl::string_view rest = line;
  const absl::string_view tag = TakeWord(&rest);
  if (tag == "+") {
    if (in_auth_) return OnAuthLine(out);
    const bool more = !pending_.empty() || unread_.Take();
    return more ? Next(Want::kMore) : End(out);
  }
  if (tag == "*") {
    OnUntagged(rest, out);
    return Want::kMore;
  }
  const auto answered =
      std::find_if(pending_.begin(), pending_.end(),
                   [tag](const Pending& p) { return p.tag == tag; });
  if (answered == pending_.end()) {
    if (!IsTag(tag)) out.Anomaly("imap.malformed_reply");
    return unread_.Take() ? Next(Want::kMore) : End(out);
  }
  const Verb verb = answered->verb;
  pending_.erase(answered);
  const absl::string_view status = TakeWord(&rest);
  OnCapabilities(rest);
  return OnTagged(verb, status, out);
}

void ImapAnalyzer::OnUntagged(absl::string_view line, AnalyzerOutput& out) {
  absl::string_view rest = line;
  const absl::string_view word = TakeWord(&rest);
  if (absl::EqualsIgnoreCase(word, "CAPABILITY")) {
    OnCapabilities(line);
  } else if (absl::EqualsIgnoreCase(word, "ID")) {
    server_id_ = ClientOfId(rest);
  } else if (commands_ == 0 && server_software_.empty() &&
             (word == "OK" || word == "PREAUTH" || word == "BYE")) {
    out.Identify(Protocol::kImap, ProtocolBasis::kDecoded, 100);
    OnCapabilities(rest);
    if (absl::StartsWith(rest, "[")) {
      rest.remove_prefix(std::min(rest.find(']'), rest.size() - 1) + 1);
    }
    server_software_ = std::string(
        absl::StripLeadingAsciiWhitespace(rest).substr(0, kMaxText));
  } else if (word == "OK") {
    OnCapabilities(rest);
  }
}

// "CAPABILITY IMAP4rev1 ..." or "[CAPABILITY IMAP4rev1 ...] text".
void ImapAnalyzer::OnCapabilities(absl::string_view text) {
  if (absl::StartsWith(text, "[")) {
    text.remove_prefix(1);
    text = text.substr(0, text.find(']'));
  }
  if (!absl::EqualsIgnoreCase(TakeWord(&text), "CAPABILITY")) return;
  capabilities_.clear();
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    if (word.empty() || word.size() > kMaxWord || !IsPrintable(word)) continue;
    if (capabilities_.size() == kMaxCapabilities) break;
    capabilities_.push_back(absl::AsciiStrToUpper(word));
  }
}

Next ImapAnalyzer::OnTagged(Verb verb, absl::string_view status,
                            AnalyzerOutput& out) {
  const bool ok = absl::EqualsIgnoreCase(status, "OK");
  switch (verb) {
    case Verb::kStartTls:
      if (!ok) break;
      starttls_ = true;
      Tell(out);
      return Want::kOther;
    case Verb::kAuthenticate:
    case Verb::kLogin:
      in_auth_ = false;
      login_ = ok ? Login::kSucceeded : Login::kFailed;
      if (!ok) ++failed_logins_;
      Tell(out);
      return ok ? Want::kDone : Want::kMore;
    case Verb::kWork:
    case Verb::kCompress:
      // Somebody logged in before this was seen.
      if (ok) return End(out);
      break;
    default:
      break;
  }
  return Want::kMore;
}

Next ImapAnalyzer::OnGap(bool from_originator, uint64_t bytes,
                         AnalyzerOutput& out) {
  if (lines_[from_originator ? 0 : 1].Gap(bytes)) return Want::kMore;
  return End(out);
}

void ImapAnalyzer::Tell(AnalyzerOutput& out) {
  told_ = true;
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kServerSoftware, server_software_);
  for (const std::string& name : capabilities_) {
    event.Set(field::kCapabilities, name);
  }
  event.Set(field::kClientId, client_id_);
  event.Set(field::kServerId, server_id_);
  event.Set(field::kStarttls, starttls_);
  event.Set(field::kAuthMechanism, auth_mechanism_);
  event.Set(field::kAccount, account_);
  event.Set(field::kLogin, static_cast<uint64_t>(login_));
  event.SetTrue(field::kCleartextPassword, cleartext_password_);
  event.Set(field::kFailedLogins, failed_logins_);
  event.Set(field::kCommands, commands_);
}

size_t ImapAnalyzer::MemoryBytes() const {
  size_t bytes = sizeof(*this) + lines_[0].MemoryBytes() +
                 lines_[1].MemoryBytes() + server_software_.capacity() +
                 client_id_.capacity() + server_id_.capacity() +
                 auth_mechanism_.capacity() + account_.capacity() +
                 capabilities_.capacity() * sizeof(std::string) +
                 pending_.size() * sizeof(Pending);
  for (const std::string& name : capabilities_) bytes += name.capacity();
  for (const Pending& command : pending_) bytes += command.tag.capacity();
  return bytes;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<ImapAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kImap,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::imap
