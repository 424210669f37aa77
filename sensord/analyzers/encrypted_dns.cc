#include "sensord/analyzers/encrypted_dns.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace tapline {
namespace {

constexpr uint16_t kPort = 853;

// Public resolvers' DNS-over-HTTPS hosts, as their operators publish them; a
// leading dot stands for any name below.
constexpr absl::string_view kResolvers[] = {
    ".cloudflare-dns.com",
    "cloudflare-dns.com",
    ".cloudflare-gateway.com",
    "one.one.one.one",
    "dns.google",
    "dns64.dns.google",
    ".quad9.net",
    "doh.opendns.com",
    "doh.familyshield.opendns.com",
    "doh.sandbox.opendns.com",
    "dns.umbrella.com",
    "dns.nextdns.io",
    ".dns.nextdns.io",
    "dns.adguard.com",
    "dns-family.adguard.com",
    "dns.adguard-dns.com",
    ".adguard-dns.com",
    ".cleanbrowsing.org",
    "dns.controld.com",
    "freedns.controld.com",
    "dns.mullvad.net",
    ".dns.mullvad.net",
    "doh.dns.apple.com",
    "doh.xfinity.com",
    "doh.libredns.gr",
    "doh.applied-privacy.net",
    "doh.pub",
    "dns.alidns.com",
    "doh.360.cn",
    "dns.switch.ch",
    "dnsforge.de",
    "dns.digitale-gesellschaft.ch",
    "odvr.nic.cz",
    "protective.joindns4.eu",
    "unfiltered.joindns4.eu",
};

bool Offers(const std::vector<std::string>& alpn, absl::string_view name) {
  return std::find(alpn.begin(), alpn.end(), name) != alpn.end();
}

bool IsResolver(absl::string_view host) {
  return std::any_of(std::begin(kResolvers), std::end(kResolvers),
                     [host](absl::string_view known) {
                       return known[0] == '.' ? absl::EndsWith(host, known)
                                              : host == known;
                     });
}

}  // namespace

Carried CarriedDns(const std::vector<std::string>& alpn, absl::string_view sni,
                   uint16_t responder_port, bool quic) {
  if (!quic && Offers(alpn, "dot")) return {"dot", ProtocolBasis::kDecoded};
  if (quic) {
    for (const std::string& name : alpn) {
      // "doq", and "doq-i02" of the drafts.
      if (absl::StartsWith(name, "doq")) {
        return {"doq", ProtocolBasis::kDecoded};
      }
    }
  }
  if (responder_port == kPort) {
    return {quic ? "doq" : "dot", ProtocolBasis::kPortHint};
  }
  if (sni.empty()) return {};
  const std::string host = absl::AsciiStrToLower(absl::StripSuffix(sni, "."));
  if (IsResolver(host)) return {"doh", ProtocolBasis::kInferred};
  return {};
}

bool IsEchPublicName(absl::string_view sni) {
  return absl::EqualsIgnoreCase(sni, "cloudflare-ech.com") ||
         absl::EqualsIgnoreCase(sni, "public.tls-ech.dev");
}

}  // namespace tapline
