// Reports an address that changes between hardware addresses (ATT&CK
// T1557.002).
//
// Signal: ARP packets (RFC 826), or IPv6 neighbour discovery (RFC 4861), that
// give an address min_changes other hardware addresses in turn within the
// window. A spoofer and the true owner take turns, whatever the spoofer's pace.
// False alarms: one change for good, as in a failover or when a lease moves to
// another device, stays below the default of two. Adaptive load balancing
// (Linux bonding mode 6) answers with several addresses by design: suppress it.

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/net/mac_address.h"
#include "sensord/detect/detector.h"
#include "sensord/detect/endpoint_key.h"
#include "sensord/detect/evidence.h"
#include "sensord/detect/keyed_table.h"
#include "sensord/detect/recent_set.h"

namespace tapline::arp_spoof {
namespace {

constexpr size_t kItemsPerKey = 16;

class SpoofData final : public IncidentData {
 public:
  IpAddress address;
  // Held before the changes; the newest other one.
  MacAddress owner;
  MacAddress intruder;
  uint32_t changes = 0;
  uint32_t gratuitous = 0;

  void Describe(v1::Alert& alert) const override {
    alert.mutable_source()->set_address(intruder.ToString());
    SetTarget(alert, address, 0);
    v1::ArpSpoofEvidence& e = *alert.mutable_evidence()->mutable_arp_spoof();
    e.set_address(address.ToString());
    e.set_previous_mac(owner.ToString());
    e.set_new_mac(intruder.ToString());
    e.set_changes(changes);
    e.set_gratuitous(gratuitous);
    alert.set_summary(absl::StrCat(
        address.ToString(), " changed ", Plural(changes, "time"), " between ",
        owner.ToString(), " and ", intruder.ToString()));
  }
};

struct Holder {
  bool known = false;
  MacAddress mac;
  // The one held when the window's first change came.
  MacAddress owner;
  uint32_t gratuitous = 0;
  RecentSet<uint64_t> changes;  // by running number
  uint64_t next_change = 0;
  IncidentHandle incident;
};

class ArpSpoof final : public Detector {
 public:
  explicit ArpSpoof(DetectorContext& context)
      : Detector(context), table_(forgotten_keys()) {}

  uint32_t Kinds() const override { return KindBit(SignalKind::kArp); }

  bool Configure(const v1::DetectConfig& config) override {
    window_ = WindowNanos(config.arp_spoof().window());
    min_changes_ = std::max(config.arp_spoof().min_changes(), 1u);
    table_.SetCapacity(config.max_keys());
    // Who held an address is worth keeping much longer than a window.
    table_.SetKeepTime(3600 * kSecondNanos);
    budget_.SetLimit(table_.capacity() * kItemsPerKey);
    return config.arp_spoof().enabled();
  }

  void OnSignal(const Signal& s, const SignalBatch& batch) override {
    const ArpSignal& arp = batch.PartOf(s).arps[s.detail];
    // 0.0.0.0 asks whether an address is free (RFC 5227).
    if (arp.sender == IpAddress() ||
        arp.sender == IpAddress::FromV4(uint32_t{0}) ||
        arp.sender_mac.IsZero()) {
      return;
    }
    // The same address on another VLAN or in another tunnel is another one.
    const EndpointKey key = {.source = arp.sender,
                             .target = IpAddress::FromV4(arp.context),
                             .port = 0,
                             .ip_protocol = 0};
    Holder& h = table_.FindOrInsert(key, key.Hash(), s.clock);
    if (!h.known) {
      h.known = true;
      h.mac = arp.sender_mac;
      return;
    }
    if (arp.gratuitous) ++h.gratuitous;
    if (h.mac == arp.sender_mac) return;
    OnChange(key, h, arp.sender_mac, s.clock);
  }

 private:
  void OnChange(const EndpointKey& key, Holder& h, const MacAddress& mac,
                UnixNanos clock) {
    const MacAddress previous = h.mac;
    h.mac = mac;
    table_.Keep(h);
    if (Incident* incident = incidents().Get(h.incident)) {
      auto& data = static_cast<SpoofData&>(incident->data());
      ++data.changes;
      data.gratuitous = h.gratuitous;
      if (!(mac == data.owner)) data.intruder = mac;
      incidents().Touch(*incident, clock);
      return;
    }
    h.changes.Expire(clock, window_);
    if (h.changes.size() == 0) {
      h.owner = previous;
      h.gratuitous = 0;
    }
    if (!h.changes.Add(h.next_change++, clock, window_, budget_)) {
      forgotten_keys().Add();
    }
    if (h.changes.size() < min_changes_) return;
    auto data = std::make_unique<SpoofData>();
    data->address = key.source;
    data->owner = h.owner;
    data->intruder = mac == h.owner ? previous : mac;
    data->changes = static_cast<uint32_t>(h.changes.size());
    data->gratuitous = h.gratuitous;
    h.incident = incidents().Open({.rule = Rule::arp_spoof,
                                   .key = KeyText(key),
                                   .first_seen = h.changes.OldestClock(),
                                   .clock = clock,
                                   .window = window_,
                                   .count = h.changes.size(),
                                   .data = std::move(data)});
    h.changes.Clear();
  }

  // Before the table, whose sets return their items to it.
  ItemBudget budget_;
  KeyedTable<EndpointKey, Holder> table_;
  UnixNanos window_ = 60 * kSecondNanos;
  uint32_t min_changes_ = 2;
};

}  // namespace

std::unique_ptr<Detector> NewDetector(DetectorContext& context) {
  return std::make_unique<ArpSpoof>(context);
}

}  // namespace tapline::arp_spoof
