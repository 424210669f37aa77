// Reports one source that tries many ports of one target (ATT&CK T1046).
//
// Signal: SYNs, or first UDP packets, to min_ports distinct ports of one target
// within the window. A port stops counting when a TCP handshake completes or
// the UDP side answers, and counts again when that connection closes without a
// byte of payload, as a connect scan leaves it. So a client that uses many
// ports of a busy host is silent, and a half-open, connect or UDP scan is not.
// False alarms: UDP traceroute has a port range of its own, which is left out;
// answers of a service port to client ports, when only they are seen, too.
// Monitoring that connects to ten ports of one host: suppress its address.

#include <bitset>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sensord/detect/detector.h"
#include "sensord/detect/endpoint_key.h"
#include "sensord/detect/evidence.h"
#include "sensord/detect/flow_signs.h"
#include "sensord/detect/recent_set.h"
#include "sensord/detect/tries_table.h"

namespace tapline::port_scan {
namespace {

// traceroute(8): 33434 and one more per probe.
constexpr uint16_t kTracerouteFirst = 33434;
constexpr uint16_t kTracerouteLast = 33534;
constexpr int kMaxListedPorts = 32;

using PortSet = std::bitset<65536>;

class ScanData final : public IncidentData {
 public:
  ScanData(const EndpointKey& key, UnixNanos window, uint32_t threshold)
      : key_(key), window_(window), threshold_(threshold) {}

  // False: nothing new about a port known to be in ordinary use.
  bool Try(uint16_t port) {
    if (used_[port]) return false;
    tried_.set(port);
    return true;
  }
  void Answer(uint16_t port) { open_.set(port); }
  void Use(uint16_t port) { used_.set(port); }

  void Describe(v1::Alert& alert) const override {
    SetSource(alert, key_.source);
    SetTarget(alert, key_.target, 0);
    v1::PortScanEvidence& e = *alert.mutable_evidence()->mutable_port_scan();
    e.set_distinct_ports(static_cast<uint32_t>(tried_.count()));
    e.set_open_ports(static_cast<uint32_t>((open_ & tried_).count()));
    for (size_t port = tried_._Find_first();
         port < tried_.size() && e.ports_size() < kMaxListedPorts;
         port = tried_._Find_next(port)) {
      e.add_ports(static_cast<uint32_t>(port));
    }
    SetDuration(window_, *e.mutable_window());
    e.set_threshold(threshold_);
    e.set_transport(TransportOf(key_.ip_protocol));
    alert.set_summary(absl::StrCat(
        key_.source.ToString(), " tried ", e.distinct_ports(), " ",
        TransportName(key_.ip_protocol), " ports of ", key_.target.ToString(),
        ", ", e.open_ports(), " answered"));
  }

 private:
  EndpointKey key_;
  UnixNanos window_;
  uint32_t threshold_;
  PortSet tried_;
  PortSet open_;
  PortSet used_;
};

struct TriedPort {
  uint16_t port = 0;
  bool open = false;

  friend bool operator==(const TriedPort& a, const TriedPort& b) {
    return a.port == b.port;
  }
};

struct Tries {
  RecentSet<TriedPort> ports;
  IncidentHandle incident;
};

using Table = TriesTable<Tries, TriedPort>;

class PortScan final : public Detector {
 public:
  explicit PortScan(DetectorContext& context)
      : Detector(context), table_(forgotten_keys()) {}

  uint32_t Kinds() const override {
    return KindBit(SignalKind::kSyn) | KindBit(SignalKind::kFlowOpened) |
           KindBit(SignalKind::kAnswered) | KindBit(SignalKind::kEstablished) |
           KindBit(SignalKind::kRefused) | KindBit(SignalKind::kFlowClosed);
  }

  bool Configure(const v1::DetectConfig& config) override {
    window_ = WindowNanos(config.port_scan().window());
    min_ports_ = std::max(config.port_scan().min_ports(), 1u);
    table_.Configure(config.max_keys(), window_, min_ports_);
    return config.port_scan().enabled();
  }

  void Prefetch(const Signal& s) const override {
    table_.Prefetch(KeyOf(s).Hash());
  }

  void OnSignal(const Signal& s, const SignalBatch& batch) override {
    if (s.ip_protocol != kTcp && s.ip_protocol != kUdp) return;
    const bool tcp = s.ip_protocol == kTcp;
    switch (s.kind) {
      case SignalKind::kSyn:
        if (tcp && !IsGroup(s.responder)) Try(s);
        break;
      case SignalKind::kFlowOpened:
        if (!tcp && IsUdpTry(s)) Try(s);
        break;
      case SignalKind::kRefused:
        if (!tcp && !IsTraceroute(s)) Try(s);
        break;
      case SignalKind::kAnswered:
        Answer(s, !tcp);
        break;
      case SignalKind::kEstablished:
        Answer(s, true);
        break;
      case SignalKind::kFlowClosed:
        if (tcp && IsBareConnect(batch.PartOf(s).flows[s.detail])) Try(s);
        break;
      default:
        break;
    }
  }

 private:
  static EndpointKey KeyOf(const Signal& s) {
    return {.source = s.originator,
            .target = s.responder,
            .port = 0,
            .ip_protocol = s.ip_protocol};
  }
  static bool IsTraceroute(const Signal& s) {
    return s.responder_port >= kTracerouteFirst &&
           s.responder_port <= kTracerouteLast;
  }
  static bool IsUdpTry(const Signal& s) {
    return !IsTowardClient(s) && !IsTraceroute(s) && !IsGroup(s.responder);
  }

  void Try(const Signal& s) {
    const EndpointKey key = KeyOf(s);
    const uint64_t hash = key.Hash();
    Table::First first;
    Tries* place = table_.Place(key, hash, {s.responder_port}, s.clock, first);
    if (place == nullptr) return;
    Tries& tries = *place;
    if (first.hash != 0) table_.Add(tries.ports, first.item, first.clock);
    if (Incident* incident = incidents().Get(tries.incident)) {
      if (DataOf(*incident).Try(s.responder_port)) {
        incidents().Touch(*incident, s.clock);
      }
      return;
    }
    const size_t before = tries.ports.size();
    table_.Add(tries.ports, {s.responder_port}, s.clock);
    if (tries.ports.size() > before && before == 1) table_.Keep(tries);
    if (tries.ports.size() >= min_ports_) Raise(key, tries, s.clock);
  }

  void Answer(const Signal& s, bool in_use) {
    const EndpointKey key = KeyOf(s);
    const uint64_t hash = key.Hash();
    Tries* tries = table_.Find(key, hash);
    if (tries == nullptr) {
      if (auto* first = table_.FindFirst(hash, {s.responder_port})) {
        first->item.open = true;
        if (in_use) first->hash = 0;
      }
      return;
    }
    if (Incident* incident = incidents().Get(tries->incident)) {
      DataOf(*incident).Answer(s.responder_port);
      if (in_use) DataOf(*incident).Use(s.responder_port);
    } else if (in_use) {
      tries->ports.Remove({s.responder_port});
    } else if (TriedPort* tried = tries->ports.Find({s.responder_port})) {
      tried->open = true;
    }
  }

  void Raise(const EndpointKey& key, Tries& tries, UnixNanos clock) {
    auto data = std::make_unique<ScanData>(key, window_, min_ports_);
    for (const auto& e : tries.ports) {
      data->Try(e.item.port);
      if (e.item.open) data->Answer(e.item.port);
    }
    tries.incident = incidents().Open({.rule = Rule::port_scan,
                                       .key = KeyText(key),
                                       .first_seen = tries.ports.OldestClock(),
                                       .clock = clock,
                                       .window = window_,
                                       .count = tries.ports.size(),
                                       .data = std::move(data)});
    tries.ports.Clear();
  }

  static ScanData& DataOf(Incident& incident) {
    return static_cast<ScanData&>(incident.data());
  }

  Table table_;
  UnixNanos window_ = 60 * kSecondNanos;
  uint32_t min_ports_ = 10;
};

}  // namespace

std::unique_ptr<Detector> NewDetector(DetectorContext& context) {
  return std::make_unique<PortScan>(context);
}

}  // namespace tapline::port_scan
