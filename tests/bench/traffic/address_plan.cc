#include "tests/bench/traffic/address_plan.h"

namespace tapline::bench {
namespace {

Host Make(uint8_t role, uint32_t v4, uint32_t low, bool v6) {
  Host host;
  host.address.v6 = v6;
  auto& bytes = host.address.bytes;
  if (v6) {
    const uint8_t prefix[8] = {0x20, 0x01, 0x0d, 0xb8, 0, role, 0, 0};
    for (int i = 0; i < 8; ++i) bytes[i] = prefix[i];
  }
  const uint32_t value = v6 ? low : v4;
  const int at = v6 ? 12 : 0;
  for (int i = 0; i < 4; ++i) {
    bytes[at + i] = static_cast<uint8_t>(value >> (24 - 8 * i));
  }
  // Everything but the clients is behind one router.
  const uint32_t mac = role == 1 ? low : 0xff000000u | role;
  host.mac = {0x02,
              role,
              static_cast<uint8_t>(mac >> 24),
              static_cast<uint8_t>(mac >> 16),
              static_cast<uint8_t>(mac >> 8),
              static_cast<uint8_t>(mac)};
  return host;
}

}  // namespace

Host Client(uint32_t index, bool v6) {
  return Make(1, 0x0a000000u + 256 + index, index + 1, v6);
}

Host Server(uint32_t group, uint32_t slot, bool v6) {
  const uint32_t index = group * kSlots + slot;
  return Make(2, 0xc6120000u + 256 + index % 0x1fe00, index + 1, v6);
}

Host Attacker(uint32_t index, bool v6) {
  return Make(3, 0x64400000u + 256 + index, index + 1, v6);
}

Host Victim(uint32_t index, bool v6) {
  return Make(4, 0xac100000u + 256 + index, index + 1, v6);
}

Host Spoofed(uint64_t seed, uint32_t index) {
  // An odd factor permutes 31 bits; the top seven are mapped to 16-97 and
  // 128-175, which hold no address of the plan.
  uint32_t x = index;
  x = (x * 0x2c1b3c6du + static_cast<uint32_t>(seed)) & 0x7fffffffu;
  x ^= x >> 15;
  x = (x * 0x297a2d39u) & 0x7fffffffu;
  uint32_t first = 16 + (x >> 24);
  if (first >= 96) first += 32;
  if (first == 172) first = 96;
  if (first == 169) first = 97;
  return Make(3, first << 24 | (x & 0xffffff), x, false);
}

Host Multicast(uint8_t last, bool v6) {
  Host host = Make(2, 0xe0000000u + last, last, v6);
  if (v6) {
    host.address.bytes = {0xff, 0x02};
    host.address.bytes[15] = last;
    host.mac = {0x33, 0x33, 0, 0, 0, last};
  } else {
    host.mac = {0x01, 0x00, 0x5e, 0, 0, last};
  }
  return host;
}

}  // namespace tapline::bench
