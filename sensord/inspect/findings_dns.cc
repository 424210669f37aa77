// Findings about name resolution (D12).

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "sensord/inspect/findings.h"

namespace tapline::findings {
namespace {

// Response codes of RFC 1035 4.1.1.
constexpr uint32_t kServerFailure = 2;
constexpr uint32_t kNoSuchName = 3;
constexpr uint32_t kRefused = 5;

constexpr uint64_t kMinNxdomain = 3;
constexpr double kNxdomainShare = 0.5;
constexpr uint64_t kMinUnanswered = 3;
constexpr uint64_t kSlowNanos = 1'000'000'000;
// RFC 1035 allows 253; people and content networks stay below this.
constexpr size_t kLongName = 100;
constexpr size_t kLongLabel = 24;
constexpr uint64_t kRepeats = 10;

// Calls `use` with each DNS event, in order.
template <typename Use>
void ForEachDns(const FlowFacts& facts, const Use& use) {
  for (const v1::Event* event : facts.events) {
    if (event->has_dns()) use(*event, event->dns());
  }
}

// Bits a character of what a text's letters say.
double Entropy(absl::string_view text) {
  std::array<int, 256> counts{};
  for (const char c : text) ++counts[static_cast<uint8_t>(c)];
  double bits = 0;
  for (const int count : counts) {
    if (count == 0) continue;
    const double share = count / static_cast<double>(text.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

bool LooksRandom(absl::string_view label) {
  if (label.size() < kLongLabel || absl::StartsWith(label, "xn--")) {
    return false;
  }
  const auto digits =
      std::count_if(label.begin(), label.end(),
                    [](unsigned char c) { return absl::ascii_isdigit(c); });
  // Words run together stay below 4 bits; hexadecimal cannot reach it.
  const double bits = Entropy(label);
  return bits >= 4.0 || (digits >= 6 && bits >= 3.3);
}

}  // namespace

void DnsNxdomain(const FlowFacts& facts, FindingWriter& out) {
  ForEachDns(facts, [&](const v1::Event& event, const v1::Dns& dns) {
    if (!dns.answered() || dns.rcode() != kNoSuchName) return;
    out.Value("dns.qry.name", dns.name());
    out.Rests(event);
  });
}

void DnsNxdomainRate(const FlowFacts& facts, FindingWriter& out) {
  uint64_t missing = 0;
  uint64_t answered = 0;
  ForEachDns(facts, [&](const v1::Event&, const v1::Dns& dns) {
    answered += dns.answered();
    missing += dns.answered() && dns.rcode() == kNoSuchName;
  });
  if (missing < kMinNxdomain) return;
  const double share =
      static_cast<double>(missing) / static_cast<double>(answered);
  if (share < kNxdomainShare) return;
  out.Value("nxdomain", absl::StrCat(missing, " of ", answered, " answers"),
            absl::StrFormat("at least %d and %.0f%%", kMinNxdomain,
                            kNxdomainShare * 100));
  out.Count(missing);
}

void DnsServerError(const FlowFacts& facts, FindingWriter& out) {
  ForEachDns(facts, [&](const v1::Event& event, const v1::Dns& dns) {
    if (!dns.answered() ||
        (dns.rcode() != kServerFailure && dns.rcode() != kRefused)) {
      return;
    }
    out.Value("dns.qry.name", dns.name(),
              dns.rcode() == kRefused ? "not REFUSED" : "not SERVFAIL");
    out.Rests(event);
  });
}

void DnsUnanswered(const FlowFacts& facts, FindingWriter& out) {
  uint64_t unanswered = 0;
  ForEachDns(facts, [&](const v1::Event&, const v1::Dns& dns) {
    unanswered += !dns.answered() && !dns.unmatched();
  });
  if (unanswered < kMinUnanswered) return;
  // Groups answer with messages of their own (mDNS).
  if (facts.flow.responder().scope() == v1::SCOPE_MULTICAST) return;
  out.AtLeast("unanswered", unanswered, kMinUnanswered);
  out.Count(unanswered);
}

void DnsSlow(const FlowFacts& facts, FindingWriter& out) {
  uint64_t slowest = 0;
  ForEachDns(facts, [&](const v1::Event& event, const v1::Dns& dns) {
    if (dns.rtt_ns() < kSlowNanos) return;
    slowest = std::max(slowest, dns.rtt_ns());
    out.Rests(event);
  });
  if (slowest == 0) return;
  out.Value("dns.rtt", absl::StrFormat("%.1f s", slowest / 1e9),
            "less than 1 s");
}

void DnsLongName(const FlowFacts& facts, FindingWriter& out) {
  ForEachDns(facts, [&](const v1::Event& event, const v1::Dns& dns) {
    if (dns.name().size() <= kLongName) return;
    out.Value("length", dns.name().size(), absl::StrCat("at most ", kLongName));
    out.Rests(event);
  });
}

void DnsRandomLabel(const FlowFacts& facts, FindingWriter& out) {
  uint64_t names = 0;
  ForEachDns(facts, [&](const v1::Event& event, const v1::Dns& dns) {
    for (const absl::string_view label : absl::StrSplit(dns.name(), '.')) {
      if (!LooksRandom(label)) continue;
      out.Value("label", std::string(label),
                absl::StrFormat("%.1f bits a character in %d", Entropy(label),
                                label.size()));
      out.Rests(event);
      ++names;
      return;
    }
  });
  // Content networks have such a name now and then.
  if (names == 1) out.Severity(v1::FINDING_SEVERITY_NOTE);
}

void DnsRepeated(const FlowFacts& facts, FindingWriter& out) {
  absl::flat_hash_map<std::string, uint64_t> asked;
  const std::string* most = nullptr;
  uint64_t times = 0;
  ForEachDns(facts, [&](const v1::Event&, const v1::Dns& dns) {
    const uint64_t now = ++asked[absl::StrCat(dns.type(), " ", dns.name())];
    if (now > times) {
      times = now;
      most = &dns.name();
    }
  });
  if (times < kRepeats) return;
  out.Value("dns.qry.name", *most);
  out.AtLeast("times", times, kRepeats);
  out.Count(times);
}

void DnsPunycode(const FlowFacts& facts, FindingWriter& out) {
  ForEachDns(facts, [&](const v1::Event& event, const v1::Dns& dns) {
    const bool encoded = absl::StartsWith(dns.name(), "xn--") ||
                         absl::StrContains(dns.name(), ".xn--");
    if (!encoded) return;
    out.Value("dns.qry.name", dns.name());
    out.Rests(event);
  });
}

void DnsMalformed(const FlowFacts& facts, FindingWriter& out) {
  ForEachDns(facts, [&](const v1::Event& event, const v1::Dns& dns) {
    if (!dns.malformed()) return;
    if (!out.fired()) out.Value("malformed", "yes", "no");
    out.Rests(event);
  });
}

}  // namespace tapline::findings
