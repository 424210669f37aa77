#include "sensord/detect/incident.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/crypto/siphash.h"
#include "common/schema/proto_time.h"

namespace tapline {
namespace {

const RuleInfo& Info(Rule rule) { return Rules()[static_cast<size_t>(rule)]; }

// The key is public: an id must be the same everywhere.
std::string IdOf(const Opening& opening) {
  const RuleInfo& rule = Info(opening.rule);
  const std::string text =
      absl::StrCat(rule.name, "\n", rule.version, "\n", opening.key, "\n",
                   Floor(opening.first_seen, opening.window));
  const uint64_t hash = SipHashBytes<SipHash24>(
      SipKey{0x7461706c696e6520, 0x616c657274206964},
      reinterpret_cast<const uint8_t*>(text.data()), text.size());
  return absl::StrFormat("%016x", hash);
}

}  // namespace

IncidentBook::IncidentBook(DetectCounters& counters,
                           std::function<void(absl::string_view)> on_suppressed)
    : counters_(counters), on_suppressed_(std::move(on_suppressed)) {}

void IncidentBook::SetPolicy(const v1::Config& config) {
  suppressor_.Configure(config);
  suppress_window_ = WindowNanos(config.detect().suppress_window());
}

std::string IncidentBook::KeyText(Rule rule, absl::string_view key) {
  return absl::StrCat(Info(rule).name, "\n", key);
}

Incident* IncidentBook::Get(IncidentHandle handle) {
  if (handle.generation == 0 || handle.slot >= slots_.size()) return nullptr;
  Slot& slot = slots_[handle.slot];
  return slot.generation == handle.generation ? slot.incident.get() : nullptr;
}

bool IncidentBook::IsActive(Rule rule, absl::string_view key, UnixNanos clock,
                            UnixNanos within) const {
  if (by_key_.empty()) return false;
  const auto it = by_key_.find(KeyText(rule, key));
  return it != by_key_.end() &&
         Between(slots_[it->second].incident->last_seen_, clock) <= within;
}

IncidentHandle IncidentBook::Open(Opening opening) {
  std::string text = KeyText(opening.rule, opening.key);
  if (auto it = by_key_.find(text); it != by_key_.end()) {
    Touch(*slots_[it->second].incident, opening.clock, opening.count);
    return {it->second, slots_[it->second].generation};
  }
  const uint32_t slot = FreeSlot(opening.clock);
  auto incident = std::make_unique<Incident>();
  incident->id_ = IdOf(opening);
  incident->key_ = std::move(opening.key);
  incident->rule_ = opening.rule;
  incident->order_ = next_order_++;
  incident->count_ = opening.count;
  incident->first_seen_ = opening.first_seen;
  incident->last_seen_ = opening.clock;
  incident->data_ = std::move(opening.data);
  by_key_.emplace(std::move(text), slot);
  slots_[slot].incident = std::move(incident);
  Incident& opened = *slots_[slot].incident;
  Output(opened, opening.clock);
  Schedule(opened, opening.clock);
  return {slot, slots_[slot].generation};
}

void IncidentBook::Touch(Incident& incident, UnixNanos clock,
                         uint64_t signals) {
  incident.count_ += signals;
  incident.last_seen_ = clock;
  if (incident.changed_) return;
  incident.changed_ = true;
  Schedule(incident, clock);
}

void IncidentBook::Escalate(Incident& incident, UnixNanos clock) {
  Output(incident, clock);
  Schedule(incident, clock);
}

// The end moves with every signal; due_ is only a time not after it.
void IncidentBook::Schedule(Incident& incident, UnixNanos not_before) {
  UnixNanos due = Later(incident.last_seen_, suppress_window_);
  if (incident.changed_) {
    due = std::min(due, Later(incident.last_output_, kUpdateInterval));
  }
  incident.due_ = NextDeadline(std::max(due, not_before));
  due_ = std::min(due_, incident.due_);
}

void IncidentBook::Output(Incident& incident, UnixNanos clock) {
  const RuleInfo& rule = Info(incident.rule_);
  v1::Alert alert;
  alert.set_severity(rule.severity);
  incident.data_->Describe(alert);
  alert.set_id(incident.id_);
  alert.set_rule(std::string(rule.name));
  alert.set_rule_version(rule.version);
  alert.set_technique(std::string(rule.technique));
  FillTime(incident.first_seen_, *alert.mutable_first_seen());
  FillTime(incident.last_seen_, *alert.mutable_last_seen());
  alert.set_count(incident.count_);
  alert.set_coverage(coverage_);
  SetDuration(suppress_window_, *alert.mutable_suppress_window());
  incident.changed_ = false;
  incident.last_output_ = clock;
  if (const std::string* id = suppressor_.Match(alert, clock)) {
    if (!incident.hidden_) {
      counters_.suppressed.Add();
      if (on_suppressed_) on_suppressed_(*id);
    }
    incident.hidden_ = true;
    return;
  }
  incident.hidden_ = false;
  alert.set_revision(++incident.revision_);
  (incident.revision_ == 1 ? counters_.raised : counters_.updated).Add();
  if (out_ != nullptr) out_->push_back({clock, std::move(alert)});
}

void IncidentBook::OnDeadline(UnixNanos clock) {
  std::vector<uint32_t> due;
  for (uint32_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].incident && slots_[i].incident->due_ <= clock) {
      due.push_back(i);
    }
  }
  std::sort(due.begin(), due.end(), [this](uint32_t a, uint32_t b) {
    return slots_[a].incident->order_ < slots_[b].incident->order_;
  });
  for (uint32_t i : due) {
    Incident& incident = *slots_[i].incident;
    if (Later(incident.last_seen_, suppress_window_) <= clock) {
      End(i, clock);
      continue;
    }
    if (incident.changed_ &&
        Later(incident.last_output_, kUpdateInterval) <= clock) {
      Output(incident, clock);
    }
    Schedule(incident, Later(clock, 1));
  }
  due_ = kNever;
  for (const Slot& slot : slots_) {
    if (slot.incident) due_ = std::min(due_, slot.incident->due_);
  }
}

void IncidentBook::End(uint32_t slot, UnixNanos clock) {
  Incident& incident = *slots_[slot].incident;
  if (incident.changed_) Output(incident, clock);
  by_key_.erase(KeyText(incident.rule_, incident.key_));
  slots_[slot].incident.reset();
  ++slots_[slot].generation;
  free_.push_back(slot);
}

uint32_t IncidentBook::FreeSlot(UnixNanos clock) {
  if (free_.empty() && slots_.size() >= kMaxOpen) {
    uint32_t oldest = 0;
    for (uint32_t i = 1; i < slots_.size(); ++i) {
      const Incident& a = *slots_[i].incident;
      const Incident& b = *slots_[oldest].incident;
      if (std::pair(a.last_seen_, a.order_) < std::pair(b.last_seen_, b.order_))
        oldest = i;
    }
    End(oldest, clock);
  }
  if (free_.empty()) {
    slots_.emplace_back();
    return static_cast<uint32_t>(slots_.size() - 1);
  }
  const uint32_t slot = free_.back();
  free_.pop_back();
  return slot;
}

void IncidentBook::Finish(UnixNanos clock) {
  std::vector<Incident*> open;
  for (Slot& slot : slots_) {
    if (slot.incident && slot.incident->changed_) {
      open.push_back(slot.incident.get());
    }
  }
  std::sort(open.begin(), open.end(),
            [](Incident* a, Incident* b) { return a->order_ < b->order_; });
  for (Incident* incident : open) Output(*incident, clock);
}

}  // namespace tapline
