// Findings about TLS (D14).

#include <array>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "sensord/inspect/findings.h"

namespace tapline::findings {
namespace {

constexpr int64_t kDaySeconds = 86'400;
constexpr int64_t kSoonDays = 14;
// What browsers accept (CA/Browser Forum, Baseline Requirements 6.3.2).
constexpr int64_t kLongestDays = 398;

// Parts of the names of suites that nobody should choose: no secrecy, no
// authentication, keys or blocks that are too short (RFC 7525, RFC 9325 4.1).
constexpr std::array<absl::string_view, 7> kWeak = {
    "_NULL_", "_EXPORT", "_RC4_", "_RC2_", "_DES_", "_3DES_", "_anon_"};

template <typename Use>
void ForEachTls(const FlowFacts& facts, const Use& use) {
  for (const v1::Event* event : facts.events) {
    if (event->has_tls()) use(*event, event->tls());
  }
}

// Calls `use` with the server's own certificate.
template <typename Use>
void ForEachLeaf(const FlowFacts& facts, const Use& use) {
  ForEachTls(facts, [&](const v1::Event& event, const v1::Tls& tls) {
    if (tls.certificates_size() > 0) use(event, tls, tls.certificates(0));
  });
}

int64_t DaysBetween(const google::protobuf::Timestamp& from,
                    const google::protobuf::Timestamp& to) {
  return (to.seconds() - from.seconds()) / kDaySeconds;
}

// RFC 6125 6.4.3: "*" stands for the whole first label.
bool Covers(const std::string& pattern, const std::string& name) {
  const std::string low = absl::AsciiStrToLower(pattern);
  if (low == name) return true;
  if (!absl::StartsWith(low, "*.")) return false;
  const size_t dot = name.find('.');
  return dot != std::string::npos && name.substr(dot) == low.substr(1);
}

}  // namespace

void TlsDeprecatedVersion(const FlowFacts& facts, FindingWriter& out) {
  ForEachTls(facts, [&](const v1::Event& event, const v1::Tls& tls) {
    if (!tls.deprecated_version()) return;
    out.Value("tls.version", tls.version(), "TLS 1.2 or newer");
    out.Rests(event);
  });
}

void TlsWeakCipher(const FlowFacts& facts, FindingWriter& out) {
  ForEachTls(facts, [&](const v1::Event& event, const v1::Tls& tls) {
    for (const absl::string_view part : kWeak) {
      if (!absl::StrContains(tls.cipher(), part)) continue;
      out.Value("tls.cipher", tls.cipher(), "one without known weakness");
      out.Rests(event);
      return;
    }
  });
}

void TlsSelfSigned(const FlowFacts& facts, FindingWriter& out) {
  ForEachLeaf(facts, [&](const v1::Event& event, const v1::Tls&,
                         const v1::TlsCertificate& leaf) {
    if (!leaf.self_signed()) return;
    out.Value("tls.subject", leaf.subject(), "signed by somebody else");
    out.Rests(event);
  });
}

void TlsExpired(const FlowFacts& facts, FindingWriter& out) {
  ForEachLeaf(facts, [&](const v1::Event& event, const v1::Tls&,
                         const v1::TlsCertificate& leaf) {
    if (!leaf.expired()) return;
    out.Value("tls.subject", leaf.subject());
    out.Value("tls.valid_days",
              DaysBetween(event.time(), leaf.not_after()) < 0
                  ? absl::StrCat("ended ",
                                 DaysBetween(leaf.not_after(), event.time()),
                                 " days ago")
                  : std::string("not begun"),
              "the time of the handshake");
    out.Rests(event);
  });
}

void TlsExpiresSoon(const FlowFacts& facts, FindingWriter& out) {
  ForEachLeaf(facts, [&](const v1::Event& event, const v1::Tls&,
                         const v1::TlsCertificate& leaf) {
    if (leaf.expired() || !leaf.has_not_after()) return;
    const int64_t days = DaysBetween(event.time(), leaf.not_after());
    if (days > kSoonDays) return;
    out.Value("tls.subject", leaf.subject());
    out.Value("days_left", absl::StrCat(days),
              absl::StrCat("more than ", kSoonDays));
    out.Rests(event);
  });
}

void TlsValidTooLong(const FlowFacts& facts, FindingWriter& out) {
  ForEachLeaf(facts, [&](const v1::Event& event, const v1::Tls&,
                         const v1::TlsCertificate& leaf) {
    // Of a private authority that is its own affair.
    if (leaf.self_signed() || leaf.authority() || !leaf.has_not_after()) {
      return;
    }
    const int64_t days = DaysBetween(leaf.not_before(), leaf.not_after());
    if (days <= kLongestDays) return;
    out.Value("tls.subject", leaf.subject());
    out.Value("valid_days", absl::StrCat(days),
              absl::StrCat("at most ", kLongestDays));
    out.Rests(event);
  });
}

void TlsNameMismatch(const FlowFacts& facts, FindingWriter& out) {
  ForEachLeaf(facts, [&](const v1::Event& event, const v1::Tls& tls,
                         const v1::TlsCertificate& leaf) {
    // With a longer list than is kept, the name may be in the rest.
    const bool complete =
        leaf.san_count() <= static_cast<uint32_t>(leaf.san_size());
    if (tls.sni().empty() || tls.ech() || leaf.malformed() || !complete) {
      return;
    }
    const std::string name = absl::AsciiStrToLower(tls.sni());
    for (const std::string& pattern : leaf.san()) {
      if (Covers(pattern, name)) return;
    }
    out.Value("tls.sni", tls.sni());
    out.Value("tls.san", absl::StrJoin(leaf.san(), ", ").substr(0, 200),
              "a name that covers it");
    out.Rests(event);
  });
}

void TlsNoSni(const FlowFacts& facts, FindingWriter& out) {
  ForEachTls(facts, [&](const v1::Event& event, const v1::Tls& tls) {
    const bool hello = tls.versions_offered_size() > 0;
    if (!hello || !tls.sni().empty() || tls.incomplete()) return;
    if (!out.fired()) out.Value("tls.sni", "none", "a name");
    out.Rests(event);
  });
}

void TlsFatalAlert(const FlowFacts& facts, FindingWriter& out) {
  ForEachTls(facts, [&](const v1::Event& event, const v1::Tls& tls) {
    for (const v1::TlsAlert& alert : tls.alerts()) {
      if (!alert.fatal()) continue;
      out.Value(alert.from_server() ? "server" : "client", alert.description());
      out.Rests(event);
    }
  });
}

}  // namespace tapline::findings
