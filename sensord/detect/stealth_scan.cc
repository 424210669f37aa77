// Reports one source that sends TCP flag sets no stack sends (ATT&CK T1046).
//
// Signal: min_probes NULL, FIN, FIN+PSH+URG or SYN+FIN packets outside any
// connection from one source within the window.
// False alarms: a device that repeats one broken packet; a packet with the same
// addresses, ports and flags counts once.

#include <bitset>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sensord/detect/detector.h"
#include "sensord/detect/endpoint_key.h"
#include "sensord/detect/evidence.h"
#include "sensord/detect/keyed_table.h"
#include "sensord/detect/recent_set.h"

namespace tapline::stealth_scan {
namespace {

constexpr uint8_t kFin = 0x01;
constexpr uint8_t kSyn = 0x02;
constexpr uint8_t kPsh = 0x08;
constexpr uint8_t kUrg = 0x20;
constexpr uint8_t kClassicFlags = 0x3f;
constexpr size_t kItemsPerKey = 16;

struct Probe {
  IpAddress target;
  uint16_t source_port = 0;
  uint16_t target_port = 0;
  uint8_t flags = 0;

  friend bool operator==(const Probe& a, const Probe& b) {
    return a.target == b.target &&
           std::tie(a.source_port, a.target_port, a.flags) ==
               std::tie(b.source_port, b.target_port, b.flags);
  }
};

class ProbeData final : public IncidentData {
 public:
  ProbeData(const IpAddress& source, UnixNanos window, uint32_t threshold)
      : source_(source), window_(window), threshold_(threshold) {}

  void Add(const Probe& probe) {
    const uint8_t flags = probe.flags & kClassicFlags;
    if (flags == 0) {
      ++null_;
    } else if (flags == kFin) {
      ++fin_;
    } else if (flags == (kFin | kPsh | kUrg)) {
      ++xmas_;
    } else if ((flags & (kSyn | kFin)) == (kSyn | kFin)) {
      ++syn_fin_;
    }
    ports_.set(probe.target_port);
    if (target_ == IpAddress()) target_ = probe.target;
    many_targets_ |= target_ != probe.target;
  }

  void Describe(v1::Alert& alert) const override {
    SetSource(alert, source_);
    if (!many_targets_) SetTarget(alert, target_, 0);
    v1::StealthScanEvidence& e =
        *alert.mutable_evidence()->mutable_stealth_scan();
    e.set_null_probes(null_);
    e.set_fin_probes(fin_);
    e.set_xmas_probes(xmas_);
    e.set_syn_fin_probes(syn_fin_);
    e.set_distinct_ports(static_cast<uint32_t>(ports_.count()));
    SetDuration(window_, *e.mutable_window());
    e.set_threshold(threshold_);
    alert.set_summary(absl::StrCat(
        source_.ToString(), " sent ",
        Plural(uint64_t{null_} + fin_ + xmas_ + syn_fin_, "stealth probe"),
        " to ", many_targets_ ? "several hosts" : target_.ToString()));
  }

 private:
  IpAddress source_;
  UnixNanos window_;
  uint32_t threshold_;
  IpAddress target_;
  bool many_targets_ = false;
  uint32_t null_ = 0;
  uint32_t fin_ = 0;
  uint32_t xmas_ = 0;
  uint32_t syn_fin_ = 0;
  std::bitset<65536> ports_;
};

struct Probes {
  RecentSet<Probe> probes;
  IncidentHandle incident;
};

class StealthScan final : public Detector {
 public:
  explicit StealthScan(DetectorContext& context)
      : Detector(context), table_(forgotten_keys()) {}

  uint32_t Kinds() const override { return KindBit(SignalKind::kStealthProbe); }

  bool Configure(const v1::DetectConfig& config) override {
    window_ = WindowNanos(config.stealth_scan().window());
    min_probes_ = std::max(config.stealth_scan().min_probes(), 1u);
    table_.SetCapacity(config.max_keys());
    table_.SetKeepTime(window_);
    budget_.SetLimit(table_.capacity() * kItemsPerKey);
    return config.stealth_scan().enabled();
  }

  void OnSignal(const Signal& s, const SignalBatch&) override {
    const EndpointKey key = {.source = s.originator,
                             .target = IpAddress(),
                             .port = 0,
                             .ip_protocol = kTcp};
    const Probe probe = {.target = s.responder,
                         .source_port = s.originator_port,
                         .target_port = s.responder_port,
                         .flags = s.tcp_flags};
    Probes& p = table_.FindOrInsert(key, key.Hash(), s.clock);
    if (Incident* incident = incidents().Get(p.incident)) {
      static_cast<ProbeData&>(incident->data()).Add(probe);
      incidents().Touch(*incident, s.clock);
      return;
    }
    if (!p.probes.Add(probe, s.clock, window_, budget_)) {
      forgotten_keys().Add();
    }
    if (p.probes.size() == 2) table_.Keep(p);
    if (p.probes.size() < min_probes_) return;
    auto data = std::make_unique<ProbeData>(s.originator, window_, min_probes_);
    for (const auto& e : p.probes) data->Add(e.item);
    p.incident = incidents().Open({.rule = Rule::stealth_scan,
                                   .key = s.originator.ToString(),
                                   .first_seen = p.probes.OldestClock(),
                                   .clock = s.clock,
                                   .window = window_,
                                   .count = p.probes.size(),
                                   .data = std::move(data)});
    p.probes.Clear();
  }

 private:
  // Before the table, whose sets return their items to it.
  ItemBudget budget_;
  KeyedTable<EndpointKey, Probes> table_;
  UnixNanos window_ = 60 * kSecondNanos;
  uint32_t min_probes_ = 5;
};

}  // namespace

std::unique_ptr<Detector> NewDetector(DetectorContext& context) {
  return std::make_unique<StealthScan>(context);
}

}  // namespace tapline::stealth_scan
