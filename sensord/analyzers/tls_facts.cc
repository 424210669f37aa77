#include "sensord/analyzers/tls_facts.h"

#include "sensord/analyzers/encrypted_dns.h"
#include "sensord/analyzers/server_name.h"
#include "sensord/analyzers/tls_registry.h"

namespace tapline {

TlsClientFacts::TlsClientFacts(const TlsClientHello& hello, TlsCarrier carrier)
    : sni(TextOf(hello.sni)),
      session_id(TextOf(hello.session_id)),
      ja3(Ja3(hello)),
      ja4(Ja4(hello, carrier)),
      ticket(hello.ticket),
      ech(hello.ech),
      grease(hello.grease),
      early_data(hello.early_data) {
  alpn.reserve(hello.alpn_count);
  for (size_t i = 0; i < hello.alpn_count; ++i) {
    alpn.emplace_back(hello.alpn[i]);
  }
  for (size_t i = 0;
       i < hello.versions.size() && versions.size() < kMaxVersions; ++i) {
    if (!IsGrease(hello.versions[i])) versions.push_back(hello.versions[i]);
  }
  if (versions.empty()) versions.push_back(hello.version);
  for (size_t i = 0; i < hello.ciphers.size(); ++i) {
    if (!IsGrease(hello.ciphers[i])) ++cipher_count;
  }
}

size_t TlsClientFacts::MemoryBytes() const {
  size_t bytes = sni.capacity() + session_id.capacity() + ja3.capacity() +
                 ja4.capacity() + alpn.capacity() * sizeof(std::string) +
                 versions.capacity() * sizeof(uint16_t);
  for (const std::string& name : alpn) bytes += name.capacity();
  return bytes;
}

TlsServerFacts::TlsServerFacts(const TlsServerHello& hello)
    : alpn(hello.alpn),
      ja3s(Ja3s(hello)),
      version(hello.version),
      cipher(hello.cipher),
      group(hello.group),
      psk(hello.psk) {}

void NoteClientHello(const TlsClientHello& hello, const TlsClientFacts& facts,
                     AnalyzerOutput& out) {
  if (hello.malformed) out.Anomaly("tls.hello_malformed");
  if (hello.duplicate_extension) out.Anomaly("tls.extension_duplicate");
  if (hello.sni_count > 1) out.Anomaly("tls.sni_multiple");
  CheckSni(facts.sni, out);
  out.Ja4(facts.ja4);
  if (facts.sni.empty() || (hello.ech && IsEchPublicName(facts.sni))) return;
  out.Host(HostOfSni(facts.sni));
}

}  // namespace tapline
