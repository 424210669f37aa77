#include "finding_cases.h"

namespace tapline::testing {
namespace {

constexpr int64_t kDay = 86'400;

// A handshake with a certificate that is fine for 90 days.
v1::Tls& Tls(FlowStory& s) {
  v1::Tls& tls = *s.Event().mutable_tls();
  tls.set_sni("www.example.com");
  tls.add_versions_offered("TLS 1.2");
  tls.set_version("TLS 1.2");
  tls.set_cipher("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  v1::TlsCertificate& leaf = *tls.add_certificates();
  leaf.set_subject("CN=www.example.com");
  leaf.add_san("www.example.com");
  leaf.set_san_count(1);
  leaf.mutable_not_before()->set_seconds(FlowStory::kStart - 30 * kDay);
  leaf.mutable_not_after()->set_seconds(FlowStory::kStart + 60 * kDay);
  return tls;
}

v1::TlsCertificate& Leaf(FlowStory& s) {
  return *Tls(s).mutable_certificates(0);
}

}  // namespace

std::vector<FindingCase> TlsCases() {
  return {
      {"tls.deprecated_version",
       [](FlowStory& s) { Tls(s).set_deprecated_version(true); },
       [](FlowStory& s) { Tls(s); }},
      {"tls.weak_cipher",
       [](FlowStory& s) { Tls(s).set_cipher("TLS_RSA_WITH_RC4_128_MD5"); },
       [](FlowStory& s) { Tls(s); }},
      {"tls.self_signed", [](FlowStory& s) { Leaf(s).set_self_signed(true); },
       [](FlowStory& s) { Tls(s); }},
      {"tls.expired", [](FlowStory& s) { Leaf(s).set_expired(true); },
       [](FlowStory& s) { Tls(s); }},
      {"tls.expires_soon",
       [](FlowStory& s) {
         Leaf(s).mutable_not_after()->set_seconds(FlowStory::kStart +
                                                  15 * kDay - 1);
       },
       [](FlowStory& s) {
         Leaf(s).mutable_not_after()->set_seconds(FlowStory::kStart +
                                                  15 * kDay);
       }},
      {"tls.valid_too_long",
       [](FlowStory& s) {
         Leaf(s).mutable_not_after()->set_seconds(FlowStory::kStart +
                                                  369 * kDay);
       },
       [](FlowStory& s) {
         Leaf(s).mutable_not_after()->set_seconds(FlowStory::kStart +
                                                  368 * kDay);
       }},
      {"tls.name_mismatch",
       [](FlowStory& s) { Tls(s).set_sni("a.b.example.com"); },
       [](FlowStory& s) {
         v1::Tls& tls = Tls(s);
         tls.set_sni("B.example.com");
         tls.mutable_certificates(0)->set_san(0, "*.Example.com");
       }},
      {"tls.no_sni", [](FlowStory& s) { Tls(s).clear_sni(); },
       [](FlowStory& s) { Tls(s); }},
      {"tls.fatal_alert",
       [](FlowStory& s) { Tls(s).add_alerts()->set_fatal(true); },
       [](FlowStory& s) { Tls(s).add_alerts()->set_fatal(false); }},
  };
}

}  // namespace tapline::testing
