#include "sensord/analyzers/telnet.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/analyzers/telnet_stream.h"
#include "sensord/event/fields/telnet.h"

namespace tapline::telnet {
namespace {

namespace field = fields::telnet;

constexpr size_t kMaxPrompt = 256;
constexpr size_t kMaxTerminal = 64;
// A session that shows no login by then is not looked at any longer.
constexpr uint64_t kMaxBytes = 64 << 10;

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 23, Protocol::kTelnet},
    {UnitPort::kTcp, 2323, Protocol::kTelnet},
};

constexpr absl::string_view kNamePrompts[] = {
    "login:", "username:", "user:", "user name:"};
constexpr absl::string_view kRefusals[] = {
    "incorrect", "invalid", "denied",    "failed",   "failure",     "bad pass",
    "wrong",     "refused", "not allow", "rejected", "unauthorized"};
constexpr absl::string_view kGreetings[] = {"last login", "welcome",
                                            "logged in", "motd", "busybox"};
constexpr absl::string_view kShellEnds = "$#>%";

// IAC with an option of the registry, or the beginning of a subnegotiation.
Match ProbeNegotiation(Bytes bytes) {
  constexpr uint8_t kHighestOption = 49;
  constexpr uint8_t kExtended = 255;
  if (bytes[0] != kIac) return Match::kNo;
  if (bytes.size() < 3) return Match::kMore;
  const bool option = bytes[2] <= kHighestOption || bytes[2] == kExtended;
  return bytes[1] >= kSb && bytes[1] <= kDont && option ? Match::kYes
                                                        : Match::kNo;
}

Match Probe(const Opening& opening) {
  const Bytes first = opening.first();
  if (first.empty()) return Match::kMore;
  const Match match = ProbeNegotiation(first);
  if (match != Match::kNo) return match;
  // A server may begin with its prompt.
  const bool port = opening.responder_port == kPorts[0].port;
  if (!port || opening.originator_first) return Match::kNo;
  const Bytes other = opening.from_originator;
  if (!other.empty() && ProbeNegotiation(other) == Match::kYes) {
    return Match::kYes;
  }
  const absl::string_view text = TextOf(first);
  return ContainsNoCase(text, "login:") || ContainsNoCase(text, "username:") ||
                 ContainsNoCase(text, "password:")
             ? Match::kWeak
             : Match::kMore;
}

template <size_t kSize>
bool ContainsOneOf(absl::string_view text,
                   const absl::string_view (&list)[kSize]) {
  return std::any_of(
      std::begin(list), std::end(list),
      [text](absl::string_view part) { return absl::StrContains(text, part); });
}

class TelnetAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override {
    OnEnd(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override;
  size_t MemoryBytes() const override {
    return sizeof(*this) + sides_[0].MemoryBytes() + sides_[1].MemoryBytes() +
           line_.capacity() + terminal_.capacity() + account_.capacity();
  }

 private:
  // Where a login stands.
  enum class Stage : uint8_t {
    kNone,
    // The server asked for a password; the client is typing.
    kTyping,
    // It is typed: the server's next words are its outcome.
    kAnswer,
  };

  void OnClientByte(uint8_t byte, AnalyzerOutput& out);
  void OnServerByte(uint8_t byte, AnalyzerOutput& out);
  // False when what follows cannot be read.
  bool OnSubnegotiation(int side, AnalyzerOutput& out);
  // The server's words at the end of a line, or before the client speaks.
  void JudgeLine(bool whole, AnalyzerOutput& out);
  void EndLogin(Login login, AnalyzerOutput& out);
  void Tell(AnalyzerOutput& out);
  void SetOptions(EventWriter& event, TextField field, int side) const;

  // [0] the originator.
  TelnetStream sides_[2];
  Stage stage_ = Stage::kNone;
  bool told_ = false;
  bool line_judged_ = false;
  bool tls_follows_[2] = {false, false};
  Login login_ = Login::kUnknown;
  bool cleartext_password_ = false;
  uint32_t failed_logins_ = 0;
  uint64_t bytes_[2] = {0, 0};
  // The server's line at hand, lower case.
  std::string line_;
  std::string terminal_;
  std::string account_;
};

Next TelnetAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  const int side = segment.from_originator ? 0 : 1;
  bytes_[side] += segment.bytes.size();
  for (size_t i = 0; i < segment.bytes.size(); ++i) {
    const uint8_t byte = segment.bytes[i];
    switch (sides_[side].Take(byte)) {
      case Seen::kNothing:
        break;
      case Seen::kData:
        if (side == 0) {
          OnClientByte(byte, out);
        } else {
          OnServerByte(byte, out);
        }
        break;
      case Seen::kSubnegotiation:
        if (!OnSubnegotiation(side, out)) {
          Tell(out);
          return Want::kDone;
        }
        break;
      case Seen::kMalformed:
        out.Anomaly("telnet.malformed");
        break;
    }
    if (login_ == Login::kSucceeded) return Want::kDone;
    if (tls_follows_[0] && tls_follows_[1]) {
      Tell(out);
      return {Want::kOther, segment.bytes.size() - i - 1};
    }
  }
  if (sides_[side].negotiates()) {
    out.Identify(Protocol::kTelnet, ProtocolBasis::kDecoded, 100);
  }
  if (bytes_[side] <= kMaxBytes) return Want::kMore;
  OnEnd(out);
  return Want::kDone;
}

void TelnetAnalyzer::OnServerByte(uint8_t byte, AnalyzerOutput& out) {
  if (byte == '\n' || byte == '\r') {
    if (!line_.empty()) JudgeLine(true, out);
    line_.clear();
    line_judged_ = false;
    return;
  }
  if (byte != 0 && line_.size() < kMaxPrompt) {
    line_ += absl::ascii_tolower(byte);
  }
}

void TelnetAnalyzer::OnClientByte(uint8_t byte, AnalyzerOutput& out) {
  if (!line_.empty() && !line_judged_) JudgeLine(false, out);
  if (login_ == Login::kSucceeded || stage_ != Stage::kTyping) return;
  if (byte == '\r' || byte == '\n') {
    stage_ = Stage::kAnswer;
    line_.clear();
  }
}

void TelnetAnalyzer::JudgeLine(bool whole, AnalyzerOutput& out) {
  line_judged_ = !whole;
  const absl::string_view text = absl::StripTrailingAsciiWhitespace(line_);
  const bool password = absl::StrContains(text, "password") ||
                        absl::StrContains(text, "passcode");
  const bool prompt = absl::EndsWith(text, ":");
  if (stage_ == Stage::kAnswer) {
    const bool asks_again =
        !whole && prompt && (password || ContainsOneOf(text, kNamePrompts));
    if (ContainsOneOf(text, kRefusals) || asks_again) {
      EndLogin(Login::kFailed, out);
    } else if (ContainsOneOf(text, kGreetings) ||
               (!whole && !text.empty() &&
                absl::StrContains(kShellEnds, text.substr(text.size() - 1)))) {
      EndLogin(Login::kSucceeded, out);
      return;
    }
  }
  if (!whole && password && prompt) stage_ = Stage::kTyping;
}

void TelnetAnalyzer::EndLogin(Login login, AnalyzerOutput& out) {
  stage_ = Stage::kNone;
  login_ = login;
  cleartext_password_ = true;
  if (login == Login::kFailed) ++failed_logins_;
  Tell(out);
}

bool TelnetAnalyzer::OnSubnegotiation(int side, AnalyzerOutput& out) {
  const absl::string_view sub = sides_[side].subnegotiation();
  if (sub.size() < 2) return true;
  const uint8_t verb = static_cast<uint8_t>(sub[1]);
  switch (static_cast<uint8_t>(sub[0])) {
    case kTerminalType:
      // IS.
      if (side == 0 && verb == 0 && terminal_.empty()) {
        terminal_ = absl::AsciiStrToLower(sub.substr(2, kMaxTerminal));
      }
      break;
    case kNewEnviron:
      if (side == 0 && account_.empty()) account_ = MaskedName(UserOf(sub));
      break;
    case kEncrypt:
      // START.
      if (verb != 3) break;
      out.Encrypted(true);
      return false;
    case kStartTls:
      // FOLLOWS.
      tls_follows_[side] |= verb == 1;
      break;
    default:
      break;
  }
  return true;
}

void TelnetAnalyzer::OnEnd(AnalyzerOutput& out) {
  if (!line_.empty() && !line_judged_) JudgeLine(false, out);
  if (!told_) Tell(out);
}

void TelnetAnalyzer::SetOptions(EventWriter& event, TextField field,
                                int side) const {
  for (int option = 0; option < 256; ++option) {
    if (sides_[side].will().test(static_cast<size_t>(option))) {
      event.SetSafe(field, OptionName(static_cast<uint8_t>(option)));
    }
  }
}

void TelnetAnalyzer::Tell(AnalyzerOutput& out) {
  told_ = true;
  EventWriter event = out.NewEvent(field::kEvent);
  SetOptions(event, field::kClientOptions, 0);
  SetOptions(event, field::kServerOptions, 1);
  event.Set(field::kTerminal, terminal_);
  event.Set(field::kAccount, account_);
  event.Set(field::kLogin, static_cast<uint64_t>(login_));
  event.SetTrue(field::kCleartextPassword, cleartext_password_);
  if (login_ != Login::kUnknown) {
    event.Set(field::kLoginBasis,
              static_cast<uint64_t>(ProtocolBasis::kInferred));
  }
  event.Set(field::kFailedLogins, failed_logins_);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<TelnetAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kTelnet,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::telnet
