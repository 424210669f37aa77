// Community ID v1 (github.com/corelight/community-id-spec): one name for a flow
// that other tools compute too.

#ifndef TAPLINE_COMMON_CRYPTO_COMMUNITY_ID_H_
#define TAPLINE_COMMON_CRYPTO_COMMUNITY_ID_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace tapline {

// One direction of a flow, in the order of a packet of it.
struct CommunityTuple {
  // Network order, `address_bytes` (4 or 16) each; borrowed.
  const uint8_t* source = nullptr;
  const uint8_t* destination = nullptr;
  size_t address_bytes = 4;
  uint8_t ip_protocol = 0;
  // TCP, UDP and SCTP only.
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  // ICMP and ICMPv6 only: of the packet from `source`.
  uint8_t icmp_type = 0;
  uint8_t icmp_code = 0;
};

// "1:" and 28 base64 characters, in place of what `text` holds; the same for
// both directions. Seed 0.
void AssignCommunityId(const CommunityTuple& tuple, std::string& text);

}  // namespace tapline

#endif  // TAPLINE_COMMON_CRYPTO_COMMUNITY_ID_H_
