// Reports one source that looks for many hosts (ATT&CK T1018).
//
// Signal: within the window, min_hosts distinct addresses that one source tried
// in vain on one port (TCP, UDP), asked for in vain by ARP, or pinged. In vain
// is: refused, tried again before an answer, or silent for half a second; for
// TCP also a handshake that was never completed and a connection that carried
// nothing. At least half of the tries must be in vain: browsers, crawlers and
// resolvers reach most of the hosts they try.
// False alarms: groups (multicast, broadcast) are no hosts; QUIC (UDP 443) is
// tried everywhere and dropped by many networks; an answer of a service port to
// a client port is no try; a router asks by ARP for hosts whose answers are not
// seen here, so addresses that sent ARP lately are not counted. Peer-to-peer
// programs do sweep: suppress their address or port.

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sensord/detect/detector.h"
#include "sensord/detect/distinct_total.h"
#include "sensord/detect/endpoint_key.h"
#include "sensord/detect/evidence.h"
#include "sensord/detect/flow_signs.h"
#include "sensord/detect/hold_queue.h"
#include "sensord/detect/keyed_table.h"
#include "sensord/detect/recent_set.h"
#include "sensord/detect/sliding_count.h"
#include "sensord/detect/tries_table.h"

namespace tapline::host_sweep {
namespace {

constexpr UnixNanos kPatience = 500 * kMillisecondNanos;
// A retransmission, not a copy of the packet.
constexpr UnixNanos kRetry = 100 * kMillisecondNanos;
constexpr UnixNanos kAlive = 600 * kSecondNanos;
constexpr uint16_t kQuicPort = 443;
constexpr uint8_t kEchoRequest = 8;
constexpr uint8_t kEchoRequestV6 = 128;
constexpr int kMaxListedHosts = 32;
// Hosts remembered for each that is needed.
constexpr size_t kListFactor = 4;

struct HostTry {
  IpAddress host;
  bool failed = false;

  friend bool operator==(const HostTry& a, const HostTry& b) {
    return a.host == b.host;
  }
};

class SweepData final : public IncidentData {
 public:
  EndpointKey key;
  UnixNanos window = 0;
  uint32_t threshold = 0;

  // True when the host is a new one.
  bool Add(const IpAddress& host) {
    if (!hosts_.Add(HashOf(host))) return false;
    if (listed_.size() < kMaxListedHosts) listed_.push_back(host);
    return true;
  }

  void Describe(v1::Alert& alert) const override {
    SetSource(alert, key.source);
    v1::HostSweepEvidence& e = *alert.mutable_evidence()->mutable_host_sweep();
    e.set_distinct_hosts(static_cast<uint32_t>(hosts_.Count()));
    for (const IpAddress& host : listed_) e.add_hosts(host.ToString());
    e.set_port(key.port);
    e.set_transport(TransportOf(key.ip_protocol));
    SetDuration(window, *e.mutable_window());
    e.set_threshold(threshold);
    alert.set_summary(
        absl::StrCat(key.source.ToString(), " looked for ", e.distinct_hosts(),
                     " hosts by ", TransportName(key.ip_protocol),
                     key.port == 0 ? "" : absl::StrCat(" port ", key.port)));
  }

 private:
  DistinctTotal hosts_;
  std::vector<IpAddress> listed_;
};

struct Tries {
  RecentSet<HostTry> hosts;
  SlidingCount<4> reached;
  size_t failed = 0;  // at the last judgement
  bool held = false;
  IncidentHandle incident;
};

using Table = TriesTable<Tries, HostTry>;

class HostSweep final : public Detector {
 public:
  explicit HostSweep(DetectorContext& context)
      : Detector(context), table_(forgotten_keys()), alive_(forgotten_keys()) {}

  uint32_t Kinds() const override {
    return KindBit(SignalKind::kSyn) | KindBit(SignalKind::kFlowOpened) |
           KindBit(SignalKind::kAnswered) | KindBit(SignalKind::kEstablished) |
           KindBit(SignalKind::kRefused) | KindBit(SignalKind::kFlowClosed) |
           KindBit(SignalKind::kArp);
  }

  bool Configure(const v1::DetectConfig& config) override {
    window_ = WindowNanos(config.host_sweep().window());
    min_hosts_ = std::max(config.host_sweep().min_hosts(), 1u);
    table_.Configure(config.max_keys(), window_, min_hosts_);
    alive_.SetCapacity(config.max_keys());
    return config.host_sweep().enabled();
  }

  void Prefetch(const Signal& s) const override {
    table_.Prefetch(KeyOf(s).Hash());
  }

  void OnSignal(const Signal& s, const SignalBatch& batch) override {
    if (s.kind == SignalKind::kArp) {
      OnArp(s, batch.PartOf(s).arps[s.detail]);
    } else if (s.ip_protocol == kTcp) {
      OnTcp(s, batch);
    } else if (s.ip_protocol == kUdp) {
      OnUdp(s);
    } else if (IsPing(s) && !IsGroup(s.responder)) {
      Try(KeyOf(s), s.responder, true, s.clock);
    }
  }

  void OnWake(UnixNanos clock) override {
    while (const auto key = held_.TakeDue(clock)) Judge(*key, clock, kPatience);
    if (!held_.empty()) WakeAt(held_.due());
  }

  void Finish(UnixNanos clock) override {
    while (const auto key = held_.TakeDue(kNever)) Judge(*key, clock, 0);
  }

 private:
  static EndpointKey KeyOf(const Signal& s) {
    const bool ports = s.ip_protocol == kTcp || s.ip_protocol == kUdp;
    return {.source = s.originator,
            .target = IpAddress(),
            .port = ports ? s.responder_port : uint16_t{0},
            .ip_protocol = s.ip_protocol};
  }
  static bool IsPing(const Signal& s) {
    return s.kind == SignalKind::kFlowOpened &&
           ((s.ip_protocol == kIcmp && s.icmp_type == kEchoRequest) ||
            (s.ip_protocol == kIcmpV6 && s.icmp_type == kEchoRequestV6));
  }

  void OnTcp(const Signal& s, const SignalBatch& batch) {
    if (s.kind == SignalKind::kSyn) {
      if (!IsGroup(s.responder)) Try(KeyOf(s), s.responder, false, s.clock);
    } else if (s.kind == SignalKind::kEstablished) {
      Reach(KeyOf(s), s.responder, s.clock);
    } else if (s.kind == SignalKind::kRefused ||
               (s.kind == SignalKind::kFlowClosed &&
                IsBareConnect(batch.PartOf(s).flows[s.detail]))) {
      Try(KeyOf(s), s.responder, true, s.clock);
    }
  }

  void OnUdp(const Signal& s) {
    if (s.kind == SignalKind::kFlowOpened) {
      if (IsTowardClient(s) || s.responder_port == kQuicPort ||
          IsGroup(s.responder)) {
        return;
      }
      Try(KeyOf(s), s.responder, false, s.clock);
    } else if (s.kind == SignalKind::kAnswered) {
      Reach(KeyOf(s), s.responder, s.clock);
    } else if (s.kind == SignalKind::kRefused) {
      Try(KeyOf(s), s.responder, true, s.clock);
    }
  }

  void OnArp(const Signal& s, const ArpSignal& arp) {
    if (arp.sender == IpAddress() || arp.sender == Ipv4Any()) return;
    const EndpointKey sender = {.source = arp.sender,
                                .target = IpAddress(),
                                .port = 0,
                                .ip_protocol = 0};
    alive_.FindOrInsert(sender, sender.Hash(), s.clock) = s.clock;
    if (arp.gratuitous) return;
    EndpointKey target = sender;
    target.source = arp.target;
    if (!arp.request) {
      Reach(target, arp.sender, s.clock);
      return;
    }
    const UnixNanos* seen = alive_.Find(target, target.Hash());
    if (seen != nullptr && Between(*seen, s.clock) <= kAlive) return;
    Try(sender, arp.target, false, s.clock);
  }
  static IpAddress Ipv4Any() { return IpAddress::FromV4(uint32_t{0}); }

  void Try(const EndpointKey& key, const IpAddress& host, bool failed,
           UnixNanos clock) {
    const uint64_t hash = key.Hash();
    Table::First first;
    Tries* place = table_.Place(key, hash, {host, failed}, clock, first);
    if (place == nullptr) {
      if (failed) table_.FindFirst(hash, {host})->item.failed = true;
      return;
    }
    Tries& t = *place;
    if (first.hash != 0) {
      Note(t, first.item.host, first.item.failed, first.clock);
    }
    if (Incident* incident = incidents().Get(t.incident)) {
      if (static_cast<SweepData&>(incident->data()).Add(host)) {
        incidents().Touch(*incident, clock);
      }
      return;
    }
    Note(t, host, failed, clock);
    if (t.hosts.size() == 2) table_.Keep(t);
    if (t.hosts.size() < min_hosts_) return;
    if (IsSweep(t, clock, kPatience)) {
      Raise(key, t, clock);
    } else if (!t.held && !held_.IsFull()) {
      t.held = true;
      held_.Add(key, Later(clock, kPatience));
      WakeAt(Later(clock, kPatience));
    }
  }

  // A host tried before keeps its first time while it is waited for.
  void Note(Tries& t, const IpAddress& host, bool failed, UnixNanos clock) {
    t.hosts.Expire(clock, window_);
    if (auto* entry = t.hosts.FindEntry({host})) {
      if (failed || Between(entry->clock, clock) >= kRetry) {
        entry->item.failed = true;
        entry->clock = clock;
      }
      return;
    }
    // Too few failed: the new one is not needed, and those waited for keep
    // their place, or a fast sweep would never be waited for long enough.
    if (t.hosts.size() >= size_t{min_hosts_} * kListFactor) {
      if (t.failed < min_hosts_ || !t.hosts.Oldest().item.failed) return;
      t.hosts.RemoveOldest();
    }
    table_.Add(t.hosts, {host, failed}, clock);
  }

  void Reach(const EndpointKey& key, const IpAddress& host, UnixNanos clock) {
    const uint64_t hash = key.Hash();
    Tries* t = table_.Find(key, hash);
    if (t == nullptr) {
      if (auto* first = table_.FindFirst(hash, {host})) first->hash = 0;
      return;
    }
    t->hosts.Remove({host});
    t->reached.Add(clock, window_);
  }

  bool IsSweep(Tries& t, UnixNanos clock, UnixNanos patience) {
    size_t failed = 0;
    for (auto& e : t.hosts) {
      if (Between(e.clock, clock) >= patience) e.item.failed = true;
      failed += e.item.failed;
    }
    t.failed = failed;
    return failed >= min_hosts_ && failed >= t.reached.Total(clock, window_);
  }

  void Judge(const EndpointKey& key, UnixNanos clock, UnixNanos patience) {
    Tries* t = table_.Find(key, key.Hash());
    if (t == nullptr || !t->held) return;
    t->held = false;
    t->hosts.Expire(clock, window_);
    if (t->hosts.size() < min_hosts_ || incidents().Get(t->incident)) return;
    if (IsSweep(*t, clock, patience)) Raise(key, *t, clock);
  }

  void Raise(const EndpointKey& key, Tries& t, UnixNanos clock) {
    auto data = std::make_unique<SweepData>();
    data->key = key;
    data->window = window_;
    data->threshold = min_hosts_;
    for (const auto& e : t.hosts) data->Add(e.item.host);
    t.incident = incidents().Open({.rule = Rule::host_sweep,
                                   .key = KeyText(key),
                                   .first_seen = t.hosts.OldestClock(),
                                   .clock = clock,
                                   .window = window_,
                                   .count = t.hosts.size(),
                                   .data = std::move(data)});
    t.hosts.Clear();
  }

  Table table_;
  // When an address last sent ARP.
  KeyedTable<EndpointKey, UnixNanos> alive_;
  UnixNanos window_ = 60 * kSecondNanos;
  uint32_t min_hosts_ = 15;
  HoldQueue held_;
};

}  // namespace

std::unique_ptr<Detector> NewDetector(DetectorContext& context) {
  return std::make_unique<HostSweep>(context);
}

}  // namespace tapline::host_sweep
