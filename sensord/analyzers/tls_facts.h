// What is kept of hello messages until their handshake is told.

#ifndef TAPLINE_SENSORD_ANALYZERS_TLS_FACTS_H_
#define TAPLINE_SENSORD_ANALYZERS_TLS_FACTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sensord/analyzers/analyzer.h"
#include "sensord/analyzers/tls_fingerprint.h"
#include "sensord/analyzers/tls_hello.h"

namespace tapline {

struct TlsClientFacts {
  static constexpr size_t kMaxVersions = 16;

  std::string sni;
  std::vector<std::string> alpn;
  std::vector<uint16_t> versions;
  std::string session_id;
  // GREASE aside.
  uint32_t cipher_count = 0;
  std::string ja3;
  std::string ja4;
  bool ticket = false;
  bool ech = false;
  bool grease = false;
  bool early_data = false;

  TlsClientFacts() = default;
  TlsClientFacts(const TlsClientHello& hello, TlsCarrier carrier);

  // On the heap.
  size_t MemoryBytes() const;
};

struct TlsServerFacts {
  std::string alpn;
  std::string ja3s;
  uint16_t version = 0;
  uint16_t cipher = 0;
  uint16_t group = 0;
  bool psk = false;

  TlsServerFacts() = default;
  explicit TlsServerFacts(const TlsServerHello& hello);

  size_t MemoryBytes() const { return alpn.capacity() + ja3s.capacity(); }
};

// Tells of a ClientHello what concerns the flow: host, JA4, anomalies.
//   tls.hello_malformed      it breaks RFC 8446 4 or RFC 5246 7.4.1
//   tls.extension_duplicate  the same extension twice
//   tls.sni_multiple         several names in server_name
//   tls.sni_*                see server_name.h
// With Encrypted ClientHello the name is the host unless it is known to stand
// before sites of others.
void NoteClientHello(const TlsClientHello& hello, const TlsClientFacts& facts,
                     AnalyzerOutput& out);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_TLS_FACTS_H_
