#include "sensord/analyzers/ssh_message.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/crypto/digest.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline::ssh {
namespace {

constexpr size_t kCookieBytes = 16;
constexpr absl::string_view kImplicit = "implicit";
constexpr absl::string_view kEtm = "-etm@openssh.com";

bool IsChaCha(absl::string_view cipher) {
  return absl::StartsWith(cipher, "chacha20-poly1305");
}
bool IsGcm(absl::string_view cipher) {
  return absl::StrContains(cipher, "-gcm") ||
         absl::StartsWith(cipher, "AEAD_AES_");
}

bool Contains(absl::string_view list, absl::string_view name) {
  for (const absl::string_view entry : absl::StrSplit(list, ',')) {
    if (entry == name) return true;
  }
  return false;
}

// The client's first that the server has too.
absl::string_view FirstCommon(absl::string_view client,
                              absl::string_view server) {
  size_t looked_at = 0;
  for (const absl::string_view name : absl::StrSplit(client, ',')) {
    // Lists of thousands of names are not worth their square.
    if (++looked_at > 128) break;
    if (!name.empty() && Contains(server, name)) return name;
  }
  return {};
}

// 0: unknown.
size_t BlockBytes(absl::string_view cipher) {
  for (const absl::string_view name :
       {"aes", "rijndael", "twofish", "serpent", "camellia", "AEAD_AES"}) {
    if (absl::StartsWith(cipher, name)) return 16;
  }
  for (const absl::string_view name :
       {"3des", "blowfish", "cast128", "idea", "des", "arcfour"}) {
    if (absl::StartsWith(cipher, name)) return 8;
  }
  return 0;
}

// 0: unknown.
size_t MacBytes(absl::string_view mac) {
  struct Row {
    absl::string_view name;
    size_t bytes;
  };
  static constexpr Row kMacs[] = {
      {"hmac-sha2-256", 32},    {"hmac-sha2-512", 64}, {"hmac-sha1", 20},
      {"hmac-sha1-96", 12},     {"hmac-md5", 16},      {"hmac-md5-96", 12},
      {"umac-64", 8},           {"umac-128", 16},      {"hmac-ripemd160", 20},
      {"hmac-sha2-256-96", 12},
  };
  mac = mac.substr(0, mac.find('@'));
  for (const Row& row : kMacs) {
    if (mac == row.name) return row.bytes;
  }
  return 0;
}

bool IsDeprecated(Offer offer, absl::string_view name) {
  if (name.empty()) return false;
  switch (offer) {
    case kKex:
      return name == "diffie-hellman-group1-sha1" ||
             name == "diffie-hellman-group-exchange-sha1" ||
             name == "rsa1024-sha1" ||
             absl::StartsWith(name, "gss-gex-sha1-") ||
             absl::StartsWith(name, "gss-group1-sha1-");
    case kHostKey:
      return name == "ssh-dss" || name == "ssh-rsa" ||
             absl::StartsWith(name, "ssh-dss-cert-") ||
             absl::StartsWith(name, "ssh-rsa-cert-");
    case kClientCipher:
    case kServerCipher:
      return name == "none" || absl::StartsWith(name, "arcfour") ||
             absl::StrContains(name, "-cbc");
    case kClientMac:
    case kServerMac:
      return name == "none" || absl::StartsWith(name, "hmac-md5") ||
             absl::StrContains(name, "-96") ||
             absl::StartsWith(name, "umac-64");
    default:
      return false;
  }
}

}  // namespace

bool Version::Read(absl::string_view text) {
  line.assign(text.data(), std::min<size_t>(text.size(), 255));
  if (!absl::ConsumePrefix(&text, "SSH-")) return false;
  const size_t dash = text.find('-');
  if (dash == absl::string_view::npos || dash == 0 || dash > 8) return false;
  protocol = std::string(text.substr(0, dash));
  text.remove_prefix(dash + 1);
  software = std::string(text.substr(0, std::min<size_t>(text.find(' '), 255)));
  return protocol.find_first_not_of("0123456789.") == std::string::npos;
}

bool Version::IsOne() const {
  return absl::StartsWith(protocol, "1.") && protocol != "1.99";
}

bool KexInit::Read(Bytes payload) {
  ByteCursor cursor(payload.data(), payload.size());
  std::string text;
  cursor.Skip(1 + kCookieBytes);
  for (size_t i = 0; i < kOffers; ++i) {
    const uint32_t size = cursor.U32();
    const uint8_t* list = cursor.Take(size);
    if (list == nullptr || text.size() + size > 0xffff) return false;
    at_[i] = static_cast<uint16_t>(text.size());
    size_[i] = static_cast<uint16_t>(size);
    text.append(reinterpret_cast<const char*>(list), size);
  }
  // first_kex_packet_follows, reserved.
  if (!cursor.Skip(5) || text.empty()) return false;
  text.shrink_to_fit();
  text_ = std::move(text);
  return true;
}

std::string KexInit::Hassh(bool server) const {
  const int side = server ? 1 : 0;
  const auto offer = [side](Offer first) {
    return static_cast<Offer>(first + side);
  };
  return Md5Hex(absl::StrCat(list(kKex), ";", list(offer(kClientCipher)), ";",
                             list(offer(kClientMac)), ";",
                             list(offer(kClientCompression))));
}

Agreement Agree(const KexInit& client, const KexInit& server) {
  Agreement agreement;
  if (!client.seen() || !server.seen()) return agreement;
  for (int i = 0; i < kClientLanguage; ++i) {
    const Offer offer = static_cast<Offer>(i);
    std::string& chosen = agreement.chosen[offer];
    chosen = std::string(FirstCommon(client.list(offer), server.list(offer)));
    const bool mac = offer == kClientMac || offer == kServerMac;
    const std::string& cipher = agreement.chosen[mac ? offer - 2 : offer];
    if (mac && (IsChaCha(cipher) || IsGcm(cipher))) {
      chosen = std::string(kImplicit);
    }
    agreement.nothing_in_common |= chosen.empty();
  }
  return agreement;
}

std::vector<std::string> Deprecated(const Agreement& agreement) {
  std::vector<std::string> found;
  for (size_t i = 0; i < kOffers; ++i) {
    const std::string& name = agreement.chosen[i];
    if (IsDeprecated(static_cast<Offer>(i), name) &&
        std::find(found.begin(), found.end(), name) == found.end()) {
      found.push_back(name);
    }
  }
  return found;
}

size_t PacketShape::PacketBytes(size_t payload_bytes) const {
  constexpr size_t kLength = 4, kMinPadding = 4;
  const size_t padded =
      (length_in_blocks ? kLength : 0) + 1 + payload_bytes + kMinPadding;
  const size_t blocks = (padded + block_bytes - 1) / block_bytes;
  return blocks * block_bytes + (length_in_blocks ? 0 : kLength) + mac_bytes;
}

PacketShape ShapeOf(absl::string_view cipher, absl::string_view mac,
                    absl::string_view compression) {
  PacketShape shape;
  // zlib@openssh.com begins after the login.
  shape.known = compression == "none" || compression == "zlib@openssh.com";
  if (IsChaCha(cipher) || IsGcm(cipher)) {
    shape.length_visible = IsGcm(cipher);
    shape.length_in_blocks = false;
    shape.block_bytes = IsGcm(cipher) ? 16 : 8;
    shape.mac_bytes = 16;
    return shape;
  }
  shape.length_visible = absl::ConsumeSuffix(&mac, kEtm);
  shape.length_in_blocks = !shape.length_visible;
  shape.block_bytes = BlockBytes(cipher);
  shape.mac_bytes = MacBytes(mac);
  shape.known &= shape.block_bytes != 0 && shape.mac_bytes != 0;
  return shape;
}

std::string HostKeyFingerprint(Bytes payload) {
  ByteCursor cursor(payload.data(), payload.size());
  cursor.Skip(1);
  const uint32_t size = cursor.U32();
  const uint8_t* key = cursor.Take(size);
  if (key == nullptr) return "";
  // RFC 4253 6.6: begins with the name of its format.
  ByteCursor blob(key, size);
  const uint32_t name = blob.U32();
  if (name == 0 || name > 64 || blob.Take(name) == nullptr) return "";
  std::string text =
      absl::Base64Escape(Sha256({reinterpret_cast<const char*>(key), size}));
  text.erase(text.find_last_not_of('=') + 1);
  return absl::StrCat("SHA256:", text);
}

}  // namespace tapline::ssh
