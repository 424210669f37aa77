#include "tests/sensord/detect/traffic.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"

namespace tapline {
namespace {

constexpr uint8_t kSynFlag = 2;

void SetSeconds(int64_t seconds, google::protobuf::Duration* d) {
  d->set_seconds(seconds);
}

}  // namespace

IpAddress Ip(absl::string_view text) { return *IpAddress::Parse(text); }

MacAddress Mac(uint8_t last) { return MacAddress{{0x02, 0, 0, 0, 0, last}}; }

v1::Config DetectTestConfig() {
  v1::Config config;
  v1::DetectConfig& d = *config.mutable_detect();
  SetSeconds(300, d.mutable_suppress_window());
  d.set_max_keys(65536);
  d.mutable_port_scan()->set_enabled(true);
  d.mutable_port_scan()->set_min_ports(10);
  SetSeconds(60, d.mutable_port_scan()->mutable_window());
  d.mutable_host_sweep()->set_enabled(true);
  d.mutable_host_sweep()->set_min_hosts(15);
  SetSeconds(60, d.mutable_host_sweep()->mutable_window());
  d.mutable_stealth_scan()->set_enabled(true);
  d.mutable_stealth_scan()->set_min_probes(5);
  SetSeconds(60, d.mutable_stealth_scan()->mutable_window());
  v1::BruteForceConfig& b = *d.mutable_brute_force();
  b.set_enabled(true);
  b.set_min_failures(5);
  SetSeconds(30, b.mutable_window());
  for (uint32_t port : {21, 22, 23, 110, 143, 3389, 5900}) {
    b.add_authentication_ports(port);
  }
  SetSeconds(10, b.mutable_short_session());
  b.set_short_session_bytes(4096);
  d.mutable_syn_flood()->set_enabled(true);
  d.mutable_syn_flood()->set_min_syns_per_source(100);
  d.mutable_syn_flood()->set_min_syns_per_target(1000);
  SetSeconds(10, d.mutable_syn_flood()->mutable_window());
  v1::DnsTunnelConfig& t = *d.mutable_dns_tunnel();
  t.set_enabled(true);
  t.set_long_name_bytes(50);
  t.set_min_distinct_names(10);
  SetSeconds(60, t.mutable_window());
  t.set_min_requests_per_second(20);
  t.set_min_new_ratio(0.8);
  d.mutable_traffic_spike()->set_enabled(true);
  d.mutable_traffic_spike()->set_min_z(3);
  d.mutable_traffic_spike()->set_warm_up_samples(60);
  d.mutable_traffic_spike()->set_min_bytes_per_second(1'000'000);
  d.mutable_arp_spoof()->set_enabled(true);
  d.mutable_arp_spoof()->set_min_changes(2);
  SetSeconds(60, d.mutable_arp_spoof()->mutable_window());
  return config;
}

PolicyPtr MakePolicy(const v1::Config& config) {
  auto policy = std::make_shared<Policy>();
  policy->revision = 1;
  policy->config = config;
  return policy;
}

Traffic& Traffic::Wait(absl::Duration by) {
  clock_ += absl::ToInt64Nanoseconds(by);
  return *this;
}

Signal& Traffic::Add(SignalKind kind, const Path& path) {
  Signal s;
  s.clock = clock_;
  s.tie = ++ordinal_;
  s.kind = kind;
  s.ip_protocol = path.protocol;
  s.originator = path.from;
  s.responder = path.to;
  s.originator_port = path.from_port;
  s.responder_port = path.port;
  s.flow_id = ordinal_;
  batch.signals.push_back(s);
  return batch.signals.back();
}

void Traffic::Syn(const Path& path) {
  Add(SignalKind::kFlowOpened, path).tcp_flags = kSynFlag;
  Add(SignalKind::kSyn, path).tcp_flags = kSynFlag;
}

void Traffic::Refused(const Path& path) {
  Syn(path);
  Add(SignalKind::kRefused, path);
}

void Traffic::HalfOpen(const Path& path) {
  Syn(path);
  Add(SignalKind::kAnswered, path);
}

void Traffic::Connect(const Path& path) {
  HalfOpen(path);
  Add(SignalKind::kEstablished, path);
}

void Traffic::Session(const Path& path, absl::Duration length,
                      uint64_t sent_bytes, uint64_t received_bytes,
                      FlowEnd end) {
  Connect(path);
  Wait(length);
  Close(path, length, sent_bytes, received_bytes, end);
}

void Traffic::Close(const Path& path, absl::Duration length,
                    uint64_t sent_bytes, uint64_t received_bytes, FlowEnd end) {
  if (end == FlowEnd::kFin || end == FlowEnd::kRst) {
    Signal& over = Add(SignalKind::kSessionEnded, path);
    over.detail = static_cast<uint32_t>(batch.sessions.size());
    batch.sessions.push_back({clock_ - absl::ToInt64Nanoseconds(length),
                              sent_bytes, received_bytes,
                              end == FlowEnd::kRst});
  }
  FlowSummary flow;
  flow.originator = path.from;
  flow.responder = path.to;
  flow.originator_port = path.from_port;
  flow.responder_port = path.port;
  flow.ip_protocol = path.protocol;
  flow.start = clock_ - absl::ToInt64Nanoseconds(length);
  flow.last = clock_;
  flow.end = end;
  flow.tcp_state = TcpPhase::kClosed;
  flow.responder_rtt_ns = 1000;
  flow.originator_rtt_ns = 1000;
  flow.from_originator.packets = 5;
  flow.from_originator.payload_bytes = sent_bytes;
  flow.from_responder.packets = 5;
  flow.from_responder.payload_bytes = received_bytes;
  Signal& s = Add(SignalKind::kFlowClosed, path);
  s.detail = static_cast<uint32_t>(batch.flows.size());
  batch.flows.push_back(flow);
}

void Traffic::Udp(const Path& path, bool answered) {
  Path udp = path;
  udp.protocol = 17;
  Add(SignalKind::kFlowOpened, udp);
  if (answered) Add(SignalKind::kAnswered, udp);
}

void Traffic::UdpRefused(const Path& path) {
  Udp(path, false);
  Path udp = path;
  udp.protocol = 17;
  Add(SignalKind::kRefused, udp);
}

void Traffic::Ping(const IpAddress& from, const IpAddress& to) {
  const bool v4 = to.IsV4();
  Signal& s = Add(SignalKind::kFlowOpened,
                  {.from = from,
                   .to = to,
                   .port = 0,
                   .from_port = 0,
                   .protocol = static_cast<uint8_t>(v4 ? 1 : 58)});
  s.icmp_type = v4 ? 8 : 128;
}

void Traffic::Stealth(const Path& path, uint8_t tcp_flags) {
  Add(SignalKind::kStealthProbe, path).tcp_flags = tcp_flags;
}

void Traffic::Query(const IpAddress& client, absl::string_view name) {
  DnsData dns;
  dns.name = std::string(name);
  dns.name_bytes = static_cast<uint16_t>(name.size());
  dns.type = 1;
  Signal& s = Add(SignalKind::kDnsMessage, {.from = client,
                                            .to = Ip("192.0.2.53"),
                                            .port = 53,
                                            .from_port = 40000,
                                            .protocol = 17});
  s.detail = static_cast<uint32_t>(batch.dns.size());
  batch.dns.push_back(std::move(dns));
}

void Traffic::Arp(ArpSignal arp) {
  Signal& s = Add(SignalKind::kArp, {.from = arp.sender,
                                     .to = arp.target,
                                     .port = 0,
                                     .from_port = 0,
                                     .protocol = 0});
  s.detail = static_cast<uint32_t>(batch.arps.size());
  arp.gratuitous = arp.sender == arp.target;
  batch.arps.push_back(arp);
}

void Traffic::ArpRequest(const IpAddress& sender, const MacAddress& mac,
                         const IpAddress& target) {
  ArpSignal arp;
  arp.request = true;
  arp.sender = sender;
  arp.sender_mac = mac;
  arp.target = target;
  Arp(arp);
}

void Traffic::ArpReply(const IpAddress& sender, const MacAddress& mac,
                       const IpAddress& target) {
  ArpSignal arp;
  arp.sender = sender;
  arp.sender_mac = mac;
  arp.target = target;
  Arp(arp);
}

void Traffic::Gratuitous(const IpAddress& sender, const MacAddress& mac) {
  ArpRequest(sender, mac, sender);
}

void Traffic::Second(const TrafficData& data) {
  Signal& s = Add(SignalKind::kTraffic, Path());
  s.phase = 0;
  s.tie = 0;
  s.detail = static_cast<uint32_t>(batch.traffic.size());
  batch.traffic.push_back(data);
}

DetectRun::DetectRun(const v1::Config& config)
    : stage(MakePolicy(config), nullptr) {}

DetectRun& DetectRun::Feed(Traffic& traffic) {
  stage.Process(traffic.batch, detections);
  traffic.batch.Clear();
  return *this;
}

DetectRun& DetectRun::Advance(UnixNanos clock) {
  stage.AdvanceClock(clock, detections);
  return *this;
}

DetectRun& DetectRun::Finish() {
  stage.Finish(detections);
  return *this;
}

std::vector<v1::Alert> DetectRun::Alerts() const {
  std::vector<v1::Alert> alerts;
  for (const Detection& d : detections) {
    auto it = std::find_if(
        alerts.begin(), alerts.end(),
        [&](const v1::Alert& a) { return a.id() == d.alert.id(); });
    if (it == alerts.end()) {
      alerts.push_back(d.alert);
    } else {
      *it = d.alert;
    }
  }
  return alerts;
}

std::string DetectRun::RuleNames() const {
  std::vector<std::string> rules;
  for (const v1::Alert& alert : Alerts()) rules.push_back(alert.rule());
  std::sort(rules.begin(), rules.end());
  return absl::StrJoin(rules, " ");
}

}  // namespace tapline
