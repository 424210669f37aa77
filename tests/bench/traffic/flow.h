// A flow as the generator plays it: who talks, and a script of packets.
#ifndef TAPLINE_TESTS_BENCH_TRAFFIC_FLOW_H_
#define TAPLINE_TESTS_BENCH_TRAFFIC_FLOW_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace tapline::bench {

struct Address {
  bool v6 = false;
  // IPv4 in the first four bytes, network order.
  std::array<uint8_t, 16> bytes{};
};

// "192.0.2.1" or RFC 5952 text.
std::string ToText(const Address& address);

struct Host {
  Address address;
  std::array<uint8_t, 6> mac{};
};

enum Transport : uint8_t { kIcmp = 1, kTcp = 6, kUdp = 17, kIcmp6 = 58 };

enum TcpFlag : uint8_t {
  kFin = 1,
  kSyn = 2,
  kRst = 4,
  kPsh = 8,
  kAck = 16,
  kUrg = 32,
};

// One packet. Its payload is blob[blob_offset, +blob_length) followed by
// fill_length bytes of noise. For ICMP `flags` is the message type.
struct Step {
  uint32_t delay_us;
  uint32_t blob_offset;
  uint16_t blob_length;
  uint16_t fill_length;
  // 0 originator to responder, 1 back.
  uint8_t direction;
  uint8_t flags;
  // The sender's sequence numbers go on by fill_length, but no frame has them.
  bool lost;
};

struct Flow {
  Host host[2];
  uint16_t port[2] = {0, 0};
  Transport transport = kTcp;
  // 0: untagged.
  uint16_t vlan = 0;
  uint8_t kind = 0;
  // Next sequence number of each direction (ICMP: the echo sequence).
  uint32_t sequence[2] = {0, 0};
  // SYNs carry no options.
  bool plain_syn = false;
  uint32_t filler = 0;
  uint32_t next_step = 0;
  uint64_t packets[2] = {0, 0};
  uint64_t frame_bytes[2] = {0, 0};
  std::string blob;
  std::vector<Step> steps;
  // SNI, HTTP host or queried name.
  std::string name;

  void Clear();
};

}  // namespace tapline::bench

#endif  // TAPLINE_TESTS_BENCH_TRAFFIC_FLOW_H_
