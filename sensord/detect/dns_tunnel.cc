// Reports data carried in DNS names (ATT&CK T1071.004).
//
// Length sign: within the window one client asks for min_distinct_names
// distinct names longer than long_name_bytes under one registrable domain.
// Rate sign: it asks for min_requests_per_second names under that domain within
// a second, at least min_new_ratio of them not asked for lately. Browsing
// repeats a few short names; a tunnel needs a fresh name for every payload,
// because resolvers answer repeats from their cache. One sign is MEDIUM, both
// are CRITICAL.
// False alarms: reverse lookups are long and fast by nature, and names under
// .local are announcements (RFC 6762): neither is judged. Block lists and file
// reputation services: exempt their domains in trusted_domains.

#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "sensord/detect/detector.h"
#include "sensord/detect/distinct_total.h"
#include "sensord/detect/domain_cache.h"
#include "sensord/detect/endpoint_key.h"
#include "sensord/detect/evidence.h"
#include "sensord/detect/keyed_table.h"
#include "sensord/detect/name_filter.h"
#include "sensord/detect/recent_set.h"
#include "sensord/detect/sliding_count.h"

namespace tapline::dns_tunnel {
namespace {

constexpr UnixNanos kRateWindow = kSecondNanos;
constexpr size_t kItemsPerKey = 16;

// The domain by its hash: who makes two of them collide has their own requests
// counted together.
struct DomainKey {
  IpAddress client;
  uint64_t domain = 0;

  uint64_t Hash() const { return MixWords(HashOf(client), domain); }
  friend bool operator==(const DomainKey& a, const DomainKey& b) {
    return a.client == b.client && a.domain == b.domain;
  }
};

class TunnelData final : public IncidentData {
 public:
  IpAddress client;
  std::string domain;
  UnixNanos window = 0;
  bool length_sign = false;
  bool rate_sign = false;
  uint32_t longest = 0;
  uint64_t peak_rate = 0;
  std::string sample;
  DistinctTotal names;

  void Add(const DnsData& dns) {
    names.Add(HashOfName(dns.name));
    if (dns.name_bytes < longest) return;
    longest = dns.name_bytes;
    sample = dns.name;
  }

  void Describe(v1::Alert& alert) const override {
    SetSource(alert, client);
    alert.set_severity(length_sign && rate_sign ? v1::SEVERITY_CRITICAL
                                                : v1::SEVERITY_MEDIUM);
    v1::DnsTunnelEvidence& e = *alert.mutable_evidence()->mutable_dns_tunnel();
    e.set_domain(domain);
    e.set_longest_name_bytes(longest);
    e.set_distinct_names(static_cast<uint32_t>(names.Count()));
    e.set_requests_per_second(static_cast<double>(peak_rate));
    e.set_length_sign(length_sign);
    e.set_rate_sign(rate_sign);
    e.set_sample(sample);
    SetDuration(window, *e.mutable_window());
    alert.set_summary(absl::StrCat(client.ToString(), " asked for ",
                                   Plural(e.distinct_names(), "name"),
                                   " under ", domain, ", up to ", longest,
                                   " bytes long and ", peak_rate, " a second"));
  }
};

// Kept from the second request of a second on.
struct Rate {
  explicit Rate(ItemBudget& all) : budget(all) {}
  ~Rate() { budget.Return(1); }
  ItemBudget& budget;
  SlidingCount<4> all;
  SlidingCount<4> fresh;
  NameFilter seen;
};

// Of one client under one domain: small, because most ask once in a while.
struct Requests {
  UnixNanos last = -kNever;
  std::unique_ptr<Rate> rate;
  std::unique_ptr<RecentSet<uint64_t>> long_names;
  IncidentHandle incident;

  uint64_t PerSecond() const { return rate ? rate->all.total() : 1; }
};

// "34.216.184.93.in-addr.arpa" and the like of RFC 3596 2.5.
bool IsReverse(absl::string_view name) {
  return absl::EndsWith(name, ".in-addr.arpa") ||
         absl::EndsWith(name, ".ip6.arpa");
}

class DnsTunnel final : public Detector {
 public:
  explicit DnsTunnel(DetectorContext& context)
      : Detector(context), table_(forgotten_keys()) {}

  uint32_t Kinds() const override { return KindBit(SignalKind::kDnsMessage); }

  bool Configure(const v1::DetectConfig& config) override {
    const v1::DnsTunnelConfig& c = config.dns_tunnel();
    window_ = WindowNanos(c.window());
    long_name_bytes_ = c.long_name_bytes();
    min_names_ = std::max(c.min_distinct_names(), 1u);
    min_rate_ = std::max(c.min_requests_per_second(), 1u);
    min_new_ratio_ = c.min_new_ratio();
    trusted_.clear();
    for (const std::string& domain : c.trusted_domains()) {
      trusted_.insert(domain);
    }
    table_.SetCapacity(config.max_keys());
    table_.SetKeepTime(window_);
    budget_.SetLimit(table_.capacity() * kItemsPerKey);
    rates_.SetLimit(table_.capacity() / 8 + 1);
    return c.enabled();
  }

  void OnSignal(const Signal& s, const SignalBatch& batch) override {
    const DnsData& dns = batch.PartOf(s).dns[s.detail];
    if (dns.response || dns.name.empty() || IsGroup(s.responder) ||
        IsReverse(dns.name) || absl::EndsWith(dns.name, ".local")) {
      return;
    }
    const absl::string_view domain = domains_.Registrable(dns.name);
    if (!trusted_.empty() && trusted_.contains(domain)) return;
    const DomainKey key{s.originator, HashOfName(domain)};
    Requests& r = table_.FindOrInsert(key, key.Hash(), s.clock);
    const bool is_long = dns.name_bytes > long_name_bytes_;
    const bool fast = AddToRate(r, dns, s.clock);
    const bool many_long = is_long && AddLongName(r, dns, s.clock);
    if (Incident* incident = incidents().Get(r.incident)) {
      if (is_long || fast) Contribute(*incident, r, dns, s.clock);
      if (many_long || fast) Sign(*incident, many_long, fast, s.clock);
    } else if (many_long || fast) {
      Raise(s.originator, domain, r, dns, many_long, fast, s.clock);
    }
  }

 private:
  // True while requests come fast enough and are mostly new.
  bool AddToRate(Requests& r, const DnsData& dns, UnixNanos clock) {
    const UnixNanos before = std::exchange(r.last, clock);
    if (!r.rate) {
      if (Between(before, clock) >= kRateWindow) return false;
      if (!WatchRate(r, before)) return false;
    }
    r.rate->all.Add(clock, kRateWindow);
    if (r.rate->seen.Add(HashOfName(dns.name), clock, window_)) {
      r.rate->fresh.Add(clock, kRateWindow);
    }
    return r.rate->all.total() >= min_rate_ &&
           static_cast<double>(r.rate->fresh.Total(clock, kRateWindow)) >=
               min_new_ratio_ * static_cast<double>(r.rate->all.total());
  }

  // From the request `before` on, which was not looked at and counts as new.
  bool WatchRate(Requests& r, UnixNanos before) {
    if (!rates_.Take()) {
      forgotten_keys().Add();
      return false;
    }
    r.rate = std::make_unique<Rate>(rates_);
    table_.Keep(r);
    r.rate->all.Add(before, kRateWindow);
    r.rate->fresh.Add(before, kRateWindow);
    return true;
  }

  bool AddLongName(Requests& r, const DnsData& dns, UnixNanos clock) {
    const uint64_t hash = HashOfName(dns.name);
    if (!r.long_names) r.long_names = std::make_unique<RecentSet<uint64_t>>();
    RecentSet<uint64_t>& names = *r.long_names;
    // The window's newest names decide; more are not kept.
    names.Expire(clock, window_);
    if (names.size() >= min_names_ && !names.Find(hash)) names.RemoveOldest();
    if (!names.Add(hash, clock, window_, budget_)) forgotten_keys().Add();
    return names.size() >= min_names_;
  }

  void Contribute(Incident& incident, const Requests& r, const DnsData& dns,
                  UnixNanos clock) {
    TunnelData& data = DataOf(incident);
    data.Add(dns);
    data.peak_rate = std::max(data.peak_rate, r.PerSecond());
    incidents().Touch(incident, clock);
  }

  void Sign(Incident& incident, bool length, bool rate, UnixNanos clock) {
    TunnelData& data = DataOf(incident);
    const bool both = data.length_sign && data.rate_sign;
    data.length_sign |= length;
    data.rate_sign |= rate;
    if (!both && data.length_sign && data.rate_sign) {
      incidents().Escalate(incident, clock);
    }
  }

  void Raise(const IpAddress& client, absl::string_view domain, Requests& r,
             const DnsData& dns, bool length, bool rate, UnixNanos clock) {
    auto data = std::make_unique<TunnelData>();
    data->client = client;
    data->domain = std::string(domain);
    data->window = window_;
    data->length_sign = length;
    data->rate_sign = rate;
    data->peak_rate = r.PerSecond();
    UnixNanos first = clock;
    uint64_t count = r.PerSecond();
    if (rate) first = r.rate->all.OldestClock(kRateWindow);
    if (r.long_names) {
      for (const auto& e : *r.long_names) data->names.Add(e.item);
      if (length) {
        first = std::min(first, r.long_names->OldestClock());
        count = std::max<uint64_t>(count, r.long_names->size());
      }
    }
    data->Add(dns);
    r.incident =
        incidents().Open({.rule = Rule::dns_tunnel,
                          .key = absl::StrCat(client.ToString(), " ", domain),
                          .first_seen = first,
                          .clock = clock,
                          .window = window_,
                          .count = count,
                          .data = std::move(data)});
  }

  static TunnelData& DataOf(Incident& incident) {
    return static_cast<TunnelData&>(incident.data());
  }

  // Before the table, whose sets return their items to it.
  ItemBudget budget_;
  ItemBudget rates_;
  KeyedTable<DomainKey, Requests> table_;
  DomainCache domains_;
  absl::flat_hash_set<std::string> trusted_;
  UnixNanos window_ = 60 * kSecondNanos;
  uint32_t long_name_bytes_ = 50;
  uint32_t min_names_ = 10;
  uint32_t min_rate_ = 20;
  double min_new_ratio_ = 0.8;
};

}  // namespace

std::unique_ptr<Detector> NewDetector(DetectorContext& context) {
  return std::make_unique<DnsTunnel>(context);
}

}  // namespace tapline::dns_tunnel
