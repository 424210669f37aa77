// Reports floods of half-open TCP connections (ATT&CK T1499.001).
//
// Signal: within the window, min_syns_per_source SYNs from one source to one
// address and port, or min_syns_per_target to one address over all sources;
// SYNs whose handshake completes do not count. SYN-ACKs alone do not clear a
// SYN: a flooded server answers spoofed sources too. What crosses the threshold
// is looked at again 200 ms later, because a client may open many connections
// within one round trip; ten times the threshold is a flood at once.
// Not a flood: a scan. One source's SYNs to many ports of a target have no port
// in common, and a target's sum is judged only with enough distinct sources and
// either one port for most SYNs or mostly new sources.
// False alarms: a service that is down while many clients retry.

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sensord/detect/detector.h"
#include "sensord/detect/endpoint_key.h"
#include "sensord/detect/evidence.h"
#include "sensord/detect/half_open_filter.h"
#include "sensord/detect/hold_queue.h"
#include "sensord/detect/hyper_log_log.h"
#include "sensord/detect/keyed_table.h"
#include "sensord/detect/sliding_count.h"

namespace tapline::syn_flood {
namespace {

constexpr UnixNanos kHold = 200 * kMillisecondNanos;
constexpr uint64_t kCertainFactor = 10;

using Counts = SlidingCount<16>;

// Who sends to a target, since it became suspicious.
struct Crowd {
  uint64_t syns = 0;
  // Majority vote (Boyer and Moore, 1981): `votes` is 0 without one.
  uint64_t votes = 0;
  uint16_t port = 0;
  HyperLogLog<8> sources;
};

struct Half {
  Counts open;
  bool held = false;
  bool declined = false;  // certain by number, but not a crowd
  IncidentHandle incident;
  std::unique_ptr<Crowd> crowd;  // of a target only
};

class FloodData final : public IncidentData {
 public:
  EndpointKey key;
  UnixNanos window = 0;
  uint64_t threshold = 0;
  uint64_t peak = 0;
  uint64_t answered = 0;
  HyperLogLog<8> sources;

  void Describe(v1::Alert& alert) const override {
    const bool one_source = key.source != IpAddress();
    if (one_source) SetSource(alert, key.source);
    SetTarget(alert, key.target, key.port);
    v1::SynFloodEvidence& e = *alert.mutable_evidence()->mutable_syn_flood();
    e.set_syns(peak);
    e.set_answered(answered);
    e.set_sources(one_source ? 1 : sources.Count());
    SetDuration(window, *e.mutable_window());
    e.set_threshold(threshold);
    alert.set_summary(absl::StrCat(
        peak, " half-open connections in ", window / kSecondNanos, " s to ",
        key.port == 0 ? key.target.ToString()
                      : AddressPort(key.target, key.port),
        " from ",
        one_source ? key.source.ToString()
                   : absl::StrCat("about ", Plural(e.sources(), "source"))));
  }
};

class SynFlood final : public Detector {
 public:
  explicit SynFlood(DetectorContext& context)
      : Detector(context),
        sources_(forgotten_keys()),
        targets_(forgotten_keys()) {}

  uint32_t Kinds() const override {
    return KindBit(SignalKind::kSyn) | KindBit(SignalKind::kAnswered) |
           KindBit(SignalKind::kEstablished);
  }

  bool Configure(const v1::DetectConfig& config) override {
    window_ = WindowNanos(config.syn_flood().window());
    per_source_ = std::max(config.syn_flood().min_syns_per_source(), 1u);
    per_target_ = std::max(config.syn_flood().min_syns_per_target(), 1u);
    min_sources_ = std::max<uint64_t>(per_target_ / per_source_, 2);
    for (auto* table : {&sources_, &targets_}) {
      table->SetCapacity(config.max_keys());
      table->SetKeepTime(window_);
    }
    return config.syn_flood().enabled();
  }

  void Prefetch(const Signal& s) const override {
    if (s.ip_protocol != kTcp) return;
    const uint64_t source = SourceKey(s).Hash();
    const uint64_t target = TargetKey(s).Hash();
    sources_.Prefetch(source);
    source_filter_.Prefetch(source);
    targets_.Prefetch(target);
    target_filter_.Prefetch(target);
  }

  void OnSignal(const Signal& s, const SignalBatch&) override {
    if (s.ip_protocol != kTcp) return;
    if (s.kind == SignalKind::kSyn) {
      if (!IsGroup(s.responder)) OnSyn(s);
    } else if (s.kind == SignalKind::kEstablished) {
      OnEstablished(s);
    } else if (open_until_ >= s.clock) {
      OnAnswered(s);
    }
  }

  void OnWake(UnixNanos clock) override {
    while (const auto key = held_.TakeDue(clock)) Judge(*key, clock);
    if (!held_.empty()) WakeAt(held_.due());
  }

  void Finish(UnixNanos clock) override {
    while (const auto key = held_.TakeDue(kNever)) Judge(*key, clock);
  }

 private:
  static EndpointKey SourceKey(const Signal& s) {
    return {.source = s.originator,
            .target = s.responder,
            .port = s.responder_port,
            .ip_protocol = kTcp};
  }
  static EndpointKey TargetKey(const Signal& s) {
    return {.source = IpAddress(),
            .target = s.responder,
            .port = 0,
            .ip_protocol = kTcp};
  }
  KeyedTable<EndpointKey, Half>& TableOf(const EndpointKey& key) {
    return key.source == IpAddress() ? targets_ : sources_;
  }

  void OnSyn(const Signal& s) {
    if (CountSource(s)) return;
    const EndpointKey key = TargetKey(s);
    Half* found = Count(key, per_target_, s.clock);
    if (found == nullptr) return;
    Half& half = *found;
    if (Incident* incident = incidents().Get(half.incident)) {
      FloodData& data = DataOf(*incident);
      data.peak = std::max(data.peak, half.open.total());
      data.sources.Add(HashOf(s.originator));
      Contribute(*incident, s.clock);
      return;
    }
    Watch(half, s);
    if (half.crowd == nullptr || half.open.total() < per_target_) return;
    Cross(key, half, per_target_, s.clock);
  }

  // Null while the key has less than a twelfth of its threshold half open,
  // which the filter knows; its own counter then starts with these, so it may
  // count up to a twelfth that is older than the window.
  Half* Count(const EndpointKey& key, uint64_t threshold, UnixNanos clock) {
    const uint64_t hash = key.Hash();
    KeyedTable<EndpointKey, Half>& table = TableOf(key);
    if (Half* half = table.Find(key, hash)) {
      half->open.Add(clock, window_);
      return &table.FindOrInsert(key, hash, clock);
    }
    HalfOpenFilter& filter =
        key.source == IpAddress() ? target_filter_ : source_filter_;
    const auto enough = static_cast<uint32_t>(threshold / 12);
    const uint32_t open = filter.Add(hash, clock, window_);
    if (open < enough) return nullptr;
    Half& half = table.FindOrInsert(key, hash, clock);
    half.open.Add(clock, window_, std::max(std::min(open, enough), 1u));
    table.Keep(half);
    return &half;
  }

  // True when the SYN belongs to a source's own incident.
  bool CountSource(const Signal& s) {
    const EndpointKey key = SourceKey(s);
    // While the target is flooded by many, new sources are the crowd's.
    const EndpointKey target = TargetKey(s);
    const Half* crowd = targets_.Find(target, target.Hash());
    if (crowd != nullptr && incidents().Get(crowd->incident) != nullptr &&
        sources_.Find(key, key.Hash()) == nullptr) {
      return false;
    }
    Half* found = Count(key, per_source_, s.clock);
    if (found == nullptr) return false;
    Half& half = *found;
    if (Incident* incident = incidents().Get(half.incident)) {
      FloodData& data = DataOf(*incident);
      data.peak = std::max(data.peak, half.open.total());
      Contribute(*incident, s.clock);
      return true;
    }
    if (half.open.total() < per_source_) return false;
    Cross(key, half, per_source_, s.clock);
    return incidents().Get(half.incident) != nullptr;
  }

  // Learns about a target's sources from an eighth of the threshold on.
  void Watch(Half& half, const Signal& s) {
    if (half.open.total() * 8 < per_target_) {
      half.crowd.reset();
      return;
    }
    if (half.crowd == nullptr) {
      half.crowd = std::make_unique<Crowd>();
      targets_.Keep(half);
    }
    Crowd& crowd = *half.crowd;
    ++crowd.syns;
    crowd.sources.Add(HashOf(s.originator));
    if (crowd.votes == 0) crowd.port = s.responder_port;
    if (crowd.port == s.responder_port) {
      ++crowd.votes;
    } else {
      --crowd.votes;
    }
  }

  bool IsCrowd(const Crowd& crowd) const {
    const uint64_t sources = crowd.sources.Count();
    return sources >= min_sources_ &&
           (crowd.votes * 2 >= crowd.syns || sources * 4 >= crowd.syns);
  }

  void OnEstablished(const Signal& s) {
    const EndpointKey source = SourceKey(s);
    if (Half* half = sources_.Find(source, source.Hash())) {
      half->open.TakeBack();
      if (half->incident.generation != 0 && incidents().Get(half->incident)) {
        return;  // its SYNs are not in the target's sum
      }
    } else {
      source_filter_.TakeBack(source.Hash());
    }
    const EndpointKey target = TargetKey(s);
    if (Half* half = targets_.Find(target, target.Hash())) {
      half->open.TakeBack();
    } else {
      target_filter_.TakeBack(target.Hash());
    }
  }

  void OnAnswered(const Signal& s) {
    for (const EndpointKey& key : {SourceKey(s), TargetKey(s)}) {
      Half* half = TableOf(key).Find(key, key.Hash());
      if (half == nullptr) continue;
      if (Incident* incident = incidents().Get(half->incident)) {
        ++DataOf(*incident).answered;
        return;
      }
    }
  }

  void Cross(const EndpointKey& key, Half& half, uint64_t threshold,
             UnixNanos clock) {
    const bool certain = half.open.total() >= threshold * kCertainFactor ||
                         (!half.held && held_.IsFull());
    if (certain && !half.declined) {
      if (Raise(key, half, threshold, clock)) return;
      half.declined = true;
    }
    if (half.held || held_.IsFull()) return;
    half.held = true;
    held_.Add(key, Later(clock, kHold));
    WakeAt(Later(clock, kHold));
  }

  // The time of the second look has come.
  void Judge(const EndpointKey& key, UnixNanos clock) {
    Half* half = TableOf(key).Find(key, key.Hash());
    if (half == nullptr || !half->held) return;
    half->held = half->declined = false;
    const uint64_t threshold =
        key.source == IpAddress() ? per_target_ : per_source_;
    if (half->open.Total(clock, window_) < threshold) return;
    if (incidents().Get(half->incident) != nullptr) return;
    Raise(key, *half, threshold, clock);
  }

  bool Raise(const EndpointKey& key, Half& half, uint64_t threshold,
             UnixNanos clock) {
    if (half.crowd && !IsCrowd(*half.crowd)) return false;
    auto data = std::make_unique<FloodData>();
    data->key = key;
    data->window = window_;
    data->threshold = threshold;
    data->peak = half.open.total();
    if (half.crowd) {
      const bool one_port = half.crowd->votes * 2 >= half.crowd->syns;
      data->key.port = one_port ? half.crowd->port : 0;
      data->sources = half.crowd->sources;
    }
    half.incident =
        incidents().Open({.rule = Rule::syn_flood,
                          .key = KeyText(key),
                          .first_seen = half.open.OldestClock(window_),
                          .clock = clock,
                          .window = window_,
                          .count = half.open.total(),
                          .data = std::move(data)});
    half.crowd.reset();
    open_until_ = Later(clock, window_);
    return true;
  }

  void Contribute(Incident& incident, UnixNanos clock) {
    incidents().Touch(incident, clock);
    open_until_ = Later(clock, window_);
  }

  static FloodData& DataOf(Incident& incident) {
    return static_cast<FloodData&>(incident.data());
  }

  HalfOpenFilter source_filter_;
  HalfOpenFilter target_filter_;
  KeyedTable<EndpointKey, Half> sources_;
  KeyedTable<EndpointKey, Half> targets_;
  UnixNanos window_ = 10 * kSecondNanos;
  uint64_t per_source_ = 100;
  uint64_t per_target_ = 1000;
  uint64_t min_sources_ = 10;
  // SYN-ACKs are of interest up to here.
  UnixNanos open_until_ = -kNever;
  HoldQueue held_;
};

}  // namespace

std::unique_ptr<Detector> NewDetector(DetectorContext& context) {
  return std::make_unique<SynFlood>(context);
}

}  // namespace tapline::syn_flood
