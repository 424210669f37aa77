// Incidents: one alert for as long as the same thing goes on.

#ifndef TAPLINE_SENSORD_DETECT_INCIDENT_H_
#define TAPLINE_SENSORD_DETECT_INCIDENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "sensord/detect/clock_math.h"
#include "sensord/detect/detect_stage.h"
#include "sensord/detect/rules.h"
#include "sensord/detect/suppressor.h"

namespace tapline {

// What a rule knows about one incident.
class IncidentData {
 public:
  virtual ~IncidentData() = default;
  // Fills source, target, evidence and summary; may set severity above the
  // rule's own.
  virtual void Describe(v1::Alert& alert) const = 0;
};

// Stays valid after the incident ended: Get then gives null.
struct IncidentHandle {
  uint32_t slot = 0;
  uint32_t generation = 0;  // 0: none
};

struct Opening {
  Rule rule;
  // The incident's identity: the same text for the same incident on every run.
  std::string key;
  // First contributing signal, and the one that crossed the threshold.
  UnixNanos first_seen = 0;
  UnixNanos clock = 0;
  // The rule's window; the id floors first_seen to it.
  UnixNanos window = kSecondNanos;
  // Contributing signals so far.
  uint64_t count = 1;
  std::unique_ptr<IncidentData> data;
};

class Incident {
 public:
  IncidentData& data() { return *data_; }
  // The text it was opened with.
  const std::string& key() const { return key_; }

 private:
  friend class IncidentBook;
  std::string key_;
  std::string id_;
  Rule rule_ = Rule::kCount;
  bool hidden_ = false;
  bool changed_ = false;
  uint32_t revision_ = 0;
  uint64_t order_ = 0;
  uint64_t count_ = 0;
  UnixNanos first_seen_ = 0;
  UnixNanos last_seen_ = 0;
  UnixNanos last_output_ = 0;
  // Next look at it: an update or its end.
  UnixNanos due_ = kNever;
  std::unique_ptr<IncidentData> data_;
};

// All open incidents. Raises at once (revision 1); then at most one revision in
// 60 s of the clock while anything changes, one when the severity rises, and
// one at the end: suppress_window after the last contributing signal.
// Thread safety: one thread.
class IncidentBook {
 public:
  // More are not kept open: the least recent one ends early.
  static constexpr size_t kMaxOpen = 1024;
  static constexpr UnixNanos kUpdateInterval = 60 * kSecondNanos;

  IncidentBook(DetectCounters& counters,
               std::function<void(absl::string_view)> on_suppressed);

  void SetPolicy(const v1::Config& config);
  void SetCoverage(double coverage) { coverage_ = coverage; }
  // Where alerts go from now on; null between calls of the stage.
  void SetOutput(std::vector<Detection>* out) { out_ = out; }

  // Null when it ended.
  Incident* Get(IncidentHandle handle);
  // An open incident had a contributing signal at most `within` ago.
  bool IsActive(Rule rule, absl::string_view key, UnixNanos clock,
                UnixNanos within) const;
  // Raises an alert; when the incident is open already, adds to it and drops
  // opening.data.
  IncidentHandle Open(Opening opening);
  // Adds contributing signals.
  void Touch(Incident& incident, UnixNanos clock, uint64_t signals = 1);
  // What Describe says has become more severe: a revision now.
  void Escalate(Incident& incident, UnixNanos clock);

  UnixNanos deadline() const { return due_; }
  void OnDeadline(UnixNanos clock);
  void Finish(UnixNanos clock);

 private:
  struct Slot {
    uint32_t generation = 1;
    std::unique_ptr<Incident> incident;
  };
  static std::string KeyText(Rule rule, absl::string_view key);

  void Output(Incident& incident, UnixNanos clock);
  void Schedule(Incident& incident, UnixNanos not_before);
  void End(uint32_t slot, UnixNanos clock);
  uint32_t FreeSlot(UnixNanos clock);

  DetectCounters& counters_;
  std::function<void(absl::string_view)> on_suppressed_;
  Suppressor suppressor_;
  UnixNanos suppress_window_ = 300 * kSecondNanos;
  double coverage_ = 1;
  std::vector<Detection>* out_ = nullptr;
  uint64_t next_order_ = 0;
  UnixNanos due_ = kNever;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  absl::flat_hash_map<std::string, uint32_t> by_key_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_INCIDENT_H_
