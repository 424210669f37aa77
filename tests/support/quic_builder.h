// Packets of QUIC, made for tests.

#ifndef TAPLINE_TESTS_SUPPORT_QUIC_BUILDER_H_
#define TAPLINE_TESTS_SUPPORT_QUIC_BUILDER_H_

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <string>

#include "common/crypto/quic_protection.h"
#include "sensord/analyzers/quic_packet.h"
#include "tests/support/tls_bytes.h"

namespace tapline::testing {

// A variable-length integer of two, four or eight bytes.
inline TlsBytes QuicInteger(uint64_t value) {
  if (value < 64) return BigEndian(value, 1);
  if (value < 16384) return BigEndian(value | 0x4000, 2);
  if (value < 1 << 30) return BigEndian(value | 0x80000000, 4);
  return BigEndian(value | 0xc000000000000000, 8);
}

inline TlsBytes CryptoFrame(uint64_t offset, const TlsBytes& data,
                            uint8_t type = 6) {
  return TlsBytes(1, static_cast<char>(type)) + QuicInteger(offset) +
         QuicInteger(data.size()) + data;
}

inline TlsBytes CloseFrame(uint64_t code, const std::string& reason) {
  return TlsBytes("\x1c") + QuicInteger(code) + QuicInteger(6) +
         QuicInteger(reason.size()) + reason;
}

// One connection: what its packets have in common.
struct QuicEnds {
  uint32_t version = 1;
  TlsBytes original = "\x83\x94\xc8\xf0\x3e\x51\x57\x08";
  TlsBytes client = "client";
  TlsBytes server = "srv67890";
  // What keys follow from; `original` unless there was a Retry.
  TlsBytes key_id;
  // Destination of the client's next packet.
  bool server_known = false;

  const TlsBytes& KeyId() const { return key_id.empty() ? original : key_id; }
};

// First byte, version and ids of a long header. `type`: as version 1 numbers
// them.
inline TlsBytes LongHead(const QuicEnds& ends, uint8_t type, bool from_client,
                         uint8_t low_bits = 3) {
  const bool v2 = QuicVersionOf(ends.version).v2_types;
  const uint8_t bits = static_cast<uint8_t>((type + (v2 ? 1 : 0)) & 3);
  const TlsBytes& target = !from_client        ? ends.client
                           : ends.server_known ? ends.server
                                               : ends.original;
  return TlsBytes(1, static_cast<char>(0xc0 | bits << 4 | low_bits)) +
         BigEndian(ends.version, 4) + Vector8(target) +
         Vector8(from_client ? ends.client : ends.server);
}

// AEAD_AES_128_GCM of `text`, tag behind it.
inline TlsBytes SealGcm(const QuicKeys& keys, uint64_t number,
                        const TlsBytes& header, const TlsBytes& text) {
  uint8_t nonce[12];
  std::copy(keys.iv.begin(), keys.iv.end(), nonce);
  for (size_t i = 0; i < 8; ++i) {
    nonce[4 + i] = static_cast<uint8_t>(nonce[4 + i] ^ number >> (56 - 8 * i));
  }
  const auto bytes = [](const TlsBytes& s) {
    return reinterpret_cast<const uint8_t*>(s.data());
  };
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(
      EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  TlsBytes out(text.size() + 16, '\0');
  auto* sealed = reinterpret_cast<uint8_t*>(out.data());
  int size = 0;
  EVP_EncryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, keys.key.data(),
                     nonce);
  EVP_EncryptUpdate(context.get(), nullptr, &size, bytes(header),
                    static_cast<int>(header.size()));
  EVP_EncryptUpdate(context.get(), sealed, &size, bytes(text),
                    static_cast<int>(text.size()));
  EVP_EncryptFinal_ex(context.get(), sealed + size, &size);
  EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16,
                      sealed + text.size());
  return out;
}

// A protected Initial with a packet number of four bytes.
inline TlsBytes InitialPacket(const QuicEnds& ends, bool from_client,
                              uint32_t number, const TlsBytes& frames,
                              const TlsBytes& token = "") {
  QuicProtection protection;
  const TlsBytes& id = ends.KeyId();
  const QuicKeys keys = protection.Derive(
      QuicVersionOf(ends.version).salt,
      {reinterpret_cast<const uint8_t*>(id.data()), id.size()}, from_client);
  TlsBytes header = LongHead(ends, 0, from_client) + QuicInteger(token.size()) +
                    token + BigEndian(0x4000 | (4 + frames.size() + 16), 2);
  const size_t at = header.size();
  header += BigEndian(number, 4);
  const TlsBytes sealed = SealGcm(keys, number, header, frames);
  uint8_t sample[16];
  std::copy(sealed.begin(), sealed.begin() + 16, sample);
  const auto mask = protection.HeaderMask(keys, sample);
  header[0] = static_cast<char>(header[0] ^ (mask[0] & 0x0f));
  for (size_t i = 0; i < 4; ++i) {
    header[at + i] = static_cast<char>(header[at + i] ^ mask[1 + i]);
  }
  return header + sealed;
}

// A client's datagram of 1200 bytes with these frames.
inline TlsBytes ClientInitial(const QuicEnds& ends, uint32_t number,
                              const TlsBytes& frames,
                              const TlsBytes& token = "") {
  const size_t head = LongHead(ends, 0, true).size() +
                      QuicInteger(token.size()).size() + token.size() + 2 + 4 +
                      16;
  TlsBytes padded = frames;
  if (head + padded.size() < 1200) padded.resize(1200 - head, '\0');
  return InitialPacket(ends, true, number, padded, token);
}

// A packet that nobody can open: 1 is 0-RTT, 2 Handshake.
inline TlsBytes OpaquePacket(const QuicEnds& ends, uint8_t type,
                             bool from_client, size_t bytes) {
  return LongHead(ends, type, from_client) + QuicInteger(bytes) +
         TlsBytes(bytes, '\xee');
}

inline TlsBytes RetryPacket(const QuicEnds& ends, const TlsBytes& token) {
  return LongHead(ends, 3, false) + token + TlsBytes(16, 't');
}

inline TlsBytes VersionNegotiation(const QuicEnds& ends,
                                   const std::vector<uint32_t>& versions) {
  TlsBytes out = TlsBytes(1, '\x8a') + BigEndian(0, 4) + Vector8(ends.client) +
                 Vector8(ends.original);
  for (const uint32_t version : versions) out += BigEndian(version, 4);
  return out;
}

inline TlsBytes ShortPacket(const TlsBytes& id) {
  return "\x4e" + id + TlsBytes(40, '\xee');
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_QUIC_BUILDER_H_
