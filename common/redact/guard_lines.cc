// Protocols of lines: commands whose arguments may be shown, by name.

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/redact/guard_line_grammar.h"

namespace tapline {
namespace {

using absl::string_view;

constexpr size_t kAll = string_view::npos;

struct Verb {
  string_view name;
  // Arguments that may be shown; all by default.
  int arguments = -1;
};

const Verb* FindVerb(absl::Span<const Verb> verbs, string_view word) {
  const auto found =
      std::find_if(verbs.begin(), verbs.end(), [&](const Verb& verb) {
        return absl::EqualsIgnoreCase(verb.name, word);
      });
  return found == verbs.end() ? nullptr : &*found;
}

bool BeginsVerb(absl::Span<const Verb> verbs, string_view part) {
  return std::any_of(verbs.begin(), verbs.end(), [&](const Verb& verb) {
    return absl::StartsWithIgnoreCase(verb.name, part);
  });
}

// How much of a line may be shown whose command begins at `from`.
size_t ShownByVerb(string_view line, bool complete,
                   absl::Span<const Verb> verbs, size_t from = 0) {
  size_t at = line.find(' ', from);
  const string_view word = line.substr(from, at - from);
  if (at == kAll && !complete) return BeginsVerb(verbs, word) ? kAll : from;
  const Verb* verb = FindVerb(verbs, word);
  if (verb == nullptr) return from;
  if (at == kAll || verb->arguments < 0) return kAll;
  for (int i = 0; i < verb->arguments && at != kAll; ++i) {
    at = line.find_first_not_of(' ', at);
    if (at != kAll) at = line.find(' ', at);
  }
  return at == kAll ? kAll : at + 1;
}

// Word `index` of a line, from 0.
string_view WordOf(string_view line, int index) {
  for (; index >= 0; --index) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const string_view word = line.substr(0, line.find(' '));
    if (index == 0) return word;
    line.remove_prefix(word.size());
  }
  return {};
}

bool HasWord(string_view line, int index, string_view word) {
  return absl::EqualsIgnoreCase(WordOf(line, index), word);
}

// RFC 959, 2228, 2389, 2428, 3659, 4217.
constexpr Verb kFtp[] = {
    {"USER"}, {"PASS", 0}, {"ACCT", 0}, {"ADAT", 0}, {"AUTH"}, {"CWD"},
    {"CDUP"}, {"XCWD"},    {"XPWD"},    {"QUIT"},    {"REIN"}, {"PORT"},
    {"PASV"}, {"TYPE"},    {"STRU"},    {"MODE"},    {"RETR"}, {"STOR"},
    {"STOU"}, {"APPE"},    {"ALLO"},    {"REST"},    {"RNFR"}, {"RNTO"},
    {"ABOR"}, {"DELE"},    {"RMD"},     {"MKD"},     {"XRMD"}, {"XMKD"},
    {"PWD"},  {"LIST"},    {"NLST"},    {"SYST"},    {"STAT"}, {"HELP"},
    {"NOOP"}, {"FEAT"},    {"OPTS"},    {"EPRT"},    {"EPSV"}, {"MDTM"},
    {"SIZE"}, {"MLST"},    {"MLSD"},    {"PBSZ"},    {"PROT"}, {"CCC"},
    {"LANG"}, {"CLNT"},    {"HOST"},    {"MFMT"}};

class FtpGrammar final : public LineGrammar {
  size_t ShownOf(bool client, string_view line, bool complete) override {
    return client ? ShownByVerb(line, complete, kFtp) : kAll;
  }
};

// RFC 5321, 3030, 3207, 1985, 4954.
constexpr Verb kSmtp[] = {
    {"EHLO"}, {"HELO"}, {"LHLO"}, {"MAIL"}, {"RCPT"}, {"DATA"},     {"RSET"},
    {"NOOP"}, {"QUIT"}, {"VRFY"}, {"EXPN"}, {"HELP"}, {"STARTTLS"}, {"ETRN"},
    {"BDAT"}, {"SEND"}, {"SOML"}, {"SAML"}, {"TURN"}, {"AUTH", 1}};

class SmtpGrammar final : public LineGrammar {
  size_t ShownOf(bool client, string_view line, bool complete) override {
    if (!client || data_) return kAll;
    return answering_ ? 0 : ShownByVerb(line, complete, kSmtp);
  }
  void LineDone(bool client, string_view line) override {
    if (!client) {
      if (absl::StartsWith(line, "334")) {
        answering_ = true;
      } else if (line.size() >= 3 && absl::ascii_isdigit(line[0]) &&
                 !absl::StartsWith(line, "220")) {
        answering_ = false;
      }
      if (absl::StartsWith(line, "354")) data_ = true;
      return;
    }
    if (data_) {
      data_ = line != ".";
      return;
    }
    if (HasWord(line, 0, "AUTH")) answering_ = true;
    uint64_t size = 0;
    if (HasWord(line, 0, "BDAT") && absl::SimpleAtoi(WordOf(line, 1), &size)) {
      Literal(size, false);
    }
  }
  // Between AUTH and what the server says of it.
  bool answering_ = false;
  bool data_ = false;
};

// RFC 1939, 2449, 2595, 5034, 6856.
constexpr Verb kPop3[] = {
    {"USER"}, {"PASS", 0}, {"APOP", 1}, {"AUTH", 1}, {"STAT"}, {"LIST"},
    {"RETR"}, {"DELE"},    {"NOOP"},    {"RSET"},    {"TOP"},  {"UIDL"},
    {"QUIT"}, {"CAPA"},    {"STLS"},    {"UTF8"},    {"LANG"}, {"LAST"}};

class Pop3Grammar final : public LineGrammar {
  size_t ShownOf(bool client, string_view line, bool complete) override {
    if (!client) return kAll;
    return answering_ ? 0 : ShownByVerb(line, complete, kPop3);
  }
  void LineDone(bool client, string_view line) override {
    if (client) {
      if (HasWord(line, 0, "AUTH")) answering_ = !WordOf(line, 1).empty();
    } else if (absl::StartsWith(line, "+ ") || line == "+") {
      answering_ = true;
    } else if (absl::StartsWithIgnoreCase(line, "+OK") ||
               absl::StartsWithIgnoreCase(line, "-ERR")) {
      answering_ = false;
    }
  }
  bool answering_ = false;
};

// RFC 9051 and extensions; AUTHENTICATE with its mechanism.
constexpr Verb kImap[] = {
    {"CAPABILITY"},   {"NOOP"},     {"LOGOUT"},    {"STARTTLS"},
    {"ENABLE"},       {"SELECT"},   {"EXAMINE"},   {"CREATE"},
    {"DELETE"},       {"RENAME"},   {"SUBSCRIBE"}, {"UNSUBSCRIBE"},
    {"LIST"},         {"LSUB"},     {"XLIST"},     {"NAMESPACE"},
    {"STATUS"},       {"APPEND"},   {"IDLE"},      {"CHECK"},
    {"CLOSE"},        {"UNSELECT"}, {"EXPUNGE"},   {"SEARCH"},
    {"FETCH"},        {"STORE"},    {"COPY"},      {"MOVE"},
    {"UID"},          {"SORT"},     {"THREAD"},    {"GETQUOTA"},
    {"GETQUOTAROOT"}, {"ID"},       {"GETACL"},    {"MYRIGHTS"},
    {"GETMETADATA"},  {"COMPRESS"}, {"LOGIN", 0},  {"AUTHENTICATE", 1}};

// n of a literal "{n}", "{n+}" at the end of a line.
bool LiteralOf(string_view line, uint64_t* size) {
  const size_t open = line.rfind('{');
  if (open == kAll || !absl::EndsWith(line, "}")) return false;
  string_view digits = line.substr(open + 1, line.size() - open - 2);
  if (absl::EndsWith(digits, "+") || absl::EndsWith(digits, "-")) {
    digits.remove_suffix(1);
  }
  return absl::SimpleAtoi(digits, size);
}

class ImapGrammar final : public LineGrammar {
  size_t ShownOf(bool client, string_view line, bool complete) override {
    if (!client) return kAll;
    if (continued_) return secret_ ? 0 : kAll;
    if (answering_) return 0;
    if (absl::EqualsIgnoreCase(line, "DONE")) return kAll;
    const size_t space = line.find(' ');
    // A tag is what the server repeats.
    if (space == kAll) return complete || line.size() > kMaxTag ? 0 : kAll;
    return ShownByVerb(line, complete, kImap, space + 1);
  }
  void LineDone(bool client, string_view line) override {
    if (!client) {
      if (absl::StartsWith(line, "+")) {
        // Also what goes on with a literal.
        answering_ = answering_ || !Expected();
      } else if (!absl::StartsWith(line, "*")) {
        answering_ = continued_ = false;
      }
      return;
    }
    if (!continued_) {
      if (HasWord(line, 1, "AUTHENTICATE")) answering_ = true;
      secret_ = ShownOf(true, line, true) != kAll;
      idle_ = HasWord(line, 1, "IDLE");
    }
    uint64_t size = 0;
    continued_ = !answering_ && LiteralOf(line, &size);
    if (continued_) Literal(size, secret_);
  }
  bool Expected() const { return continued_ || idle_; }

  // Tags as clients make them.
  static constexpr size_t kMaxTag = 16;
  // Between AUTHENTICATE and its end.
  bool answering_ = false;
  // Behind a literal the command goes on.
  bool continued_ = false;
  bool secret_ = false;
  bool idle_ = false;
};

// RFC 2812, IRCv3. A channel's key follows its name.
constexpr Verb kIrc[] = {
    {"NICK"},           {"USER"},    {"JOIN", 1},  {"PART"},    {"PRIVMSG"},
    {"NOTICE"},         {"MODE", 2}, {"TOPIC"},    {"NAMES"},   {"LIST"},
    {"INVITE"},         {"KICK"},    {"WHO"},      {"WHOIS"},   {"WHOWAS"},
    {"PING"},           {"PONG"},    {"AWAY"},     {"QUIT"},    {"CAP"},
    {"MOTD"},           {"LUSERS"},  {"VERSION"},  {"STATS"},   {"TIME"},
    {"INFO"},           {"ISON"},    {"USERHOST"}, {"PASS", 0}, {"OPER", 0},
    {"AUTHENTICATE", 0}};

class IrcGrammar final : public LineGrammar {
  size_t ShownOf(bool client, string_view line, bool complete) override {
    if (!client) return kAll;
    const bool message = absl::StartsWithIgnoreCase(line, "PRIVMSG ") ||
                         absl::StartsWithIgnoreCase(line, "NOTICE ");
    // Passwords go to services.
    const std::string lower = absl::AsciiStrToLower(line);
    for (const string_view word : {"serv", "identify", "ghost", "recover",
                                   "register", " auth", ":login"}) {
      if (message && absl::StrContains(lower, word)) return 8;
    }
    return ShownByVerb(line, complete, kIrc);
  }
};

constexpr Verb kNats[] = {{"CONNECT", 0}, {"PUB"},  {"HPUB"}, {"SUB"},
                          {"UNSUB"},      {"PING"}, {"PONG"}};

class NatsGrammar final : public LineGrammar {
  size_t ShownOf(bool client, string_view line, bool complete) override {
    return client ? ShownByVerb(line, complete, kNats) : kAll;
  }
  void LineDone(bool client, string_view line) override {
    if (!client || !(HasWord(line, 0, "PUB") || HasWord(line, 0, "HPUB"))) {
      return;
    }
    uint64_t size = 0;
    const size_t last = line.rfind(' ');
    if (last == kAll || !absl::SimpleAtoi(line.substr(last + 1), &size)) return;
    Literal(size + 2, false);
  }
};

constexpr Verb kMemcached[] = {
    {"get"},       {"gets"},      {"gat"},     {"gats"},  {"touch"},
    {"delete"},    {"incr"},      {"decr"},    {"stats"}, {"version"},
    {"flush_all"}, {"verbosity"}, {"quit"},    {"set"},   {"add"},
    {"replace"},   {"append"},    {"prepend"}, {"cas"},   {"mg"},
    {"ms"},        {"md"},        {"ma"},      {"mn"},    {"me"}};

// Logs in with its first `set`, or in binary with SASL.
class MemcachedGrammar final : public LineGrammar {
  size_t ShownOf(bool client, string_view line, bool complete) override {
    if (!client) return kAll;
    if (!line.empty() && line[0] == '\x80') binary_ = true;
    return binary_ ? 0 : ShownByVerb(line, complete, kMemcached);
  }
  void LineDone(bool client, string_view line) override {
    if (!client || binary_) return;
    static constexpr string_view kStores[] = {"set",    "add",     "replace",
                                              "append", "prepend", "cas"};
    const string_view verb = WordOf(line, 0);
    const bool stores =
        std::count(std::begin(kStores), std::end(kStores), verb);
    uint64_t size = 0;
    const int at = verb == "ms" ? 2 : 4;
    if ((stores || verb == "ms") && absl::SimpleAtoi(WordOf(line, at), &size)) {
      Literal(size + 2, first_);
      first_ = false;
    }
  }
  bool first_ = true;
  bool binary_ = false;
};

class RsyncGrammar final : public LineGrammar {
  size_t ShownOf(bool client, string_view, bool) override {
    return client && asked_ ? 0 : kAll;
  }
  void LineDone(bool client, string_view line) override {
    if (!client) asked_ = absl::StartsWith(line, "@RSYNCD: AUTHREQD");
  }
  void LineLost(bool client) override { asked_ = asked_ || !client; }
  bool asked_ = false;
};

// JSON in lines; which call it is may stand behind the arguments.
class StratumGrammar final : public LineGrammar {
  size_t ShownOf(bool client, string_view line, bool) override {
    if (!client) return kAll;
    if (absl::StrContains(line, "authorize") ||
        absl::StrContains(line, "login")) {
      return 0;
    }
    for (const string_view call : {"submit", "mining.subscribe", "getjob",
                                   "keepalived", "eth_getWork"}) {
      if (absl::StrContains(line, call)) return kAll;
    }
    return 0;
  }
};

}  // namespace

GrammarPtr NewLineGrammar(string_view protocol) {
  if (protocol == "ftp") return std::make_unique<FtpGrammar>();
  if (protocol == "smtp") return std::make_unique<SmtpGrammar>();
  if (protocol == "pop3") return std::make_unique<Pop3Grammar>();
  if (protocol == "imap") return std::make_unique<ImapGrammar>();
  if (protocol == "irc") return std::make_unique<IrcGrammar>();
  if (protocol == "nats") return std::make_unique<NatsGrammar>();
  if (protocol == "memcached") return std::make_unique<MemcachedGrammar>();
  if (protocol == "rsync") return std::make_unique<RsyncGrammar>();
  if (protocol == "stratum") return std::make_unique<StratumGrammar>();
  for (const string_view name : {"http", "websocket", "sip", "rtsp", "ssdp"}) {
    if (protocol == name) return NewHeaderGrammar();
  }
  return nullptr;
}

}  // namespace tapline
