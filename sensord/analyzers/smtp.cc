#include "sensord/analyzers/smtp.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "sensord/analyzers/allowance.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/analyzers/line_reader.h"
#include "sensord/analyzers/smtp_message.h"
#include "sensord/analyzers/smtp_probe.h"
#include "sensord/analyzers/smtp_session.h"

namespace tapline::smtp {
namespace {

constexpr size_t kMaxLine = 2048;
constexpr size_t kMaxPending = 128;

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 25, Protocol::kSmtp},
    {UnitPort::kTcp, 587, Protocol::kSmtp},
    {UnitPort::kTcp, 2525, Protocol::kSmtp},
};

class SmtpAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override;
  size_t MemoryBytes() const override;

 private:
  // A command whose reply has not come.
  struct Pending {
    Verb verb;
    // The mail it is about, and one it puts an end to; 0 for none.
    uint32_t mail;
    uint32_t ends;
  };

  Next End(AnalyzerOutput& out) {
    OnEnd(out);
    return Want::kDone;
  }
  // One more step of an exchange.
  Next OnAuthLine(AnalyzerOutput& out) {
    if (auth_lines_.Take()) return Want::kMore;
    out.Anomaly("smtp.long_auth");
    return End(out);
  }
  Next OnClientLine(absl::string_view line, AnalyzerOutput& out);
  void OnMailLine(absl::string_view line, AnalyzerOutput& out);
  void EndMail(AnalyzerOutput& out);
  // Waits for the reply of one more.
  void Await(const Pending& pending, AnalyzerOutput& out);
  Next OnCommand(absl::string_view line, AnalyzerOutput& out);
  Next OnChunk(absl::string_view argument, Pending* pending,
               AnalyzerOutput& out);
  Next OnServerLine(absl::string_view line, AnalyzerOutput& out);
  Next OnReply(const ReplyLine& reply, AnalyzerOutput& out);
  void OnMailReply(const Pending& pending, const ReplyLine& reply);
  Next OnAuthReply(const ReplyLine& reply, AnalyzerOutput& out);

  void Tell(const Mail* mail, AnalyzerOutput& out) {
    told_ = true;
    TellMailOf(session_, mail, out);
  }
  void TellMail(uint32_t id, AnalyzerOutput& out);

  LineReader& client() { return lines_[reversed_ ? 1 : 0]; }

  // [0] from the originator.
  LineReader lines_[2] = {LineReader(kMaxLine), LineReader(kMaxLine)};
  // The flow's originator is the server: its beginning was not seen.
  bool reversed_ = false;
  bool began_ = false;
  bool greeted_ = false;
  bool told_ = false;
  // Lines of the same reply are to come.
  bool in_reply_ = false;
  // What the client sends is an exchange of AUTH, or a mail.
  bool in_auth_ = false;
  bool in_mail_ = false;
  // In a mail: the line before ended with LF alone; an end was ambiguous.
  bool bare_lf_ = false;
  bool doubtful_end_ = false;
  Session session_;
  // Lines that are no commands or no replies; of the exchange of AUTH.
  Allowance unread_;
  Allowance auth_lines_;
  // Of the client's stream where the mail began; dots stuffed since.
  uint64_t mail_from_ = 0;
  uint64_t stuffed_ = 0;
  Mails mails_;
  std::deque<Pending> pending_;
};

Next SmtpAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
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
    const bool from_client = segment.from_originator != reversed_;
    if (lines.cut() && !in_mail_) out.Anomaly("smtp.long_line");
    const Next next =
        from_client ? OnClientLine(line, out) : OnServerLine(line, out);
    if (next.want == Want::kOther) {
      const bool early = lines.rest() > 0 || !pending_.empty();
      if (early) out.Anomaly("smtp.data_after_starttls");
      return {Want::kOther, lines.rest()};
    }
    if (next.want != Want::kMore) return next;
  }
  return Want::kMore;
}

Next SmtpAnalyzer::OnClientLine(absl::string_view line, AnalyzerOutput& out) {
  if (in_mail_) {
    OnMailLine(line, out);
    return Want::kMore;
  }
  if (in_auth_) {
    // Ends with the server's word, or with a command that no base64 is.
    if (!IsClient(line)) {
      // "*" gives up.
      session_.cleartext_password |=
          IsCleartextMechanism(session_.auth_mechanism) && line != "*";
      return OnAuthLine(out);
    }
    in_auth_ = false;
  }
  return OnCommand(line, out);
}

void SmtpAnalyzer::OnMailLine(absl::string_view line, AnalyzerOutput& out) {
  const bool bare_before = bare_lf_;
  bare_lf_ = client().bare_lf();
  if (!absl::StartsWith(line, ".")) return;
  if (line != ".") {
    ++stuffed_;
    return;
  }
  if (!bare_before && !bare_lf_) {
    EndMail(out);
    return;
  }
  doubtful_end_ = true;
  out.Anomaly("smtp.data_end_ambiguous");
  out.Ambiguous();
}

void SmtpAnalyzer::EndMail(AnalyzerOutput& out) {
  // ".", CR, LF.
  constexpr uint64_t kEnd = 3;
  const uint64_t passed = client().passed() - mail_from_;
  if (Mail* mail = mails_.current()) {
    mail->bytes += passed - std::min(passed, stuffed_ + kEnd);
  }
  in_mail_ = doubtful_end_ = false;
  Await({Verb::kMessage, mails_.current_id(), 0}, out);
  mails_.Close();
}

void SmtpAnalyzer::Await(const Pending& pending, AnalyzerOutput& out) {
  if (pending_.size() == kMaxPending) {
    // The server is not seen: what it would have said does not matter.
    const Pending oldest = pending_.front();
    pending_.pop_front();
    OnMailReply(oldest, ReplyLine());
    if (oldest.ends != 0) TellMail(oldest.ends, out);
    if (oldest.verb == Verb::kMessage) TellMail(oldest.mail, out);
  }
  pending_.push_back(pending);
}

Next SmtpAnalyzer::OnCommand(absl::string_view line, AnalyzerOutput& out) {
  absl::string_view argument = line;
  const absl::string_view word = TakeWord(&argument);
  Pending pending{VerbOf(word), 0, 0};
  ++session_.commands;
  Next next = Want::kMore;
  switch (pending.verb) {
    case Verb::kHello:
      session_.helo = std::string(argument.substr(0, Session::kMaxName));
      session_.extensions.clear();
      out.Identify(Protocol::kSmtp, ProtocolBasis::kDecoded, 100);
      break;
    case Verb::kAuth:
      session_.auth_mechanism = SaslMechanism(TakeWord(&argument));
      session_.cleartext_password =
          !argument.empty() && IsCleartextMechanism(session_.auth_mechanism);
      in_auth_ = true;
      auth_lines_ = Allowance();
      break;
    case Verb::kMail:
      pending.ends = mails_.current_id();
      if (mails_.IsFull()) TellMail(mails_.front().id, out);
      pending.mail = mails_.Begin().id;
      mails_.current()->from = MaskedAddress(argument);
      out.Identify(Protocol::kSmtp, ProtocolBasis::kDecoded, 100);
      break;
    case Verb::kRcpt:
      pending.mail = mails_.current_id();
      if (Mail* mail = mails_.current()) mail->AddRecipient(argument);
      break;
    case Verb::kData:
      pending.mail = mails_.current_id();
      in_mail_ = true;
      bare_lf_ = client().bare_lf();
      mail_from_ = client().passed();
      stuffed_ = 0;
      break;
    case Verb::kBdat:
      next = OnChunk(argument, &pending, out);
      break;
    case Verb::kUnknown:
      out.Anomaly("smtp.unknown_command");
      if (!unread_.Take()) next = Want::kDone;
      break;
    default:
      break;
  }
  if (pending.verb == Verb::kHello || pending.verb == Verb::kReset ||
      pending.verb == Verb::kQuit) {
    pending.ends = mails_.current_id();
    mails_.Close();
  }
  Await(pending, out);
  if (next.want != Want::kMore) OnEnd(out);
  return next;
}

Next SmtpAnalyzer::OnChunk(absl::string_view argument, Pending* pending,
                           AnalyzerOutput& out) {
  uint64_t bytes = 0;
  const absl::string_view size = TakeWord(&argument);
  if (!absl::SimpleAtoi(size, &bytes) || bytes > UINT32_MAX) {
    // Where the next command begins is not known.
    out.Anomaly("smtp.bad_chunk_size");
    return Want::kDone;
  }
  client().Skip(bytes);
  pending->mail = mails_.current_id();
  if (Mail* mail = mails_.current()) mail->bytes += bytes;
  if (absl::EqualsIgnoreCase(TakeWord(&argument), "LAST")) {
    pending->verb = Verb::kMessage;
    mails_.Close();
  }
  return Want::kMore;
}

Next SmtpAnalyzer::OnServerLine(absl::string_view line, AnalyzerOutput& out) {
  ReplyLine reply;
  if (!reply.Read(line)) {
    out.Anomaly("smtp.malformed_reply");
    return unread_.Take() ? Next(Want::kMore) : End(out);
  }
  if (!greeted_ || (reply.code == 220 && pending_.empty())) {
    if (session_.server_name.empty()) session_.SetGreeting(reply.text);
    greeted_ = reply.last;
    if (reply.last && reply.code == 220) {
      out.Identify(Protocol::kSmtp, ProtocolBasis::kDecoded, 100);
    }
    return Want::kMore;
  }
  // The first line of the reply to EHLO repeats the server's name.
  if (in_reply_ && reply.code == 250 && !pending_.empty() &&
      pending_.front().verb == Verb::kHello) {
    session_.AddExtension(reply.text);
  }
  in_reply_ = !reply.last;
  return reply.last ? OnReply(reply, out) : Next(Want::kMore);
}

Next SmtpAnalyzer::OnReply(const ReplyLine& reply, AnalyzerOutput& out) {
  if (in_mail_ && doubtful_end_ && pending_.empty()) EndMail(out);
  if (pending_.empty()) return Want::kMore;
  const Pending pending = pending_.front();
  if (pending.verb == Verb::kAuth && reply.code / 100 == 3) {
    return OnAuthLine(out);
  }
  pending_.pop_front();
  if (pending.ends != 0) TellMail(pending.ends, out);
  switch (pending.verb) {
    case Verb::kStartTls:
      if (!reply.IsPositive()) break;
      session_.starttls = true;
      Tell(nullptr, out);
      return Want::kOther;
    case Verb::kAuth:
      return OnAuthReply(reply, out);
    case Verb::kMail:
    case Verb::kRcpt:
    case Verb::kData:
    case Verb::kBdat:
    case Verb::kMessage:
      OnMailReply(pending, reply);
      if (pending.verb == Verb::kMessage) TellMail(pending.mail, out);
      break;
    case Verb::kQuit:
      if (!reply.IsPositive()) break;
      return End(out);
    default:
      break;
  }
  return Want::kMore;
}

void SmtpAnalyzer::OnMailReply(const Pending& pending, const ReplyLine& reply) {
  if (pending.verb == Verb::kData && reply.code >= 400) in_mail_ = false;
  Mail* mail = mails_.Find(pending.mail);
  if (mail == nullptr) return;
  if (pending.verb == Verb::kRcpt && reply.IsPositive()) ++mail->accepted;
  if (pending.verb == Verb::kMessage || reply.code >= 400) {
    mail->status = static_cast<uint32_t>(reply.code);
    mail->enhanced_status = std::string(EnhancedStatus(reply.text));
  }
}

Next SmtpAnalyzer::OnAuthReply(const ReplyLine& reply, AnalyzerOutput& out) {
  in_auth_ = false;
  session_.login = reply.IsPositive() ? Login::kSucceeded : Login::kFailed;
  if (session_.login == Login::kFailed) ++session_.failed_logins;
  Tell(nullptr, out);
  return Want::kMore;
}

Next SmtpAnalyzer::OnGap(bool from_originator, uint64_t bytes,
                         AnalyzerOutput& out) {
  if (lines_[from_originator ? 0 : 1].Gap(bytes)) return Want::kMore;
  return End(out);
}

void SmtpAnalyzer::OnEnd(AnalyzerOutput& out) {
  if (in_mail_) {
    // As much as came.
    if (Mail* mail = mails_.current()) {
      mail->bytes += client().passed() - mail_from_;
    }
  }
  while (!mails_.empty()) TellMail(mails_.front().id, out);
  if (!told_) Tell(nullptr, out);
}

void SmtpAnalyzer::TellMail(uint32_t id, AnalyzerOutput& out) {
  const Mail* mail = mails_.Find(id);
  if (mail == nullptr) return;
  Tell(mail, out);
  mails_.Erase(id);
}

size_t SmtpAnalyzer::MemoryBytes() const {
  return sizeof(*this) + lines_[0].MemoryBytes() + lines_[1].MemoryBytes() +
         session_.MemoryBytes() + mails_.MemoryBytes() +
         pending_.size() * sizeof(Pending);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<SmtpAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kSmtp,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::smtp
