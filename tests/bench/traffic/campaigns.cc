#include "tests/bench/traffic/campaigns.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/bench/traffic/address_plan.h"
#include "tests/bench/traffic/dns_payload.h"
#include "tests/bench/traffic/script.h"
#include "tests/bench/traffic/ssh_payload.h"

namespace tapline::bench {
namespace {

constexpr uint64_t kSecond = 1000000000;

// Manners.
enum : uint8_t { kClosed, kFiltered };                    // port_scan
enum : uint8_t { kSweepTcp, kSweepIcmp, kSweepUdp };      // host_sweep
enum : uint8_t { kShortSessions, kRefused, kFtpLogins };  // brute_force
enum : uint8_t { kOneSource, kRandomSource };             // syn_flood
enum : uint8_t { kSlowTunnel, kFastTunnel };              // dns_tunnel

constexpr uint16_t kCommonPorts[] = {22, 80, 443};

void PortProbe(const Campaign& campaign, Flow& flow, Script& script) {
  flow.port[0] = static_cast<uint16_t>(40000 + campaign.done % 20000);
  // A permutation of 1 .. 65536 that begins anywhere.
  flow.port[1] = static_cast<uint16_t>(
      1 + (campaign.done * 40503u + campaign.actor * 977u) % 60000);
  script.Packet(0, kSyn);
  if (campaign.manner == kFiltered) return;
  if (std::find(std::begin(kCommonPorts), std::end(kCommonPorts),
                flow.port[1]) != std::end(kCommonPorts)) {
    script.Packet(1, kSyn | kAck);
    script.Packet(0, kRst);
  } else {
    script.Packet(1, kRst | kAck);
  }
}

void SweepProbe(const Campaign& campaign, Flow& flow, Script& script) {
  flow.host[1] =
      Victim(0x40000 + campaign.actor * 256 + campaign.done, campaign.v6);
  const bool alive = campaign.done % 10 == 3;
  if (campaign.manner == kSweepIcmp) {
    flow.transport = campaign.v6 ? kIcmp6 : kIcmp;
    flow.port[0] = 77;
    flow.sequence[0] = flow.sequence[1] = 0;
    script.Packet(0, campaign.v6 ? 128 : 8, {}, 56);
    if (alive) script.Packet(1, campaign.v6 ? 129 : 0, {}, 56);
    return;
  }
  flow.port[0] = static_cast<uint16_t>(50000 + campaign.done);
  if (campaign.manner == kSweepUdp) {
    flow.transport = kUdp;
    flow.port[1] = 161;
    script.Packet(0, 0, {}, 40);
    return;
  }
  flow.port[1] = 445;
  script.Packet(0, kSyn);
  if (alive) script.Packet(1, kRst | kAck);
}

void StealthProbe(const Campaign& campaign, Flow& flow, Script& script) {
  constexpr uint8_t kFlags[] = {0, kFin, kFin | kPsh | kUrg, kSyn | kFin};
  flow.port[0] = static_cast<uint16_t>(52000 + campaign.done);
  flow.port[1] = static_cast<uint16_t>(8000 + campaign.done % 4);
  script.Packet(0, kFlags[campaign.manner % 4]);
}

void FailedLogin(const Campaign& campaign, Flow& flow, Script& script,
                 Truth& truth) {
  flow.port[0] = static_cast<uint16_t>(33000 + campaign.done);
  flow.port[1] = campaign.manner == kRefused ? 3389 : 22;
  if (campaign.manner == kRefused) {
    script.Packet(0, kSyn);
    script.Packet(1, kRst | kAck);
    return;
  }
  script.Open();
  if (campaign.manner == kFtpLogins) {
    flow.port[1] = 21;
    script.Message(1, "220 (vsFTPd 3.0.3)\r\n");
    script.Message(0, "USER root\r\n");
    script.Message(1, "331 Please specify the password.\r\n");
    script.Message(0, absl::StrCat("PASS ", campaign.done, "\r\n"));
    script.Message(1, "530 Login incorrect.\r\n");
    script.Close(0);
    truth.Carries(kf_ftp_login, "failed");
    return;
  }
  SshBanners(script, truth, "SSH-2.0-libssh2_1.10.0");
  Rng& rng = script.rng();
  script.Message(0, SshKexInit(rng, false));
  script.Message(1, SshKexInit(rng, true));
  script.Message(0, SshEcdhInit(rng));
  script.Message(1, SshEcdhReply(rng));
  script.Message(0, SshNewKeys(), 208);
  script.Message(1, {}, 52);
  script.Close(1);
}

void FloodSyn(const Campaign& campaign, Flow& flow, Script& script, Rng& rng) {
  if (campaign.manner == kRandomSource) {
    flow.host[0] = Spoofed(campaign.seed, campaign.done);
    flow.port[0] = static_cast<uint16_t>(rng.Between(1024, 65535));
  } else {
    flow.port[0] = static_cast<uint16_t>(1024 + campaign.done % 64000);
  }
  flow.port[1] = 80;
  script.Packet(0, kSyn);
}

std::string TunnelDomain(const Campaign& campaign) {
  return absl::StrCat("t", campaign.actor, "-sync.example");
}

void TunnelQuery(const Campaign& campaign, Flow& flow, Script& script,
                 Truth& truth) {
  constexpr char kBase32[] = "abcdefghijklmnopqrstuvwxyz234567";
  Rng& rng = script.rng();
  // One client behind the tunnel, one resolver.
  flow.host[0] = Client(0x800000 + campaign.actor, campaign.v6);
  flow.host[1] = Server(0, 10, campaign.v6);
  flow.port[0] = static_cast<uint16_t>(20000 + campaign.done);
  flow.port[1] = 53;
  flow.transport = kUdp;
  std::string name;
  for (int i = 0; i < 52; ++i) name.push_back(kBase32[rng.Below(32)]);
  absl::StrAppend(&name, ".", campaign.done, ".", TunnelDomain(campaign));
  flow.name = name;
  const uint16_t id = static_cast<uint16_t>(rng.Next());
  script.Packet(0, 0, DnsQuery(id, name, kDnsTxt, true));
  script.Packet(1, 0, DnsResponse(rng, id, name, kDnsTxt, true));
  truth.Carries(kf_dns_name, name);
}

void BeaconPoll(const Campaign& campaign, Flow& flow, Script& script,
                Truth& truth) {
  flow.host[0] = Client(0x900000 + campaign.actor, campaign.v6);
  flow.host[1] = Attacker(0x8000 + campaign.actor, campaign.v6);
  flow.port[0] = static_cast<uint16_t>(41000 + campaign.done);
  flow.port[1] = 80;
  flow.name = absl::StrCat("gate.c2-", campaign.actor, ".example");
  script.Open();
  script.Message(0, "GET /poll HTTP/1.1\r\nHost: " + flow.name +
                        "\r\nUser-Agent: agent/2\r\n\r\n");
  script.Message(1, "HTTP/1.1 204 No Content\r\nServer: c2\r\n\r\n");
  script.Close(0);
  truth.Carries(kf_http_host, flow.name);
}

// Plans the campaigns of one mix.
class Planner {
 public:
  Planner(uint64_t seed, uint64_t span_ns, Truth& truth)
      : rng_(seed ^ 0x61747461636b), span_ns_(span_ns), truth_(truth) {}

  // Cuts `flows` into campaigns of about `each` flows, `interval_ns` apart.
  // `manners` alternate.
  void Add(Kind kind, uint64_t flows, uint32_t each, uint64_t interval_ns,
           uint8_t manners, uint32_t packets_each) {
    const uint64_t number = std::max<uint64_t>(1, flows / each);
    for (uint64_t i = 0; i < number; ++i) {
      const uint32_t count =
          static_cast<uint32_t>(flows * (i + 1) / number - flows * i / number);
      AddOne(kind, static_cast<uint8_t>(i % manners), count, interval_ns,
             packets_each);
    }
  }

  void AddOne(Kind kind, uint8_t manner, uint32_t count, uint64_t interval_ns,
              uint32_t packets_each) {
    if (count == 0) return;
    Campaign campaign;
    campaign.kind = kind;
    campaign.manner = manner;
    campaign.actor = actor_++;
    campaign.v6 = allow_v6_ && campaign.actor % 8 == 5 && kind != k_syn_flood;
    campaign.count = count;
    campaign.interval_ns = interval_ns;
    campaign.packets_each = packets_each;
    campaign.seed = rng_.Next();
    // All of it lies within the span.
    uint64_t duration = campaign.interval_ns * count;
    if (duration > span_ns_ * 9 / 10) {
      campaign.interval_ns = span_ns_ * 9 / 10 / count;
      duration = campaign.interval_ns * count;
    }
    campaign.start_ns = kSecond / 2 + rng_.Below(span_ns_ - duration);
    campaigns_.push_back(campaign);
    Expect(campaign);
  }

  void AllowV6(bool allow) { allow_v6_ = allow; }
  std::vector<Campaign> Take() { return std::move(campaigns_); }

 private:
  void Expect(const Campaign& campaign);

  Rng rng_;
  uint64_t span_ns_;
  Truth& truth_;
  bool allow_v6_ = false;
  uint32_t actor_ = 0;
  std::vector<Campaign> campaigns_;
};

void Planner::Expect(const Campaign& campaign) {
  if (campaign.kind == k_beacon) return;
  ExpectedAlert alert;
  alert.rule = KindName(campaign.kind);
  alert.severity = "SEVERITY_HIGH";
  alert.source = ToText(Attacker(campaign.actor, campaign.v6).address);
  alert.target = ToText(Victim(campaign.actor, campaign.v6).address);
  switch (campaign.kind) {
    case k_host_sweep:
      alert.target.clear();
      if (campaign.manner == kSweepTcp) alert.port = 445;
      if (campaign.manner == kSweepUdp) alert.port = 161;
      break;
    case k_brute_force:
      alert.port = campaign.manner == kRefused ? 3389 : 22;
      if (campaign.manner == kFtpLogins) alert.port = 21;
      break;
    case k_syn_flood:
      alert.severity = "SEVERITY_CRITICAL";
      alert.port = 80;
      if (campaign.manner == kRandomSource) alert.source.clear();
      break;
    case k_dns_tunnel:
      alert.source =
          ToText(Client(0x800000 + campaign.actor, campaign.v6).address);
      alert.target.clear();
      alert.severity = campaign.manner == kFastTunnel ? "SEVERITY_CRITICAL"
                                                      : "SEVERITY_MEDIUM";
      break;
    default:
      break;
  }
  truth_.Expect(std::move(alert));
}

uint64_t Share(uint64_t flows, uint64_t per_myriad) {
  return flows * per_myriad / 10000;
}

}  // namespace

void BuildAttack(const Campaign& campaign, Flow& flow, Rng& rng, Truth& truth) {
  flow.kind = campaign.kind;
  flow.transport = kTcp;
  flow.host[0] = Attacker(campaign.actor, campaign.v6);
  flow.host[1] = Victim(campaign.actor, campaign.v6);
  Script script(flow, rng);
  switch (campaign.kind) {
    case k_port_scan:
      return PortProbe(campaign, flow, script);
    case k_host_sweep:
      return SweepProbe(campaign, flow, script);
    case k_stealth_scan:
      return StealthProbe(campaign, flow, script);
    case k_brute_force:
      return FailedLogin(campaign, flow, script, truth);
    case k_syn_flood:
      return FloodSyn(campaign, flow, script, rng);
    case k_dns_tunnel:
      return TunnelQuery(campaign, flow, script, truth);
    default:
      return BeaconPoll(campaign, flow, script, truth);
  }
}

std::vector<Campaign> ImixCampaigns(uint64_t seed, uint64_t flows,
                                    uint64_t span_ns, Truth& truth) {
  Planner planner(seed, span_ns, truth);
  planner.AllowV6(true);
  planner.Add(k_dns_tunnel, Share(flows, 101), 100, kSecond / 4, 1, 2);
  for (int i = 0; i < 4; ++i) {
    planner.AddOne(k_dns_tunnel, kFastTunnel, 200, kSecond / 40, 2);
  }
  planner.Add(k_brute_force, Share(flows, 48), 36, kSecond / 2, 3, 16);
  planner.Add(k_beacon, Share(flows, 48), 11, 5 * kSecond, 1, 9);
  planner.Add(k_port_scan, Share(flows, 580), 240, kSecond / 200, 2, 2);
  // Slow, but ten ports within the minute.
  for (int i = 0; i < 4; ++i) {
    planner.AddOne(k_port_scan, kClosed, 16, 2 * kSecond, 2);
  }
  planner.Add(k_host_sweep, Share(flows, 40), 50, kSecond / 10, 3, 1);
  planner.Add(k_stealth_scan, Share(flows, 8), 40, kSecond / 20, 4, 1);
  uint64_t flood = Share(flows, 402);
  if (flood > 8000) {
    const uint32_t random = static_cast<uint32_t>(flood / 2);
    planner.AddOne(k_syn_flood, kRandomSource, random, kSecond / 5000, 1);
    flood -= random;
  }
  planner.Add(k_syn_flood, flood, 1000, kSecond / 500, 1, 1);
  return planner.Take();
}

std::vector<Campaign> SmallCampaigns(uint64_t seed, uint64_t flows,
                                     uint64_t span_ns, Truth& truth) {
  Planner planner(seed, span_ns, truth);
  const uint32_t flood = static_cast<uint32_t>(Share(flows, 3987));
  for (uint32_t i = 0; i < 4; ++i) {
    planner.AddOne(k_syn_flood, kRandomSource, flood / 4,
                   std::min<uint64_t>(span_ns / flood, kSecond / 2000), 1);
  }
  planner.Add(k_port_scan, Share(flows, 1004), 1000, kSecond / 500, 2, 2);
  return planner.Take();
}

std::vector<Campaign> FloodCampaigns(uint64_t seed, uint64_t syns,
                                     uint32_t targets, uint64_t span_ns,
                                     Truth& truth) {
  Planner planner(seed, span_ns, truth);
  for (uint32_t i = 0; i < targets; ++i) {
    planner.AddOne(
        k_syn_flood, kRandomSource, static_cast<uint32_t>(syns / targets),
        std::min<uint64_t>(span_ns * targets * 9 / 10 / syns, kSecond / 2000),
        1);
  }
  return planner.Take();
}

}  // namespace tapline::bench
