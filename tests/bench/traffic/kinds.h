// The kinds of benign flows: whom they connect, and their packets.
#ifndef TAPLINE_TESTS_BENCH_TRAFFIC_KINDS_H_
#define TAPLINE_TESTS_BENCH_TRAFFIC_KINDS_H_

#include <cstdint>
#include <string>

#include "tests/bench/traffic/flow.h"
#include "tests/bench/traffic/rng.h"
#include "tests/bench/traffic/script.h"

namespace tapline::bench {

enum Kind : uint8_t {
#define KIND(name) k_##name,
#include "tests/bench/traffic/kinds.def"
#undef KIND
  kKinds,
};

const char* KindName(uint8_t kind);

// Ground truth that is not a count of flows.
class Truth;

// What a builder needs besides the flow.
struct BuildContext {
  Script& script;
  Truth& truth;
  // Running number of this kind, and of the group the client is in.
  uint32_t number;
  uint32_t group;
  // Data packets to add.
  uint32_t extra;
};

struct KindSpec {
  Kind kind;
  // Flows of this kind among 10,000 of the mix.
  uint32_t share;
  Transport transport;
  uint16_t port;
  // First server slot of the group, and how many.
  uint8_t slot;
  uint8_t slots;
  // Packets without extra data, about; and how much extra data it takes.
  uint8_t base;
  uint8_t weight;
  void (*build)(Flow& flow, BuildContext& context);
};

// Tables for the mixes, ended by share 0.
extern const KindSpec kImixKinds[];
extern const KindSpec kSmallKinds[];
extern const KindSpec kEstablishedKinds[];
extern const KindSpec kSingleKinds[];
extern const KindSpec kHoleKinds[];

// Domain `index` of the name space, "word-12.example".
std::string DomainName(uint32_t index);

// The banners of both ends, the server's first. `client` has no line end.
void SshBanners(Script& script, Truth& truth, const std::string& client);

void BuildTls13(Flow& flow, BuildContext& context);
void BuildTls12(Flow& flow, BuildContext& context);
void BuildQuic(Flow& flow, BuildContext& context);
void BuildHttp(Flow& flow, BuildContext& context);
void BuildDns(Flow& flow, BuildContext& context);
void BuildNtp(Flow& flow, BuildContext& context);
void BuildIcmp(Flow& flow, BuildContext& context);
void BuildMdns(Flow& flow, BuildContext& context);
void BuildSsdp(Flow& flow, BuildContext& context);
void BuildSsh(Flow& flow, BuildContext& context);
void BuildSmtp(Flow& flow, BuildContext& context);
void BuildFtp(Flow& flow, BuildContext& context);
void BuildSip(Flow& flow, BuildContext& context);
void BuildRtp(Flow& flow, BuildContext& context);
void BuildMqtt(Flow& flow, BuildContext& context);
void BuildUnknownTcp(Flow& flow, BuildContext& context);
void BuildUnknownUdp(Flow& flow, BuildContext& context);
void BuildTiny(Flow& flow, BuildContext& context);
void BuildEstablished(Flow& flow, BuildContext& context);
void BuildSingle(Flow& flow, BuildContext& context);
void BuildHole(Flow& flow, BuildContext& context);

}  // namespace tapline::bench

#endif  // TAPLINE_TESTS_BENCH_TRAFFIC_KINDS_H_
