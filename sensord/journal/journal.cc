#include "sensord/journal/journal.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <utility>

#include "common/redact/redactor.h"
#include "sensord/journal/ring.h"
#include "sensord/journal/wake_list.h"

namespace tapline {
namespace {

constexpr size_t kKinds = 5;
// Alerts first: the order in which the writer is served.
constexpr std::array<v1::RecordKind, kKinds> kOrder = {
    v1::RECORD_KIND_ALERT, v1::RECORD_KIND_FLOW, v1::RECORD_KIND_EVENT,
    v1::RECORD_KIND_STATS, v1::RECORD_KIND_PACKET};

constexpr size_t kMinEntries = 16;
// Memory a ring may take, on average per entry it may hold; a flow takes 1,100.
constexpr size_t kBytesPerEntry = 2048;
// Evicted entries left for the writer's thread to destroy.
constexpr size_t kMaxWaste = 8192;

v1::RecordKind KindOf(const v1::Record& record) {
  switch (record.record_case()) {
    case v1::Record::kAlert:
      return v1::RECORD_KIND_ALERT;
    case v1::Record::kFlow:
      return v1::RECORD_KIND_FLOW;
    case v1::Record::kEvent:
      return v1::RECORD_KIND_EVENT;
    case v1::Record::kPacket:
      return v1::RECORD_KIND_PACKET;
    case v1::Record::kStats:
      return v1::RECORD_KIND_STATS;
    default:
      return v1::RECORD_KIND_UNSPECIFIED;
  }
}

// Position in kOrder; kKinds when it is no kind.
size_t SlotOf(v1::RecordKind kind) {
  for (size_t i = 0; i < kKinds; ++i) {
    if (kOrder[i] == kind) return i;
  }
  return kKinds;
}

size_t ConfiguredEntries(const v1::RingConfig& rings, v1::RecordKind kind) {
  switch (kind) {
    case v1::RECORD_KIND_ALERT:
      return rings.alerts();
    case v1::RECORD_KIND_FLOW:
      return rings.flows();
    case v1::RECORD_KIND_EVENT:
      return rings.events();
    case v1::RECORD_KIND_PACKET:
      return rings.packets();
    default:
      return rings.stats();
  }
}

RingOptions OptionsOf(const v1::RingConfig& rings, v1::RecordKind kind) {
  RingOptions options;
  options.kind = kind;
  options.max_entries = std::max(kMinEntries, ConfiguredEntries(rings, kind));
  options.max_bytes = options.max_entries * kBytesPerEntry;
  options.stored = kind != v1::RECORD_KIND_PACKET;
  options.visible_when_stored = kind == v1::RECORD_KIND_ALERT;
  return options;
}

// Messages, strings and heap overhead of a parsed record; measured at 4.5 times
// the serialized flow.
size_t EstimateBytes(const v1::Record& record) {
  return 400 + 3 * record.ByteSizeLong();
}

struct Lane {
  explicit Lane(const RingOptions& options) : ring(options) {}
  Ring ring;
  WakeList wakes;
};

// The writer's side: it sleeps here until a batch is worth its while.
// Thread safety: Wait by one thread, the rest by any.
class WriterBell {
 public:
  // `ready` says whether there is work; it takes locks of its own.
  template <typename Ready>
  void Wait(absl::Duration wait, size_t limit, const Ready& ready) {
    if (wait <= absl::ZeroDuration() || closed_.load()) return;
    const auto deadline =
        std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(wait);
    wanted_.store(limit);
    MutexLock lock(mutex_);
    waiting_.store(true);
    while (!closed_.load() && !ready()) {
      if (bell_.wait_until(mutex_, deadline) == std::cv_status::timeout) break;
    }
    waiting_.store(false);
  }

  // Others of them wait, or an alert does. No syscall while the writer is busy.
  void Ring(bool alert, size_t others) {
    if (!waiting_.load()) return;
    const size_t wanted = wanted_.load();
    if (!alert && (wanted == 0 || others < wanted)) return;
    MutexLock lock(mutex_);
    bell_.notify_one();
  }

  void Close() {
    MutexLock lock(mutex_);
    closed_.store(true);
    bell_.notify_one();
  }
  bool closed() const { return closed_.load(); }

 private:
  Mutex mutex_;
  CondVar bell_;
  std::atomic<bool> waiting_{false};
  std::atomic<bool> closed_{false};
  std::atomic<size_t> wanted_{0};
};

class JournalImpl final : public Journal {
 public:
  JournalImpl(const v1::RingConfig& rings, uint64_t epoch, const Clock& clock)
      : epoch_(epoch), clock_(clock) {
    for (size_t i = 0; i < kKinds; ++i) {
      lanes_[i] = std::make_unique<Lane>(OptionsOf(rings, kOrder[i]));
    }
  }

  void Accept(absl::Span<v1::Record* const> records) override {
    std::array<std::vector<NewEntry>, kKinds> fresh;
    for (v1::Record* record : records) {
      const size_t slot = SlotOf(KindOf(*record));
      if (slot < kKinds) fresh[slot].push_back(NewEntryOf(slot, *record));
    }
    const absl::Time now = clock_.Now();
    std::vector<JournalEntryPtr> evicted;
    for (size_t i = 0; i < kKinds; ++i) {
      if (fresh[i].empty()) continue;
      lanes_[i]->ring.Append(absl::MakeSpan(fresh[i]), epoch_, now, evicted);
    }
    LeaveForWriter(evicted);
    bell_.Ring(!fresh[0].empty(), UntakenOthers());
    for (size_t i = 1; i < kKinds; ++i) {
      if (!fresh[i].empty()) lanes_[i]->wakes.WakeAll();
    }
  }

  bool Wants(v1::RecordKind kind) const override {
    const size_t slot = SlotOf(kind);
    return slot < kKinds &&
           (kind != v1::RECORD_KIND_PACKET || !lanes_[slot]->wakes.empty());
  }

  uint64_t next_sequence(v1::RecordKind kind) const override {
    const size_t slot = SlotOf(kind);
    return slot < kKinds ? lanes_[slot]->ring.next_sequence() : 1;
  }
  uint64_t visible_end(v1::RecordKind kind) const override {
    const size_t slot = SlotOf(kind);
    return slot < kKinds ? lanes_[slot]->ring.visible_end() : 1;
  }
  uint64_t epoch() const override { return epoch_; }

  JournalRead Read(v1::RecordKind kind, uint64_t sequence,
                   size_t limit) const override {
    const size_t slot = SlotOf(kind);
    if (slot < kKinds) return lanes_[slot]->ring.Read(sequence, limit);
    JournalRead nothing;
    nothing.next_sequence = sequence;
    return nothing;
  }

  uint64_t Subscribe(v1::RecordKind kind, std::function<void()> wake) override {
    const uint64_t handle = next_handle_.fetch_add(1);
    const size_t slot = SlotOf(kind);
    if (slot < kKinds) lanes_[slot]->wakes.Add(handle, std::move(wake));
    return handle;
  }
  void Unsubscribe(uint64_t handle) override {
    for (auto& lane : lanes_) {
      if (lane->wakes.Remove(handle)) return;
    }
  }

  std::vector<JournalEntryPtr> TakeUnstored(size_t limit,
                                            absl::Duration wait) override {
    ClearWaste();
    bool due = false;
    bell_.Wait(wait, limit, [this, limit, &due] {
      due = limit > 0 && UntakenOthers() >= limit;
      return due || lanes_[0]->ring.untaken() > 0;
    });
    std::vector<JournalEntryPtr> taken;
    lanes_[0]->ring.Take(kMaxAlerts, taken);
    // Woken early by an alert alone, the others keep filling their batch.
    due = due || taken.empty() || wait <= absl::ZeroDuration() ||
          bell_.closed() || UntakenOthers() >= limit;
    const size_t alerts = taken.size();
    for (size_t i = 1; i < kKinds && due && limit > 0; ++i) {
      lanes_[i]->ring.Take(limit + alerts - taken.size(), taken);
    }
    return taken;
  }

  void MarkStored(const std::vector<JournalEntryPtr>& entries) override {
    Mark(entries, nullptr);
  }
  void MarkLost(const std::vector<JournalEntryPtr>& entries,
                const char* reason) override {
    Mark(entries, reason);
  }
  void Publish(const std::vector<JournalEntryPtr>& alerts) override {
    for (const JournalEntryPtr& alert : alerts) {
      if (alert->kind == kOrder[0]) lanes_[0]->ring.Publish({&alert, 1});
    }
    lanes_[0]->wakes.WakeAll();
  }

  std::vector<LostRange> TakeLost() override {
    std::vector<LostRange> lost;
    for (auto& lane : lanes_) lane->ring.TakeLost(lost);
    return lost;
  }

  std::vector<v1::StageLoss> Loss() const override {
    std::vector<v1::StageLoss> losses;
    for (const auto& lane : lanes_) losses.push_back(lane->ring.Loss());
    return losses;
  }

  void Close() override { bell_.Close(); }

 private:
  static constexpr size_t kMaxAlerts = 1000;

  NewEntry NewEntryOf(size_t slot, v1::Record& record) const {
    auto entry = std::make_shared<JournalEntry>();
    entry->kind = kOrder[slot];
    entry->record = redactor_.Apply(std::move(record)).Take();
    const size_t bytes = EstimateBytes(entry->record);
    return {std::move(entry), bytes};
  }

  size_t UntakenOthers() const {
    size_t untaken = 0;
    for (size_t i = 1; i < kKinds; ++i) untaken += lanes_[i]->ring.untaken();
    return untaken;
  }

  void Mark(const std::vector<JournalEntryPtr>& entries, const char* reason) {
    // Runs of one kind, as they were taken.
    for (size_t i = 0; i < entries.size();) {
      size_t end = i + 1;
      while (end < entries.size() && entries[end]->kind == entries[i]->kind) {
        ++end;
      }
      const size_t slot = SlotOf(entries[i]->kind);
      lanes_[slot]->ring.Mark(absl::MakeConstSpan(entries).subspan(i, end - i),
                              reason);
      if (slot == 0) lanes_[0]->wakes.WakeAll();
      i = end;
    }
  }

  // Destroying a record costs as much as copying it; the packet path leaves
  // that to the writer as long as there is one.
  void LeaveForWriter(std::vector<JournalEntryPtr>& evicted) {
    if (evicted.empty()) return;
    MutexLock lock(waste_mutex_);
    if (waste_.size() + evicted.size() > kMaxWaste) return;
    waste_.insert(waste_.end(), std::make_move_iterator(evicted.begin()),
                  std::make_move_iterator(evicted.end()));
    evicted.clear();
  }
  void ClearWaste() {
    std::vector<JournalEntryPtr> waste;
    MutexLock lock(waste_mutex_);
    waste.swap(waste_);
  }

  const uint64_t epoch_;
  const Clock& clock_;
  const Redactor redactor_;
  std::array<std::unique_ptr<Lane>, kKinds> lanes_;
  WriterBell bell_;
  std::atomic<uint64_t> next_handle_{1};
  Mutex waste_mutex_;
  std::vector<JournalEntryPtr> waste_ ABSL_GUARDED_BY(waste_mutex_);
};

}  // namespace

std::unique_ptr<Journal> Journal::Create(const v1::RingConfig& rings,
                                         uint64_t epoch, const Clock& clock) {
  return std::make_unique<JournalImpl>(rings, epoch, clock);
}

}  // namespace tapline
