#include "tests/bench/traffic/ssh_payload.h"

#include <string_view>

#include "tests/bench/traffic/bytes.h"

namespace tapline::bench {
namespace {

using std::string_view_literals::operator""sv;

void PutString(std::string& out, std::string_view value) {
  Put32(out, static_cast<uint32_t>(value.size()));
  out.append(value);
}

// A binary packet: length, padding length, payload, padding to 8 bytes.
std::string Packet(std::string_view payload) {
  size_t padding = 8 - (5 + payload.size()) % 8;
  if (padding < 4) padding += 8;
  std::string out;
  Put32(out, static_cast<uint32_t>(1 + payload.size() + padding));
  Put8(out, static_cast<uint32_t>(padding));
  out.append(payload);
  out.append(padding, '\0');
  return out;
}

constexpr std::string_view kKex =
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,"
    "ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group16-sha512";
constexpr std::string_view kHostKeys =
    "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256";
constexpr std::string_view kCiphers =
    "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,"
    "aes128-gcm@openssh.com,aes256-gcm@openssh.com";
constexpr std::string_view kMacs =
    "umac-64-etm@openssh.com,umac-128-etm@openssh.com,"
    "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
    "hmac-sha2-256,hmac-sha2-512";

}  // namespace

std::string SshKexInit(Rng& rng, bool full) {
  std::string body("\x14"sv);
  body += RandomBytes(rng, 16);
  PutString(body, full ? kKex : "curve25519-sha256"sv);
  PutString(body, full ? kHostKeys : "ssh-ed25519"sv);
  for (int i = 0; i < 2; ++i) PutString(body, full ? kCiphers : "aes128-ctr"sv);
  for (int i = 0; i < 2; ++i) PutString(body, full ? kMacs : "hmac-sha2-256"sv);
  for (int i = 0; i < 2; ++i) PutString(body, "none");
  for (int i = 0; i < 2; ++i) PutString(body, "");
  Put8(body, 0);
  Put32(body, 0);
  return Packet(body);
}

std::string SshEcdhInit(Rng& rng) {
  std::string body("\x1e"sv);
  PutString(body, RandomBytes(rng, 32));
  return Packet(body);
}

std::string SshEcdhReply(Rng& rng) {
  std::string key;
  PutString(key, "ssh-ed25519");
  PutString(key, RandomBytes(rng, 32));
  std::string signature;
  PutString(signature, "ssh-ed25519");
  PutString(signature, RandomBytes(rng, 64));
  std::string body("\x1f"sv);
  PutString(body, key);
  PutString(body, RandomBytes(rng, 32));
  PutString(body, signature);
  return Packet(body) + SshNewKeys();
}

std::string SshNewKeys() { return Packet("\x15"sv); }

}  // namespace tapline::bench
