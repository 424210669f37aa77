#include "sensord/analyzers/tls_hello.h"

#include <algorithm>
#include <cstring>

#include "sensord/analyzers/tls_registry.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline {
namespace {

constexpr size_t kRandomBytes = 32;
constexpr uint8_t kHostName = 0;

// SHA-256 of "HelloRetryRequest": the random of one (RFC 8446 4.1.3).
constexpr uint8_t kRetryRandom[kRandomBytes] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
    0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
    0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

// A vector with its length in front (RFC 8446 3.4). Fails the cursor when it is
// longer than what is left.
Bytes TakeVector8(ByteCursor& cursor) {
  const size_t size = cursor.U8();
  const uint8_t* p = cursor.Take(size);
  return p == nullptr ? Bytes() : Bytes(p, size);
}
Bytes TakeVector16(ByteCursor& cursor) {
  const size_t size = cursor.U16();
  const uint8_t* p = cursor.Take(size);
  return p == nullptr ? Bytes() : Bytes(p, size);
}

// The one vector that `contents` must be.
bool IsVector8(Bytes contents, Bytes* inner) {
  ByteCursor cursor(contents.data(), contents.size());
  *inner = TakeVector8(cursor);
  return cursor.ok() && cursor.left() == 0;
}
bool IsVector16(Bytes contents, Bytes* inner) {
  ByteCursor cursor(contents.data(), contents.size());
  *inner = TakeVector16(cursor);
  return cursor.ok() && cursor.left() == 0;
}

bool IsCodes(Bytes bytes, TlsCodes* out) {
  if (bytes.size() % 2 != 0) return false;
  *out = TlsCodes(bytes);
  return true;
}

bool HasGrease(TlsCodes codes) {
  for (size_t i = 0; i < codes.size(); ++i) {
    if (IsGrease(codes[i])) return true;
  }
  return false;
}

}  // namespace

bool ReadProtocolNames(Bytes list, size_t max, absl::string_view* out,
                       size_t* count) {
  ByteCursor cursor(list.data(), list.size());
  while (cursor.left() > 0) {
    const Bytes name = TakeVector8(cursor);
    if (!cursor.ok() || name.empty()) return false;
    if (*count < max) out[(*count)++] = TextOf(name);
  }
  return true;
}

// --- ClientHello ------------------------------------------------------------

bool TlsClientHello::Read(Bytes body, bool datagram) {
  ByteCursor cursor(body.data(), body.size());
  version = cursor.U16();
  cursor.Skip(kRandomBytes);
  session_id = TakeVector8(cursor);
  if (datagram) TakeVector8(cursor);
  const Bytes suites = TakeVector16(cursor);
  if (!cursor.ok() || suites.size() < 2) return false;
  malformed = session_id.size() > 32 || suites.size() % 2 != 0;
  ciphers = TlsCodes(suites);
  grease = HasGrease(ciphers);
  const Bytes compressions = TakeVector8(cursor);
  if (!cursor.ok() || compressions.empty()) {
    malformed = true;
    return true;
  }
  if (cursor.left() == 0) return true;
  const size_t size = cursor.U16();
  // Longer than the message: what is there is still read.
  malformed |= !cursor.ok() || size != cursor.left();
  cursor.Limit(size);
  ReadExtensions({cursor.position(), cursor.left()});
  MarkDuplicates();
  return true;
}

void TlsClientHello::ReadExtensions(Bytes bytes) {
  ByteCursor cursor(bytes.data(), bytes.size());
  while (cursor.left() > 0) {
    const uint16_t type = cursor.U16();
    const Bytes contents = TakeVector16(cursor);
    if (!cursor.ok()) {
      malformed = true;
      return;
    }
    if (extension_count == kMaxExtensions) {
      too_many = true;
      return;
    }
    extensions[extension_count++] = type;
    if (!ReadExtension(type, contents)) malformed = true;
  }
}

bool TlsClientHello::ReadExtension(uint16_t type, Bytes contents) {
  Bytes inner;
  switch (type) {
    case tls_extension::kServerName:
      return ReadServerName(contents);
    case tls_extension::kAlpn:
      return ReadAlpn(contents);
    case tls_extension::kSupportedGroups:
      return IsVector16(contents, &inner) && IsCodes(inner, &groups);
    case tls_extension::kPointFormats:
      return IsVector8(contents, &point_formats);
    case tls_extension::kSignatureAlgorithms:
      return IsVector16(contents, &inner) &&
             IsCodes(inner, &signature_algorithms);
    case tls_extension::kSupportedVersions:
      return IsVector8(contents, &inner) && IsCodes(inner, &versions);
    case tls_extension::kSessionTicket:
      ticket = !contents.empty();
      return true;
    case tls_extension::kPreSharedKey:
      psk = true;
      return true;
    case tls_extension::kEarlyData:
      early_data = true;
      return true;
    case tls_extension::kEncryptedClientHello:
      // 0 outer, 1 inner: the latter never crosses a wire by itself.
      ech = true;
      return !contents.empty() && contents[0] == 0;
    case tls_extension::kEncryptedServerName:
      ech = true;
      return true;
    case tls_extension::kQuicParameters:
    case tls_extension::kQuicParametersDraft:
      quic_parameters = true;
      return true;
    default:
      grease |= IsGrease(type);
      return true;
  }
}

// RFC 6066 3.
bool TlsClientHello::ReadServerName(Bytes contents) {
  // Empty only in a server's answer, but seen from clients as well.
  if (contents.empty()) return false;
  ByteCursor outer(contents.data(), contents.size());
  const Bytes list = TakeVector16(outer);
  if (!outer.ok()) return false;
  ByteCursor cursor(list.data(), list.size());
  while (cursor.left() > 0) {
    const uint8_t type = cursor.U8();
    const Bytes name = TakeVector16(cursor);
    // RFC 6066 3: at least one byte.
    if (!cursor.ok() || name.empty()) return false;
    if (type != kHostName) continue;
    if (sni_count++ == 0) sni = name;
  }
  return outer.left() == 0;
}

// RFC 7301 3.1.
bool TlsClientHello::ReadAlpn(Bytes contents) {
  Bytes list;
  if (!IsVector16(contents, &list)) return false;
  return ReadProtocolNames(list, kMaxProtocols, alpn.data(), &alpn_count);
}

void TlsClientHello::MarkDuplicates() {
  std::array<uint16_t, kMaxExtensions> sorted;
  const auto end = std::copy(
      extensions.begin(), extensions.begin() + extension_count, sorted.begin());
  std::sort(sorted.begin(), end);
  duplicate_extension = std::adjacent_find(sorted.begin(), end) != end;
}

uint16_t TlsClientHello::HighestVersion() const {
  if (versions.empty()) return version;
  uint16_t highest = 0;
  // DTLS counts down.
  const bool down = version >> 8 == 0xfe;
  for (size_t i = 0; i < versions.size(); ++i) {
    const uint16_t one = versions[i];
    if (IsGrease(one)) continue;
    if (highest == 0 || (down ? one < highest : one > highest)) highest = one;
  }
  return highest == 0 ? version : highest;
}

// --- ServerHello ------------------------------------------------------------

bool TlsServerHello::Read(Bytes body) {
  ByteCursor cursor(body.data(), body.size());
  legacy_version = version = cursor.U16();
  const uint8_t* random = cursor.Take(kRandomBytes);
  // Drafts of TLS 1.3 before 22 had neither session id nor compression.
  const bool old_draft = legacy_version >> 8 == 0x7f;
  if (!old_draft) session_id = TakeVector8(cursor);
  cipher = cursor.U16();
  if (!old_draft) cursor.U8();
  if (!cursor.ok()) return false;
  retry_request = std::memcmp(random, kRetryRandom, kRandomBytes) == 0;
  malformed = session_id.size() > 32;
  if (cursor.left() == 0) return true;
  const size_t size = cursor.U16();
  malformed |= !cursor.ok() || size != cursor.left();
  cursor.Limit(size);
  ReadExtensions({cursor.position(), cursor.left()});
  return true;
}

void TlsServerHello::ReadExtensions(Bytes bytes) {
  ByteCursor cursor(bytes.data(), bytes.size());
  while (cursor.left() > 0) {
    const uint16_t type = cursor.U16();
    const Bytes contents = TakeVector16(cursor);
    if (!cursor.ok()) {
      malformed = true;
      return;
    }
    if (extension_count == kMaxExtensions) {
      too_many = true;
      return;
    }
    extensions[extension_count++] = type;
    if (!ReadExtension(type, contents)) malformed = true;
  }
}

bool TlsServerHello::ReadExtension(uint16_t type, Bytes contents) {
  switch (type) {
    case tls_extension::kSupportedVersions:
      if (contents.size() != 2) return false;
      version = LoadBig16(contents.data());
      return true;
    case tls_extension::kAlpn: {
      Bytes list;
      size_t count = 0;
      return IsVector16(contents, &list) &&
             ReadProtocolNames(list, 1, &alpn, &count) && count == 1;
    }
    case tls_extension::kKeyShare:
      if (contents.size() < 2) return false;
      group = LoadBig16(contents.data());
      return true;
    case tls_extension::kPreSharedKey:
      psk = true;
      return true;
    default:
      return true;
  }
}

}  // namespace tapline
