#include "tests/bench/traffic/kinds.h"

#include "absl/strings/str_cat.h"

namespace tapline::bench {
namespace {

constexpr const char* kNames[] = {
#define KIND(name) #name,
#include "tests/bench/traffic/kinds.def"
#undef KIND
};

constexpr const char* kWords[] = {
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor",
    "iris",  "juno",  "kelp",  "lumen", "maple", "nova",  "onyx",  "pine"};

}  // namespace

const char* KindName(uint8_t kind) { return kNames[kind]; }

std::string DomainName(uint32_t index) {
  return absl::StrCat(kWords[index % 16], "-", index, ".example");
}

// kind, share, transport, port, slot, slots, base, weight, build
const KindSpec kImixKinds[] = {
    {k_tls13, 1994, kTcp, 443, 0, 4, 18, 10, BuildTls13},
    {k_tls12, 999, kTcp, 443, 4, 3, 18, 10, BuildTls12},
    {k_quic, 797, kUdp, 443, 0, 4, 4, 12, BuildQuic},
    {k_http, 701, kTcp, 80, 7, 3, 10, 10, BuildHttp},
    {k_dns, 2995, kUdp, 53, 10, 2, 2, 0, BuildDns},
    {k_ntp, 330, kUdp, 123, 12, 1, 2, 0, BuildNtp},
    {k_icmp, 250, kIcmp, 0, 13, 2, 6, 0, BuildIcmp},
    {k_mdns, 60, kUdp, 5353, 0, 1, 2, 0, BuildMdns},
    {k_ssdp, 60, kUdp, 1900, 0, 1, 3, 0, BuildSsdp},
    {k_ssh, 101, kTcp, 22, 15, 2, 24, 4, BuildSsh},
    {k_smtp, 80, kTcp, 25, 17, 2, 24, 2, BuildSmtp},
    {k_ftp, 30, kTcp, 21, 19, 1, 30, 0, BuildFtp},
    {k_sip, 60, kUdp, 5060, 20, 1, 5, 0, BuildSip},
    {k_rtp, 60, kUdp, 16384, 21, 1, 8, 16, BuildRtp},
    {k_mqtt, 80, kTcp, 1883, 22, 1, 16, 1, BuildMqtt},
    {k_unknown_tcp, 150, kTcp, 4460, 23, 2, 8, 4, BuildUnknownTcp},
    {k_unknown_udp, 150, kUdp, 9117, 25, 2, 2, 4, BuildUnknownUdp},
    {k_tls13, 0, kTcp, 0, 0, 0, 0, 0, nullptr}};

const KindSpec kSmallKinds[] = {
    {k_tiny_tcp, 2997, kTcp, 4460, 0, 2, 6, 10, BuildTiny},
    {k_tiny_udp, 2012, kUdp, 9117, 2, 2, 1, 10, BuildTiny},
    {k_tiny_tcp, 0, kTcp, 0, 0, 0, 0, 0, nullptr}};

const KindSpec kEstablishedKinds[] = {
    {k_established, 10000, kTcp, 4460, 0, 2, 100, 0, BuildEstablished},
    {k_established, 0, kTcp, 0, 0, 0, 0, 0, nullptr}};

const KindSpec kSingleKinds[] = {
    {k_single, 10000, kUdp, 9117, 0, 4, 1, 0, BuildSingle},
    {k_single, 0, kUdp, 0, 0, 0, 0, 0, nullptr}};

const KindSpec kHoleKinds[] = {{k_hole, 10000, kTcp, 80, 0, 4, 6, 0, BuildHole},
                               {k_hole, 0, kTcp, 0, 0, 0, 0, 0, nullptr}};

}  // namespace tapline::bench
