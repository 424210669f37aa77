#include "sensord/inspect/flow_text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/schema/field_info.h"
#include "sensord/inspect/login.h"

namespace tapline {
namespace {

struct NumberName {
  uint32_t number;
  absl::string_view name;
};

// Those that are seen every day (IANA, DNS parameters).
constexpr NumberName kQueryTypes[] = {
    {1, "A"},     {2, "NS"},     {5, "CNAME"},  {6, "SOA"},
    {12, "PTR"},  {15, "MX"},    {16, "TXT"},   {28, "AAAA"},
    {33, "SRV"},  {35, "NAPTR"}, {43, "DS"},    {48, "DNSKEY"},
    {64, "SVCB"}, {65, "HTTPS"}, {252, "AXFR"}, {255, "ANY"}};
constexpr NumberName kResponseCodes[] = {{0, "NOERROR"},  {1, "FORMERR"},
                                         {2, "SERVFAIL"}, {3, "NXDOMAIN"},
                                         {4, "NOTIMP"},   {5, "REFUSED"}};

// As RFC 3597 5 writes types without a name: "TYPE65".
template <size_t N>
std::string NameOf(uint32_t number, const NumberName (&names)[N],
                   absl::string_view prefix) {
  for (const NumberName& known : names) {
    if (known.number == number) return std::string(known.name);
  }
  return absl::StrCat(prefix, number);
}

// How often each of a few names was seen: "A 12, AAAA 3".
class Counts {
 public:
  void Add(std::string name) {
    for (auto& [known, count] : counts_) {
      if (known != name) continue;
      ++count;
      return;
    }
    // Whoever makes names up is not followed further.
    if (counts_.size() < kMaxNames) counts_.emplace_back(std::move(name), 1);
  }

  // The most frequent first.
  void AppendTo(std::string& text, absl::string_view before) const {
    auto sorted = counts_;
    std::stable_sort(
        sorted.begin(), sorted.end(),
        [](const auto& a, const auto& b) { return a.second > b.second; });
    for (size_t i = 0; i < sorted.size() && i < kMaxShown; ++i) {
      absl::StrAppend(&text, ", ", i == 0 ? before : "", sorted[i].first, " ",
                      sorted[i].second);
    }
    if (sorted.size() > kMaxShown) absl::StrAppend(&text, ", ...");
  }

 private:
  static constexpr size_t kMaxNames = 64;
  static constexpr size_t kMaxShown = 6;

  std::vector<std::pair<std::string, uint64_t>> counts_;
};

constexpr size_t kMaxWord = 32;

void AddHandshakes(const FlowFacts& facts, std::string& text) {
  Counts handshakes;
  for (const v1::Event* event : facts.events) {
    if (event->has_tls()) {
      const v1::Tls& tls = event->tls();
      std::string what =
          tls.version().empty() ? "no TLS version agreed" : tls.version();
      if (tls.outcome() != v1::HANDSHAKE_OUTCOME_UNSPECIFIED) {
        absl::StrAppend(
            &what, " ",
            LowerEnumName(*v1::HandshakeOutcome_descriptor(), tls.outcome()));
      }
      handshakes.Add(std::move(what));
    } else if (event->has_quic()) {
      const v1::Quic& quic = event->quic();
      std::string what = absl::StrCat("QUIC ", quic.version());
      if (quic.state() != v1::QUIC_STATE_UNSPECIFIED) {
        absl::StrAppend(
            &what, " ",
            LowerEnumName(*v1::QuicState_descriptor(), quic.state()));
      }
      if (!quic.close_alert().empty()) {
        absl::StrAppend(&what, " (", quic.close_alert(), ")");
      }
      handshakes.Add(std::move(what));
    }
  }
  handshakes.AppendTo(text, "handshakes: ");
}

void AddHttp(const FlowFacts& facts, std::string& text) {
  Counts methods;
  Counts answers;
  for (const v1::Event* event : facts.events) {
    if (!event->has_http()) continue;
    const v1::Http& http = event->http();
    if (!http.method().empty()) methods.Add(http.method().substr(0, kMaxWord));
    answers.Add(http.status() == 0 ? std::string("unanswered")
                                   : absl::StrCat(http.status() / 100, "xx"));
  }
  methods.AppendTo(text, "requests: ");
  answers.AppendTo(text, "answers: ");
}

void AddDns(const FlowFacts& facts, std::string& text) {
  Counts types;
  Counts codes;
  for (const v1::Event* event : facts.events) {
    if (!event->has_dns()) continue;
    const v1::Dns& dns = event->dns();
    types.Add(NameOf(dns.type(), kQueryTypes, "TYPE"));
    codes.Add(dns.answered() ? NameOf(dns.rcode(), kResponseCodes, "RCODE")
                             : std::string("unanswered"));
  }
  types.AppendTo(text, "queries: ");
  codes.AppendTo(text, "answers: ");
}

void AddLogins(const FlowFacts& facts, std::string& text) {
  const Logins logins = LoginsOf(facts.events);
  if (logins.failed > 0) absl::StrAppend(&text, ", login failed");
  if (logins.failed > 1) absl::StrAppend(&text, " ", logins.failed, " times");
  if (logins.succeeded) absl::StrAppend(&text, ", login succeeded");
}

}  // namespace

std::string FlowText(const FlowFacts& facts) {
  const v1::Application& application = facts.flow.application();
  std::string text =
      application.protocol().empty() ? "unknown" : application.protocol();
  for (const std::string& earlier : application.earlier_protocols()) {
    absl::StrAppend(&text, " after ", earlier);
  }
  if (!application.host().empty()) {
    absl::StrAppend(&text, " to ", application.host());
  }
  if (application.encryption() != v1::ENCRYPTION_UNSPECIFIED) {
    absl::StrAppend(
        &text, ", ",
        LowerEnumName(*v1::Encryption_descriptor(), application.encryption()));
  }
  AddHandshakes(facts, text);
  AddHttp(facts, text);
  AddDns(facts, text);
  AddLogins(facts, text);
  absl::StrAppend(&text, ", ", PacketsOf(facts.flow), " packets, ",
                  BytesOf(facts.flow), " bytes");
  return text;
}

}  // namespace tapline
