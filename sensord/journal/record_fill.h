// Small conversions shared by the record builders.

#ifndef TAPLINE_SENSORD_JOURNAL_RECORD_FILL_H_
#define TAPLINE_SENSORD_JOURNAL_RECORD_FILL_H_

#include <cstdint>
#include <string>

#include "common/schema/proto_time.h"
#include "tapline/v1/net.pb.h"

namespace tapline {

// 16 lower-case hex digits, in place of what `text` holds.
void AssignHexId(uint64_t value, std::string& text);

// SplitMix64's finalizer: deterministic on every machine, no secret.
inline uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}
inline uint64_t Mix(uint64_t seed, uint64_t value) {
  return Mix(seed * 0x9e3779b97f4a7c15 + value);
}

// By IANA protocol number; 0 without an IP version is ARP.
v1::Transport TransportOf(uint8_t ip_protocol, uint8_t ip_version);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_JOURNAL_RECORD_FILL_H_
