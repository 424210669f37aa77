// Keys of detector tables.

#ifndef TAPLINE_SENSORD_DETECT_ENDPOINT_KEY_H_
#define TAPLINE_SENSORD_DETECT_ENDPOINT_KEY_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/net/ip_address.h"

namespace tapline {

// Mixes two words. Not keyed: tables compare whole keys and give a key 8
// places, so a steered hash costs its sender's own keys and nothing else.
inline uint64_t MixWords(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a ^ 0x9e3779b97f4a7c15) *
                       (b ^ 0xd6e8feb86659fd93);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t HashOf(const IpAddress& address) {
  return MixWords(address.high(), address.low());
}

// Any of source, target, port and protocol that a rule is about; the rest zero.
struct EndpointKey {
  IpAddress source;
  IpAddress target;
  uint16_t port = 0;
  uint8_t ip_protocol = 0;

  uint64_t Hash() const {
    const uint64_t rest = uint64_t{port} << 8 | ip_protocol;
    return MixWords(HashOf(source) + rest, HashOf(target));
  }
  friend bool operator==(const EndpointKey& a, const EndpointKey& b) {
    return a.source == b.source && a.target == b.target && a.port == b.port &&
           a.ip_protocol == b.ip_protocol;
  }
};

// The text of a key, for incidents.
inline std::string KeyText(const EndpointKey& key) {
  return absl::StrCat(key.source.ToString(), " ", key.target.ToString(), " ",
                      key.port, " ", key.ip_protocol);
}

// Multicast or limited broadcast: never one host.
inline bool IsGroup(const IpAddress& address) {
  if (address.IsV4()) {
    const auto v4 = static_cast<uint32_t>(address.low());
    return v4 >> 28 == 0xe || v4 == 0xffffffff;
  }
  return address.high() >> 56 == 0xff;
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_ENDPOINT_KEY_H_
