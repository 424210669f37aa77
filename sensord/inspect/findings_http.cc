// Findings about HTTP (D13).

#include <algorithm>
#include <array>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/net/ip_address.h"
#include "sensord/inspect/findings.h"

namespace tapline::findings {
namespace {

constexpr uint64_t kSlowNanos = 1'000'000'000;

// Media types of programs (IANA, and those browsers and servers use).
constexpr std::array<absl::string_view, 9> kPrograms = {
    "application/x-dosexec",
    "application/x-msdownload",
    "application/vnd.microsoft.portable-executable",
    "application/x-executable",
    "application/x-elf",
    "application/x-msi",
    "application/x-mach-binary",
    "application/java-archive",
    "application/vnd.android.package-archive"};

// Calls `use` with each transaction, in order.
template <typename Use>
void ForEachHttp(const FlowFacts& facts, const Use& use) {
  for (const v1::Event* event : facts.events) {
    if (event->has_http()) use(*event, event->http());
  }
}

// Responses with a status of `first`..`last`.
void Statuses(const FlowFacts& facts, uint32_t first, uint32_t last,
              FindingWriter& out) {
  ForEachHttp(facts, [&](const v1::Event& event, const v1::Http& http) {
    if (http.status() < first || http.status() > last) return;
    out.Value("http.response.code", http.status(),
              absl::StrCat("below ", first));
    out.Rests(event);
  });
}

}  // namespace

void HttpClientError(const FlowFacts& facts, FindingWriter& out) {
  Statuses(facts, 400, 499, out);
}

void HttpServerError(const FlowFacts& facts, FindingWriter& out) {
  Statuses(facts, 500, 599, out);
}

void HttpSlow(const FlowFacts& facts, FindingWriter& out) {
  uint64_t slowest = 0;
  ForEachHttp(facts, [&](const v1::Event& event, const v1::Http& http) {
    if (http.response_time_ns() < kSlowNanos) return;
    slowest = std::max(slowest, http.response_time_ns());
    out.Rests(event);
  });
  if (slowest == 0) return;
  out.Value("http.time",
            absl::StrFormat("%.1f s", static_cast<double>(slowest) / 1e9),
            "less than 1 s");
}

void HttpSuspiciousPath(const FlowFacts& facts, FindingWriter& out) {
  ForEachHttp(facts, [&](const v1::Event& event, const v1::Http& http) {
    if (http.path_hints().empty()) return;
    out.Value("http.request.uri", http.path(),
              absl::StrJoin(http.path_hints(), ", "));
    out.Rests(event);
  });
}

void HttpNumericHost(const FlowFacts& facts, FindingWriter& out) {
  ForEachHttp(facts, [&](const v1::Event& event, const v1::Http& http) {
    if (!IpAddress::Parse(http.host()).ok()) return;
    if (!out.fired()) out.Value("http.host", http.host(), "a name");
    out.Rests(event);
  });
}

void HttpProgram(const FlowFacts& facts, FindingWriter& out) {
  ForEachHttp(facts, [&](const v1::Event& event, const v1::Http& http) {
    if (std::find(kPrograms.begin(), kPrograms.end(), http.content_type()) ==
        kPrograms.end()) {
      return;
    }
    out.Value("http.content_type", http.content_type());
    out.Rests(event);
  });
}

void HttpBasicAuth(const FlowFacts& facts, FindingWriter& out) {
  if (facts.flow.application().encryption() == v1::ENCRYPTION_ENCRYPTED) {
    return;
  }
  ForEachHttp(facts, [&](const v1::Event& event, const v1::Http& http) {
    if (http.auth_scheme() != "basic" && http.proxy_auth_scheme() != "basic") {
      return;
    }
    if (!out.fired()) {
      out.Value("http.auth_scheme", "basic", "one that hides the password");
    }
    out.Rests(event);
  });
}

}  // namespace tapline::findings
