#include "sensord/analyzers/smtp_probe.h"

#include "absl/strings/match.h"
#include "sensord/analyzers/ascii_text.h"

namespace tapline::smtp {
namespace {

Match ProbeClient(absl::string_view text) {
  static constexpr absl::string_view kHellos[] = {"EHLO", "HELO", "LHLO"};
  static constexpr absl::string_view kMails[] = {"MAIL FROM:", "RCPT TO:"};
  Match match = MatchVerb(text, kHellos);
  for (const absl::string_view mail : kMails) {
    const absl::string_view begin = text.substr(0, mail.size());
    if (absl::EqualsIgnoreCase(begin, mail)) return Match::kYes;
    if (match == Match::kNo && absl::StartsWithIgnoreCase(mail, begin)) {
      match = Match::kMore;
    }
  }
  return match;
}

// FTP greets with the same code: the text or the client tells them apart.
Match ProbeServer(absl::string_view text, absl::string_view client) {
  // Enough for the port to decide when neither does.
  constexpr size_t kLongGreeting = 1024;
  const absl::string_view greeting = text.substr(0, 3);
  if (text.size() < 4) {
    return absl::StartsWith("220", greeting) ? Match::kMore : Match::kNo;
  }
  if ((greeting != "220" && greeting != "554" && greeting != "421") ||
      (text[3] != ' ' && text[3] != '-')) {
    return Match::kNo;
  }
  if (ContainsNoCase(text, "SMTP") || ContainsNoCase(text, "LMTP")) {
    return Match::kYes;
  }
  if (ContainsNoCase(text, "FTP")) return Match::kNo;
  if (!client.empty()) return ProbeClient(client);
  return text.size() < kLongGreeting ? Match::kMore : Match::kWeak;
}

}  // namespace

bool IsClient(absl::string_view text) {
  return ProbeClient(text) == Match::kYes;
}

Match Probe(const Opening& opening) {
  const absl::string_view client = TextOf(opening.from_originator);
  const absl::string_view server = TextOf(opening.from_responder);
  if (!opening.originator_first) return ProbeServer(server, client);
  ReplyLine reply;
  if (opening.midstream && reply.Read(client.substr(0, client.find('\r')))) {
    // Taken up in the middle, a flow may be the wrong way round.
    return server.empty() ? Match::kMore : ProbeClient(server);
  }
  return ProbeClient(client);
}

}  // namespace tapline::smtp
