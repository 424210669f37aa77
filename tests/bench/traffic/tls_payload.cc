#include "tests/bench/traffic/tls_payload.h"

#include "tests/bench/traffic/bytes.h"

namespace tapline::bench {
namespace {

std::string Handshake(uint8_t type, std::string_view body) {
  std::string out;
  Put8(out, type);
  PutBlock24(out, body);
  return out;
}

void Extension(std::string& out, uint16_t type, std::string_view body) {
  Put16(out, type);
  PutBlock16(out, body);
}

std::string ServerNameBody(std::string_view name) {
  std::string entry;
  Put8(entry, 0);
  PutBlock16(entry, name);
  std::string out;
  PutBlock16(out, entry);
  return out;
}

std::string AlpnBody(const HelloOptions& options) {
  std::string list;
  for (std::string_view protocol : options.alpn) {
    if (!protocol.empty()) PutBlock8(list, protocol);
  }
  std::string out;
  PutBlock16(out, list);
  return out;
}

std::string KeyShareEntry(Rng& rng) {
  std::string out;
  Put16(out, 0x001d);
  PutBlock16(out, RandomBytes(rng, 32));
  return out;
}

using std::string_view_literals::operator""sv;

constexpr std::string_view kCiphers13 =
    "\x13\x01\x13\x02\x13\x03\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30\xcc\xa9\xcc\xa8"
    "\xc0\x13\xc0\x14"sv;
constexpr std::string_view kCiphers12 =
    "\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30\xcc\xa9\xcc\xa8\xc0\x13\xc0\x14\x00\x9c"
    "\x00\x9d\x00\x2f\x00\x35"sv;
constexpr std::string_view kGroups = "\x00\x06\x00\x1d\x00\x17\x00\x18"sv;
constexpr std::string_view kSignatures =
    "\x00\x10\x04\x03\x08\x04\x04\x01\x05\x03\x08\x05\x05\x01\x08\x06\x06"
    "\x01"sv;

// DER: tag, length, value.
std::string Der(uint8_t tag, std::string_view value) {
  std::string out;
  Put8(out, tag);
  if (value.size() < 128) {
    Put8(out, static_cast<uint32_t>(value.size()));
  } else {
    Put8(out, 0x82);
    Put16(out, static_cast<uint32_t>(value.size()));
  }
  out.append(value);
  return out;
}

std::string DerName(std::string_view common_name) {
  const std::string attribute =
      Der(0x30, Der(0x06, "\x55\x04\x03"sv) + Der(0x0c, common_name));
  return Der(0x30, Der(0x31, attribute));
}

// An X.509 v3 certificate (RFC 5280) with a P-256 key.
std::string X509(Rng& rng, std::string_view name) {
  const std::string algorithm =
      Der(0x30, Der(0x06, "\x2a\x86\x48\xce\x3d\x04\x03\x02"sv));
  const std::string key_type =
      Der(0x30, Der(0x06, "\x2a\x86\x48\xce\x3d\x02\x01"sv) +
                    Der(0x06, "\x2a\x86\x48\xce\x3d\x03\x01\x07"sv));
  std::string point("\x00\x04"sv);
  point += RandomBytes(rng, 64);
  const std::string spki = Der(0x30, key_type + Der(0x03, point));
  const std::string san = Der(0x30, Der(0x06, "\x55\x1d\x11"sv) +
                                        Der(0x04, Der(0x30, Der(0x82, name))));
  const std::string validity =
      Der(0x30, Der(0x17, "251201000000Z"sv) + Der(0x17, "260601000000Z"sv));
  const std::string serial =
      Der(0x02, std::string("\x01"sv) + RandomBytes(rng, 15));
  const std::string body = Der(0xa0, Der(0x02, "\x02"sv)) + serial + algorithm +
                           DerName("Bench Issuing CA 7") + validity +
                           DerName(name) + spki + Der(0xa3, Der(0x30, san));
  std::string signature(1, '\0');
  signature +=
      Der(0x30, Der(0x02, std::string("\x01"sv) + RandomBytes(rng, 31)) +
                    Der(0x02, std::string("\x01"sv) + RandomBytes(rng, 31)));
  return Der(0x30, Der(0x30, body) + algorithm + Der(0x03, signature));
}

}  // namespace

std::string ClientHello(Rng& rng, const HelloOptions& options) {
  std::string body;
  Put16(body, 0x0303);
  body += RandomBytes(rng, 32);
  PutBlock8(body, options.tls13 && options.quic_parameters.empty()
                      ? RandomBytes(rng, 32)
                      : std::string());
  PutBlock16(body, options.tls13 ? kCiphers13 : kCiphers12);
  PutBlock8(body, "\x00"sv);
  std::string extensions;
  Extension(extensions, 0, ServerNameBody(options.server_name));
  Extension(extensions, 23, "");
  Extension(extensions, 10, kGroups);
  Extension(extensions, 11, "\x01\x00"sv);
  Extension(extensions, 13, kSignatures);
  Extension(extensions, 16, AlpnBody(options));
  if (options.tls13) {
    Extension(extensions, 43, "\x04\x03\x04\x03\x03"sv);
    Extension(extensions, 45, "\x01\x01"sv);
    std::string shares;
    PutBlock16(shares, KeyShareEntry(rng));
    Extension(extensions, 51, shares);
  } else {
    Extension(extensions, 35, "");
  }
  if (!options.quic_parameters.empty()) {
    Extension(extensions, 57, options.quic_parameters);
  } else if (body.size() + extensions.size() < 500) {
    // Padding to the usual 517 bytes on the wire (RFC 7685).
    const size_t size = body.size() + extensions.size();
    Extension(extensions, 21, std::string(506 - size, '\0'));
  }
  PutBlock16(body, extensions);
  return Handshake(1, body);
}

std::string ServerHello(Rng& rng, bool tls13, std::string_view session_id) {
  std::string body;
  Put16(body, 0x0303);
  body += RandomBytes(rng, 32);
  PutBlock8(body, session_id);
  Put16(body, tls13 ? 0x1301 : 0xc02b);
  Put8(body, 0);
  std::string extensions;
  if (tls13) {
    Extension(extensions, 43, "\x03\x04"sv);
    Extension(extensions, 51, KeyShareEntry(rng));
  } else {
    Extension(extensions, 23, "");
    Extension(extensions, 11, "\x01\x00"sv);
    Extension(extensions, 16, "\x00\x03\x02h2"sv);
  }
  PutBlock16(body, extensions);
  return Handshake(2, body);
}

std::string Certificate(Rng& rng, std::string_view name) {
  std::string list;
  PutBlock24(list, X509(rng, name));
  PutBlock24(list, X509(rng, kIssuingAuthority));
  std::string body;
  PutBlock24(body, list);
  return Handshake(11, body);
}

std::string ServerKeyExchange(Rng& rng) {
  std::string body("\x03\x00\x1d"sv);
  PutBlock8(body, RandomBytes(rng, 32));
  Put16(body, 0x0403);
  PutBlock16(body, RandomBytes(rng, 71));
  return Handshake(12, body);
}

std::string ServerHelloDone() { return Handshake(14, ""); }

std::string ClientKeyExchange(Rng& rng) {
  std::string body;
  PutBlock8(body, RandomBytes(rng, 32));
  return Handshake(16, body);
}

std::string Record(uint8_t type, uint16_t version, std::string_view body) {
  std::string out;
  Put8(out, type);
  Put16(out, version);
  PutBlock16(out, body);
  return out;
}

void DataRecordPrefix(std::string& out, uint32_t bytes) {
  Put8(out, 23);
  Put16(out, 0x0303);
  Put16(out, bytes - 5);
}

}  // namespace tapline::bench
