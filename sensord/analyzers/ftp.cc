#include "sensord/analyzers/ftp.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "sensord/analyzers/allowance.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/analyzers/ftp_message.h"
#include "sensord/analyzers/line_reader.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/analyzers/masked_path.h"
#include "sensord/event/fields/ftp.h"

namespace tapline::ftp {
namespace {

namespace field = fields::ftp;

constexpr size_t kMaxLine = 2048;
constexpr size_t kMaxText = 255;
constexpr size_t kMaxPending = 32;
// RFC 854: what a client sends before ABOR to be heard at once.
constexpr char kFirstTelnetByte = '\xf0';

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 21, Protocol::kFtp},
    {UnitPort::kTcp, 2121, Protocol::kFtp},
};

// POP3 and IRC have USER and PASS too.
constexpr absl::string_view kShared[] = {"USER", "PASS", "QUIT"};
constexpr absl::string_view kOwn[] = {
    "AUTH TLS", "AUTH SSL", "FEAT", "SYST", "PASV", "EPSV", "STOR", "CWD",
    "TYPE",     "MLSD",     "PWD",  "XPWD", "CLNT", "HOST", "PORT", "OPTS"};

Match ProbeServer(absl::string_view text, absl::string_view client) {
  // Enough for the port to decide when neither does.
  constexpr size_t kLongGreeting = 1024;
  const absl::string_view greeting = text.substr(0, 3);
  if (text.size() < 4) {
    return absl::StartsWith("220", greeting) ? Match::kMore : Match::kNo;
  }
  const bool code = greeting == "220" || greeting == "120" ||
                    greeting == "421" || greeting == "530";
  if (!code || (text[3] != ' ' && text[3] != '-')) return Match::kNo;
  if (ContainsNoCase(text, "SMTP")) return Match::kNo;
  if (ContainsNoCase(text, "FTP")) return Match::kYes;
  if (client.empty()) {
    return text.size() < kLongGreeting ? Match::kMore : Match::kWeak;
  }
  const Match shared = MatchVerb(client, kShared);
  return shared != Match::kNo ? shared : MatchVerb(client, kOwn);
}

Match Probe(const Opening& opening) {
  const absl::string_view client = TextOf(opening.from_originator);
  if (!opening.originator_first) {
    return ProbeServer(TextOf(opening.from_responder), client);
  }
  const Match own = MatchVerb(client, kOwn);
  if (own != Match::kNo || opening.responder_port != kPorts[0].port) return own;
  const Match shared = MatchVerb(client, kShared);
  return shared == Match::kYes ? Match::kWeak : shared;
}

class FtpAnalyzer final : public Analyzer {
 public:
  explicit FtpAnalyzer(const FlowIdentity& flow)
      : ends_{flow.originator, flow.responder} {}

  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override;
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override {
    OnEnd(out);
    return Want::kDone;
  }
  size_t MemoryBytes() const override;

 private:
  // A command whose last reply has not come.
  struct Pending {
    Verb verb = Verb::kOther;
    std::string word;
    std::string path;
    DataEndpoint endpoint;
    bool passive = false;
    uint64_t bytes = 0;
    uint32_t status = 0;
  };

  Next OnClientLine(absl::string_view line, AnalyzerOutput& out);
  void OnActive(const Pending& command, absl::string_view argument,
                AnalyzerOutput& out);
  Next OnServerLine(absl::string_view line, AnalyzerOutput& out);
  Next OnReply(const ReplyLine& reply, AnalyzerOutput& out);
  void OnPassive(const Pending& command, absl::string_view text,
                 AnalyzerOutput& out);
  void OnLogin(const Pending& command, const ReplyLine& reply,
               AnalyzerOutput& out);
  void CheckAddress(bool client, AnalyzerOutput& out);
  void Tell(const Pending* command, AnalyzerOutput& out);

  const IpAddress& client_address() const { return ends_[reversed_ ? 1 : 0]; }
  const IpAddress& server_address() const { return ends_[reversed_ ? 0 : 1]; }

  const IpAddress ends_[2];
  // [0] from the originator.
  LineReader lines_[2] = {LineReader(kMaxLine), LineReader(kMaxLine)};
  // The flow's originator is the server: its beginning was not seen.
  bool reversed_ = false;
  bool began_ = false;
  bool greeted_ = false;
  bool told_ = false;
  bool tls_ = false;
  bool anonymous_ = false;
  bool passive_ = false;
  Login login_ = Login::kUnknown;
  bool cleartext_password_ = false;
  uint32_t failed_logins_ = 0;
  uint32_t commands_ = 0;
  // Lines that are no commands or no replies.
  Allowance unread_;
  // Of a reply of several lines; 0 outside.
  int open_reply_ = 0;
  std::string server_software_;
  std::string system_;
  std::string account_;
  // For the next transfer.
  DataEndpoint endpoint_;
  std::deque<Pending> pending_;
};

Next FtpAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  LineReader& lines = lines_[segment.from_originator ? 0 : 1];
  lines.Add(segment.bytes);
  for (absl::string_view line; lines.Next(&line);) {
    if (!began_) {
      ReplyLine reply;
      reversed_ =
          segment.midstream && segment.from_originator && reply.Read(line);
      greeted_ = segment.midstream;
      began_ = true;
    }
    if (lines.cut()) out.Anomaly("ftp.long_line");
    const Next next = segment.from_originator != reversed_
                          ? OnClientLine(line, out)
                          : OnServerLine(line, out);
    if (next.want == Want::kOther) {
      if (lines.rest() > 0 || !pending_.empty()) {
        out.Anomaly("ftp.data_after_auth_tls");
      }
      return {Want::kOther, lines.rest()};
    }
    if (next.want != Want::kMore) return next;
  }
  return Want::kMore;
}

Next FtpAnalyzer::OnClientLine(absl::string_view line, AnalyzerOutput& out) {
  while (!line.empty() && static_cast<uint8_t>(line[0]) >=
                              static_cast<uint8_t>(kFirstTelnetByte)) {
    line.remove_prefix(1);
  }
  if (line.empty()) return Want::kMore;
  Pending command;
  absl::string_view argument = line;
  command.word = absl::AsciiStrToUpper(TakeWord(&argument).substr(0, 8));
  command.verb = VerbOf(command.word);
  ++commands_;
  switch (command.verb) {
    case Verb::kUser:
      anonymous_ = absl::EqualsIgnoreCase(argument, "anonymous") ||
                   absl::EqualsIgnoreCase(argument, "ftp");
      account_ = anonymous_ ? std::string() : MaskedName(argument);
      cleartext_password_ = false;
      out.Identify(Protocol::kFtp, ProtocolBasis::kDecoded, 100);
      break;
    case Verb::kPass:
      cleartext_password_ = !anonymous_ && !argument.empty();
      break;
    case Verb::kActive:
      OnActive(command, argument, out);
      break;
    case Verb::kFile:
      command.path = MaskedFilePath(argument);
      command.endpoint = std::exchange(endpoint_, DataEndpoint());
      command.passive = passive_;
      break;
    case Verb::kUnknown:
      out.Anomaly("ftp.unknown_command");
      if (unread_.Take()) break;
      OnEnd(out);
      return Want::kDone;
    default:
      break;
  }
  if (pending_.size() == kMaxPending) {
    // The server is not seen.
    if (pending_.front().verb == Verb::kFile) Tell(&pending_.front(), out);
    pending_.pop_front();
  }
  pending_.push_back(std::move(command));
  return Want::kMore;
}

void FtpAnalyzer::OnActive(const Pending& command, absl::string_view argument,
                           AnalyzerOutput& out) {
  passive_ = false;
  const bool good = command.word == "EPRT" ? endpoint_.ReadExtended(argument)
                                           : endpoint_.ReadPort(argument);
  if (!good) out.Anomaly("ftp.bad_data_endpoint");
  CheckAddress(true, out);
}

void FtpAnalyzer::OnPassive(const Pending& command, absl::string_view text,
                            AnalyzerOutput& out) {
  passive_ = true;
  const bool good = command.word == "EPSV" ? endpoint_.ReadExtended(text)
                                           : endpoint_.ReadPort(text);
  if (!good) out.Anomaly("ftp.bad_data_endpoint");
  CheckAddress(false, out);
}

void FtpAnalyzer::CheckAddress(bool client, AnalyzerOutput& out) {
  if (!endpoint_.has_address) return;
  if (endpoint_.address != (client ? client_address() : server_address())) {
    out.Anomaly("ftp.foreign_data_address");
  }
}

Next FtpAnalyzer::OnServerLine(absl::string_view line, AnalyzerOutput& out) {
  ReplyLine reply;
  const bool good = reply.Read(line);
  if (open_reply_ != 0) {
    // Anything may stand between the first line and the last one (RFC 959 4.2).
    if (reply.code != open_reply_ || !reply.last) return Want::kMore;
  } else if (!good) {
    out.Anomaly("ftp.malformed_reply");
    if (!unread_.Take()) {
      OnEnd(out);
      return Want::kDone;
    }
    if (reply.code == 0) return Want::kMore;
  }
  if (!greeted_ && server_software_.empty()) {
    server_software_ = std::string(reply.text.substr(0, kMaxText));
  }
  open_reply_ = reply.last ? 0 : reply.code;
  return reply.last ? OnReply(reply, out) : Next(Want::kMore);
}

Next FtpAnalyzer::OnReply(const ReplyLine& reply, AnalyzerOutput& out) {
  if (!greeted_) {
    // 120: the service is not ready yet.
    greeted_ = reply.code >= 200;
    if (reply.code == 220) {
      out.Identify(Protocol::kFtp, ProtocolBasis::kDecoded, 100);
    }
    return Want::kMore;
  }
  if (pending_.empty()) return Want::kMore;
  if (reply.code < 200) {
    pending_.front().bytes = AnnouncedBytes(reply.text);
    return Want::kMore;
  }
  Pending command = std::move(pending_.front());
  pending_.pop_front();
  command.status = static_cast<uint32_t>(reply.code);
  switch (command.verb) {
    case Verb::kUser:
    case Verb::kPass:
    case Verb::kAcct:
      OnLogin(command, reply, out);
      break;
    case Verb::kAuth:
      if (reply.code != 234) break;
      tls_ = true;
      Tell(nullptr, out);
      return Want::kOther;
    case Verb::kSystem:
      if (reply.IsPositive()) {
        system_ = std::string(reply.text.substr(0, kMaxText));
      }
      break;
    case Verb::kPassive:
      if (reply.IsPositive()) OnPassive(command, reply.text, out);
      break;
    case Verb::kFile:
      Tell(&command, out);
      break;
    case Verb::kQuit:
      OnEnd(out);
      return Want::kDone;
    default:
      break;
  }
  return Want::kMore;
}

void FtpAnalyzer::OnLogin(const Pending& command, const ReplyLine& reply,
                          AnalyzerOutput& out) {
  // 3xx: the next step is wanted. A name alone is refused as a login only by
  // 530; other codes are of the command.
  const bool refused =
      command.verb == Verb::kUser ? reply.code == 530 : reply.code >= 400;
  if (!reply.IsPositive() && !refused) return;
  login_ = refused ? Login::kFailed : Login::kSucceeded;
  if (refused) ++failed_logins_;
  Tell(nullptr, out);
}

void FtpAnalyzer::OnEnd(AnalyzerOutput& out) {
  for (const Pending& command : pending_) {
    if (command.verb == Verb::kFile) Tell(&command, out);
  }
  pending_.clear();
  if (!told_) Tell(nullptr, out);
}

void FtpAnalyzer::Tell(const Pending* command, AnalyzerOutput& out) {
  told_ = true;
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kServerSoftware, server_software_);
  event.Set(field::kSystem, system_);
  event.Set(field::kTls, tls_);
  event.Set(field::kAccount, account_);
  event.Set(field::kAnonymous, anonymous_);
  event.Set(field::kLogin, static_cast<uint64_t>(login_));
  event.SetTrue(field::kCleartextPassword, cleartext_password_);
  event.Set(field::kFailedLogins, failed_logins_);
  event.Set(field::kCommands, commands_);
  if (command == nullptr) return;
  event.Set(field::kCommand, command->word);
  event.Set(field::kPath, command->path);
  event.Set(field::kStatus, command->status);
  event.Set(field::kSizeBytes, command->bytes);
  event.Set(field::kPassive, command->passive && command->endpoint.port != 0);
  event.Set(field::kDataPort, command->endpoint.port);
  if (command->endpoint.has_address) {
    event.SetSafe(field::kDataAddress, command->endpoint.address.ToString());
  }
}

size_t FtpAnalyzer::MemoryBytes() const {
  size_t bytes = sizeof(*this) + lines_[0].MemoryBytes() +
                 lines_[1].MemoryBytes() + server_software_.capacity() +
                 system_.capacity() + account_.capacity() +
                 pending_.size() * sizeof(Pending);
  for (const Pending& command : pending_) {
    bytes += command.word.capacity() + command.path.capacity();
  }
  return bytes;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& flow) {
  return std::make_unique<FtpAnalyzer>(flow);
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kFtp,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::ftp
