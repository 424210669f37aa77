// Reports one source that keeps failing to get into one service (ATT&CK T1110).
//
// Signal: within the window, min_failures failed connections from one source to
// one address and port. A failure is a refused connection, or on an
// authentication port a whole session that is over soon and to which the
// originator had little to say, as after a wrong password.
// Not this: a scan refuses a port once or twice; a flood at a closed port is
// refused much, so refusals alone that come at the rate of a flood are looked
// at again each 200 ms until they pause (a login tool) or are a flood; of a
// source that scans the target's ports only refusals in a row on one port
// count. False alarms: health checks that say nothing are left out. Scripts
// that run many short commands over ssh: suppress their address.

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "sensord/detect/detector.h"
#include "sensord/detect/endpoint_key.h"
#include "sensord/detect/evidence.h"
#include "sensord/detect/hold_queue.h"
#include "sensord/detect/keyed_table.h"
#include "sensord/detect/recent_set.h"
#include "sensord/detect/tries_table.h"

namespace tapline::brute_force {
namespace {

constexpr UnixNanos kHold = 200 * kMillisecondNanos;
constexpr UnixNanos kPause = 150 * kMillisecondNanos;
constexpr UnixNanos kActive = kSecondNanos;
constexpr size_t kPaced = 3;

absl::string_view ServiceName(uint16_t port) {
  switch (port) {
    case 21:
      return "ftp";
    case 22:
      return "ssh";
    case 23:
      return "telnet";
    case 25:
    case 465:
    case 587:
      return "smtp";
    case 80:
      return "http";
    case 110:
    case 995:
      return "pop3";
    case 143:
    case 993:
      return "imap";
    case 389:
    case 636:
      return "ldap";
    case 443:
      return "https";
    case 445:
      return "smb";
    case 1433:
      return "mssql";
    case 3306:
      return "mysql";
    case 3389:
      return "rdp";
    case 5432:
      return "postgresql";
    case 5900:
      return "vnc";
    case 6379:
      return "redis";
    default:
      return "unknown";
  }
}

struct Failure {
  uint64_t flow_id = 0;
  bool reset = false;
  bool short_session = false;
  // The source's last refusal at this target was on the same port.
  bool in_a_row = false;

  // A refused SYN sent again is the same failure.
  friend bool operator==(const Failure& a, const Failure& b) {
    return a.flow_id == b.flow_id;
  }
};

class ForceData final : public IncidentData {
 public:
  EndpointKey key;
  UnixNanos window = 0;
  uint32_t threshold = 0;
  uint32_t failures = 0;
  uint32_t resets = 0;
  uint32_t short_sessions = 0;

  void Add(const Failure& failure) {
    ++failures;
    resets += failure.reset;
    short_sessions += failure.short_session;
  }

  void Describe(v1::Alert& alert) const override {
    SetSource(alert, key.source);
    SetTarget(alert, key.target, key.port);
    v1::BruteForceEvidence& e =
        *alert.mutable_evidence()->mutable_brute_force();
    e.set_failures(failures);
    e.set_resets(resets);
    e.set_short_sessions(short_sessions);
    SetDuration(window, *e.mutable_window());
    e.set_threshold(threshold);
    e.set_service(std::string(ServiceName(key.port)));
    alert.set_summary(absl::StrCat(key.source.ToString(), " failed ",
                                   Plural(failures, "time"), " to get into ",
                                   AddressPort(key.target, key.port), " (",
                                   ServiceName(key.port), ")"));
  }
};

struct Attempts {
  RecentSet<Failure> failures;
  bool held = false;
  IncidentHandle incident;
};

using Table = TriesTable<Attempts, Failure>;

class BruteForce final : public Detector {
 public:
  explicit BruteForce(DetectorContext& context)
      : Detector(context),
        table_(forgotten_keys()),
        last_port_(forgotten_keys()) {}

  uint32_t Kinds() const override {
    return KindBit(SignalKind::kRefused) | KindBit(SignalKind::kSessionEnded);
  }

  bool Configure(const v1::DetectConfig& config) override {
    const v1::BruteForceConfig& c = config.brute_force();
    window_ = WindowNanos(c.window());
    min_failures_ = std::max(c.min_failures(), 1u);
    short_session_ = WindowNanos(c.short_session());
    short_session_bytes_ = c.short_session_bytes();
    ports_.clear();
    for (uint32_t port : c.authentication_ports()) ports_.insert(port);
    const v1::SynFloodConfig& flood = config.syn_flood();
    flood_syns_ = flood.enabled() ? flood.min_syns_per_source() : 0;
    flood_window_ = WindowNanos(flood.window());
    table_.Configure(config.max_keys(), window_, min_failures_);
    last_port_.SetCapacity(config.max_keys());
    return c.enabled();
  }

  void OnSignal(const Signal& s, const SignalBatch& batch) override {
    if (s.ip_protocol != kTcp) return;
    if (s.kind == SignalKind::kRefused) {
      EndpointKey pair = KeyOf(s);
      pair.port = 0;
      uint16_t& last = last_port_.FindOrInsert(pair, pair.Hash(), s.clock);
      const bool in_a_row = last == s.responder_port;
      last = s.responder_port;
      Fail(s, {.flow_id = s.flow_id,
               .reset = true,
               .short_session = false,
               .in_a_row = in_a_row});
    } else if (ports_.contains(s.responder_port)) {
      const SessionData& session = batch.PartOf(s).sessions[s.detail];
      if (!IsShortLogin(session, s.clock)) return;
      Fail(s, {.flow_id = s.flow_id,
               .reset = session.reset,
               .short_session = true,
               .in_a_row = false});
    }
  }

  void OnWake(UnixNanos clock) override {
    while (const auto key = held_.TakeDue(clock)) Judge(*key, clock, false);
    if (!held_.empty()) WakeAt(held_.due());
  }

  void Finish(UnixNanos clock) override {
    while (const auto key = held_.TakeDue(kNever)) Judge(*key, clock, true);
  }

 private:
  static EndpointKey KeyOf(const Signal& s) {
    return {.source = s.originator,
            .target = s.responder,
            .port = s.responder_port,
            .ip_protocol = kTcp};
  }

  bool IsShortLogin(const SessionData& session, UnixNanos clock) const {
    return Between(session.start, clock) <= short_session_ &&
           session.originator_payload_bytes > 0 &&
           session.originator_payload_bytes <= short_session_bytes_;
  }

  void Fail(const Signal& s, const Failure& failure) {
    const EndpointKey key = KeyOf(s);
    const uint64_t hash = key.Hash();
    Table::First first;
    Attempts* place = table_.Place(key, hash, failure, s.clock, first);
    if (place == nullptr) return;
    Attempts& a = *place;
    if (first.hash != 0) table_.Add(a.failures, first.item, first.clock);
    if (Incident* incident = incidents().Get(a.incident)) {
      static_cast<ForceData&>(incident->data()).Add(failure);
      incidents().Touch(*incident, s.clock);
      return;
    }
    table_.Add(a.failures, failure, s.clock);
    if (a.failures.size() == 2) table_.Keep(a);
    if (a.held || !Suffices(key, a, s.clock)) return;
    if (OnlyRefused(a) && AtFloodRate(a) && !held_.IsFull()) {
      Hold(key, a, s.clock);
    } else {
      Raise(key, a, s.clock);
    }
  }

  static bool OnlyRefused(const Attempts& a) {
    for (const auto& e : a.failures) {
      if (e.item.short_session) return false;
    }
    return true;
  }

  // Would be a SYN flood if it went on like the newest kPaced: an earlier try
  // of the same port, as by a scan, says nothing of the pace.
  bool AtFloodRate(const Attempts& a) const {
    if (flood_syns_ == 0) return false;
    std::vector<UnixNanos> clocks;
    for (const auto& e : a.failures) clocks.push_back(e.clock);
    std::sort(clocks.begin(), clocks.end(), std::greater<>());
    if (clocks.size() > kPaced) clocks.resize(kPaced);
    const auto span =
        static_cast<double>(Between(clocks.back(), clocks.front()));
    return static_cast<double>(clocks.size()) *
               static_cast<double>(flood_window_) >=
           span * flood_syns_;
  }

  bool Suffices(EndpointKey key, const Attempts& a, UnixNanos clock) {
    if (a.failures.size() < min_failures_) return false;
    if (!OnlyRefused(a)) return true;
    key.port = 0;
    if (!incidents().IsActive(Rule::port_scan, KeyText(key), clock, kNever)) {
      return true;
    }
    uint32_t row = 1;
    for (const auto& e : a.failures) row += e.item.in_a_row;
    return row >= min_failures_;
  }

  bool IsFlooded(EndpointKey key, UnixNanos clock) {
    if (incidents().IsActive(Rule::syn_flood, KeyText(key), clock, kActive)) {
      return true;
    }
    key.source = IpAddress();
    key.port = 0;
    return incidents().IsActive(Rule::syn_flood, KeyText(key), clock, kActive);
  }

  void Hold(const EndpointKey& key, Attempts& a, UnixNanos clock) {
    a.held = true;
    held_.Add(key, Later(clock, kHold));
    WakeAt(Later(clock, kHold));
  }

  void Judge(const EndpointKey& key, UnixNanos clock, bool last) {
    Attempts* a = table_.Find(key, key.Hash());
    if (a == nullptr || !a->held) return;
    a->held = false;
    a->failures.Expire(clock, window_);
    if (!Suffices(key, *a, clock)) return;
    if (OnlyRefused(*a)) {
      if (IsFlooded(key, clock)) {
        a->failures.Clear();
        return;
      }
      UnixNanos newest = -kNever;
      for (const auto& e : a->failures) newest = std::max(newest, e.clock);
      if (!last && Between(newest, clock) < kPause && AtFloodRate(*a)) {
        Hold(key, *a, clock);
        return;
      }
    }
    Raise(key, *a, clock);
  }

  void Raise(const EndpointKey& key, Attempts& a, UnixNanos clock) {
    auto data = std::make_unique<ForceData>();
    data->key = key;
    data->window = window_;
    data->threshold = min_failures_;
    for (const auto& e : a.failures) data->Add(e.item);
    a.incident = incidents().Open({.rule = Rule::brute_force,
                                   .key = KeyText(key),
                                   .first_seen = a.failures.OldestClock(),
                                   .clock = clock,
                                   .window = window_,
                                   .count = a.failures.size(),
                                   .data = std::move(data)});
    a.failures.Clear();
  }

  Table table_;
  // Of a source's newest refusal at a target.
  KeyedTable<EndpointKey, uint16_t> last_port_;
  absl::flat_hash_set<uint32_t> ports_;
  UnixNanos window_ = 30 * kSecondNanos;
  UnixNanos short_session_ = 10 * kSecondNanos;
  uint64_t short_session_bytes_ = 4096;
  uint32_t min_failures_ = 5;
  uint32_t flood_syns_ = 100;
  UnixNanos flood_window_ = 10 * kSecondNanos;
  HoldQueue held_;
};

}  // namespace

std::unique_ptr<Detector> NewDetector(DetectorContext& context) {
  return std::make_unique<BruteForce>(context);
}

}  // namespace tapline::brute_force
