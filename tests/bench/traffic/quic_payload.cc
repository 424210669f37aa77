#include "tests/bench/traffic/quic_payload.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>

#include "tests/bench/traffic/bytes.h"
#include "tests/bench/traffic/tls_payload.h"

namespace tapline::bench {
namespace {

using std::string_view_literals::operator""sv;

constexpr size_t kDatagram = 1200;
constexpr size_t kTag = 16;

// RFC 9001 5.2.
constexpr std::string_view kInitialSalt =
    "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb"
    "\x7f\x0a"sv;

const unsigned char* Data(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

std::string HmacSha256(std::string_view key, std::string_view message) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Data(message),
       message.size(), out, &size);
  return std::string(reinterpret_cast<char*>(out), size);
}

// HKDF-Expand-Label (RFC 8446 7.1), at most one block.
std::string ExpandLabel(std::string_view secret, std::string_view label,
                        size_t size) {
  std::string info;
  Put16(info, static_cast<uint32_t>(size));
  PutBlock8(info, "tls13 " + std::string(label));
  PutBlock8(info, "");
  Put8(info, 1);
  return HmacSha256(secret, info).substr(0, size);
}

struct CipherDeleter {
  void operator()(EVP_CIPHER_CTX* context) const {
    EVP_CIPHER_CTX_free(context);
  }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, CipherDeleter>;

std::string Seal(std::string_view key, std::string_view nonce,
                 std::string_view header, std::string_view plain) {
  Cipher context(EVP_CIPHER_CTX_new());
  std::string out(plain.size() + kTag, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  int size = 0;
  bool ok = EVP_EncryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr,
                               Data(key), Data(nonce)) == 1;
  ok = ok && EVP_EncryptUpdate(context.get(), nullptr, &size, Data(header),
                               static_cast<int>(header.size())) == 1;
  ok = ok && EVP_EncryptUpdate(context.get(), bytes, &size, Data(plain),
                               static_cast<int>(plain.size())) == 1;
  ok = ok && EVP_EncryptFinal_ex(context.get(), bytes + size, &size) == 1;
  ok = ok && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTag,
                                 bytes + plain.size()) == 1;
  return ok ? out : std::string();
}

// The header protection mask (RFC 9001 5.4.3).
std::string Mask(std::string_view key, std::string_view sample) {
  Cipher context(EVP_CIPHER_CTX_new());
  unsigned char out[32];
  int size = 0;
  const bool ok =
      EVP_EncryptInit_ex(context.get(), EVP_aes_128_ecb(), nullptr, Data(key),
                         nullptr) == 1 &&
      EVP_EncryptUpdate(context.get(), out, &size, Data(sample), 16) == 1;
  return ok ? std::string(reinterpret_cast<char*>(out), 5) : std::string(5, 0);
}

// A protected Initial packet, packet number 0 in two bytes.
std::string Initial(const QuicIds& ids, bool server, std::string_view frames) {
  const std::string secret = HmacSha256(kInitialSalt, ids.original);
  const std::string own =
      ExpandLabel(secret, server ? "server in" : "client in", 32);
  std::string header("\xc1\x00\x00\x00\x01"sv);
  PutBlock8(header, server ? ids.client : ids.original);
  PutBlock8(header, server ? ids.server : ids.client);
  Put8(header, 0);
  Put16(header, 0x4000 | static_cast<uint32_t>(frames.size() + kTag + 2));
  const size_t number_at = header.size();
  Put16(header, 0);
  const std::string cipher =
      Seal(ExpandLabel(own, "quic key", 16), ExpandLabel(own, "quic iv", 12),
           header, frames);
  if (cipher.empty()) return "";
  const std::string mask =
      Mask(ExpandLabel(own, "quic hp", 16), cipher.substr(2, 16));
  header[0] = static_cast<char>(header[0] ^ (mask[0] & 0x0f));
  header[number_at] = static_cast<char>(header[number_at] ^ mask[1]);
  header[number_at + 1] = static_cast<char>(header[number_at + 1] ^ mask[2]);
  return header + cipher;
}

std::string CryptoFrame(std::string_view message) {
  std::string out("\x06\x00"sv);
  Put16(out, 0x4000 | static_cast<uint32_t>(message.size()));
  out.append(message);
  return out;
}

}  // namespace

QuicIds MakeQuicIds(Rng& rng) {
  return {RandomBytes(rng, 8), RandomBytes(rng, 8), RandomBytes(rng, 8)};
}

std::string QuicClientInitial(Rng& rng, const QuicIds& ids,
                              std::string_view server_name) {
  // max_idle_timeout, initial_max_data, initial_max_streams_bidi,
  // initial_source_connection_id (RFC 9000 18.2).
  std::string parameters(
      "\x01\x04\x80\x00\x75\x30\x04\x04\x80\x10\x00\x00"
      "\x08\x02\x40\x64\x0f"sv);
  PutBlock8(parameters, ids.client);
  HelloOptions options;
  options.server_name = server_name;
  options.alpn[0] = "h3";
  options.alpn[1] = "";
  options.quic_parameters = parameters;
  std::string frames = CryptoFrame(ClientHello(rng, options));
  // Header: 5 + 1 + 8 + 1 + 8 + 1 + 2 + 2.
  frames.resize(kDatagram - 28 - kTag, '\0');
  return Initial(ids, false, frames);
}

std::string QuicServerInitial(Rng& rng, const QuicIds& ids) {
  // ACK of packet 0, no delay, no further ranges.
  std::string frames("\x02\x00\x00\x00\x00"sv);
  frames += CryptoFrame(ServerHello(rng, true, ""));
  std::string out = Initial(ids, true, frames);
  // A Handshake packet fills the datagram: its content is not readable.
  std::string header("\xe1\x00\x00\x00\x01"sv);
  PutBlock8(header, ids.client);
  PutBlock8(header, ids.server);
  const size_t rest = kDatagram - out.size() - header.size() - 2;
  Put16(header, 0x4000 | static_cast<uint32_t>(rest));
  return out + header + RandomBytes(rng, rest);
}

std::string QuicShortHeader(Rng& rng, std::string_view destination) {
  std::string out;
  Put8(out, 0x40 | static_cast<uint32_t>(rng.Below(32)));
  out.append(destination);
  return out;
}

}  // namespace tapline::bench
