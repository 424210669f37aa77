// Messages of TLS, DTLS and QUIC's handshake, made for tests.

#ifndef TAPLINE_TESTS_SUPPORT_TLS_BYTES_H_
#define TAPLINE_TESTS_SUPPORT_TLS_BYTES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tapline::testing {

using TlsBytes = std::string;
using Codes = std::vector<uint16_t>;

inline TlsBytes BigEndian(uint64_t value, size_t bytes) {
  TlsBytes out;
  for (size_t i = bytes; i > 0; --i) {
    out += static_cast<char>(value >> (8 * (i - 1)));
  }
  return out;
}
inline TlsBytes Vector8(const TlsBytes& contents) {
  return BigEndian(contents.size(), 1) + contents;
}
inline TlsBytes Vector16(const TlsBytes& contents) {
  return BigEndian(contents.size(), 2) + contents;
}
inline TlsBytes Vector24(const TlsBytes& contents) {
  return BigEndian(contents.size(), 3) + contents;
}
inline TlsBytes CodeBytes(const Codes& codes) {
  TlsBytes out;
  for (const uint16_t code : codes) out += BigEndian(code, 2);
  return out;
}

// --- Extensions -------------------------------------------------------------

// Type and contents.
using Extension = std::pair<uint16_t, TlsBytes>;

inline Extension SniExtension(const std::vector<std::string>& names) {
  TlsBytes list;
  for (const std::string& name : names) {
    list += TlsBytes(1, '\0') + Vector16(name);
  }
  return {0, Vector16(list)};
}
inline Extension AlpnExtension(const std::vector<std::string>& names) {
  TlsBytes list;
  for (const std::string& name : names) list += Vector8(name);
  return {16, Vector16(list)};
}
inline Extension VersionsExtension(const Codes& versions) {
  return {43, Vector8(CodeBytes(versions))};
}
inline Extension GroupsExtension(const Codes& groups) {
  return {10, Vector16(CodeBytes(groups))};
}
inline Extension AlgorithmsExtension(const Codes& algorithms) {
  return {13, Vector16(CodeBytes(algorithms))};
}
inline Extension FormatsExtension(const TlsBytes& formats) {
  return {11, Vector8(formats)};
}

inline TlsBytes ExtensionBytes(const std::vector<Extension>& extensions) {
  TlsBytes list;
  for (const auto& [type, contents] : extensions) {
    list += BigEndian(type, 2) + Vector16(contents);
  }
  return Vector16(list);
}

// --- Messages, without their heads ------------------------------------------

struct ClientHello {
  uint16_t version = 0x0303;
  TlsBytes session_id;
  // DTLS: there, even if empty.
  bool datagram = false;
  TlsBytes cookie;
  Codes ciphers = {0x1301, 0x1302, 0xc02f};
  std::vector<Extension> extensions;

  TlsBytes Body() const {
    TlsBytes body = BigEndian(version, 2) + TlsBytes(32, 'r');
    body += Vector8(session_id);
    if (datagram) body += Vector8(cookie);
    body += Vector16(CodeBytes(ciphers)) + Vector8(TlsBytes(1, '\0'));
    return extensions.empty() ? body : body + ExtensionBytes(extensions);
  }
};

// The example of the JA4 publication (technical_details/JA4.md).
inline ClientHello BrowserHello(const std::string& name) {
  const auto empty = [](uint16_t type) { return Extension{type, ""}; };
  ClientHello hello;
  hello.ciphers = {0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f,
                   0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
                   0x009c, 0x009d, 0x002f, 0x0035};
  hello.extensions = {
      empty(0x5a5a),
      empty(0x001b),
      SniExtension({name}),
      {0x0033, Vector16(BigEndian(0x001d, 2) + Vector16(TlsBytes(32, 'k')))},
      AlpnExtension({"h2", "http/1.1"}),
      empty(0x4469),
      empty(0x0017),
      {0x002d, TlsBytes("\1\1")},
      AlgorithmsExtension(
          {0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601}),
      {0x0005, TlsBytes("\1\0\0\0\0", 5)},
      empty(0x0023),
      empty(0x0012),
      VersionsExtension({0x6a6a, 0x0304, 0x0303}),
      {0xff01, TlsBytes(1, '\0')},
      FormatsExtension(TlsBytes(1, '\0')),
      GroupsExtension({0x1a1a, 0x001d, 0x0017, 0x0018}),
      {0x0015, TlsBytes(20, '\0')}};
  return hello;
}
inline constexpr char kBrowserJa4[] = "t13d1516h2_8daaf6152771_e5627efa2ab1";

struct ServerHello {
  uint16_t version = 0x0303;
  TlsBytes random = TlsBytes(32, 's');
  TlsBytes session_id;
  uint16_t cipher = 0xc02f;
  std::vector<Extension> extensions;

  TlsBytes Body() const {
    TlsBytes body = BigEndian(version, 2) + random + Vector8(session_id);
    body += BigEndian(cipher, 2) + TlsBytes(1, '\0');
    return extensions.empty() ? body : body + ExtensionBytes(extensions);
  }
};

// Of TLS 1.3, with x25519.
inline ServerHello ServerHello13() {
  ServerHello hello;
  hello.cipher = 0x1301;
  hello.extensions = {{51, BigEndian(0x001d, 2) + Vector16(TlsBytes(32, 'K'))},
                      {43, BigEndian(0x0304, 2)}};
  return hello;
}

inline TlsBytes CertificateBody(const std::vector<TlsBytes>& chain) {
  TlsBytes list;
  for (const TlsBytes& der : chain) list += Vector24(der);
  return Vector24(list);
}

// --- Streams ----------------------------------------------------------------

inline TlsBytes Message(uint8_t type, const TlsBytes& body) {
  return TlsBytes(1, static_cast<char>(type)) + Vector24(body);
}
inline TlsBytes Record(uint8_t type, const TlsBytes& contents,
                       uint16_t version = 0x0303) {
  return TlsBytes(1, static_cast<char>(type)) + BigEndian(version, 2) +
         Vector16(contents);
}
// `contents` in records of at most `bytes`.
inline TlsBytes RecordsOf(size_t bytes, uint8_t type,
                          const TlsBytes& contents) {
  TlsBytes out;
  for (size_t at = 0; at < contents.size(); at += bytes) {
    out += Record(type, contents.substr(at, bytes));
  }
  return out;
}
inline TlsBytes HelloRecord(const ClientHello& hello) {
  return Record(22, Message(1, hello.Body()), 0x0301);
}
inline TlsBytes HelloRecord(const ServerHello& hello) {
  return Record(22, Message(2, hello.Body()));
}
inline TlsBytes ChangeCipherSpec() { return Record(20, "\1"); }
inline TlsBytes Alert(uint8_t level, uint8_t description) {
  return Record(21, TlsBytes(1, static_cast<char>(level)) +
                        TlsBytes(1, static_cast<char>(description)));
}
// An encrypted record.
inline TlsBytes Sealed(uint8_t type, size_t bytes) {
  return Record(type, TlsBytes(bytes, '\xee'));
}
// Change of ciphers and Finished, as of TLS 1.2.
inline TlsBytes Finish() { return ChangeCipherSpec() + Sealed(22, 40); }

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_TLS_BYTES_H_
