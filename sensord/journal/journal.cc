#include "sensord/journal/journal.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <utility>

#include "common/redact/redactor.h"
#include "common/schema/record_kind.h"
#include "sensord/journal/ring.h"
#include "sensord/journal/wake_list.h"
#include "sensord/journal/writer_bell.h"

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
    std::vector<JournalEntryPtr> evicted;
    for (size_t i = 0; i < kKinds; ++i) {
      if (fresh[i].empty()) continue;
      lanes_[i]->ring.Append(absl::MakeSpan(fresh[i]), epoch_, clock_, evicted);
    }
    LeaveForWriter(evicted);
    if (!fresh[0].empty()) alert_bell_.Ring(fresh[0].size());
    others_bell_.Ring(UntakenOthers());
    for (size_t i = 1; i < kKinds; ++i) {
      if (!fresh[i].empty()) lanes_[i]->wakes.WakeAll();
    }
  }

  bool Wants(v1::RecordKind kind) const override {
    return kind != v1::RECORD_KIND_PACKET ||
           !lanes_[SlotOf(kind)]->wakes.empty();
  }

  size_t room_records() const override {
    size_t records = SIZE_MAX;
    for (const auto& lane : lanes_) {
      if (!lane->ring.options().stored) continue;
      records = std::min(records, lane->ring.options().max_entries / 2);
    }
    return records;
  }

  bool AwaitRoom(absl::Duration wait) override {
    return AwaitWriter(wait, [this] { return HasRoom(); });
  }

  bool AwaitStored(absl::Duration wait) override {
    std::array<uint64_t, kKinds> ends;
    for (size_t i = 0; i < kKinds; ++i)
      ends[i] = lanes_[i]->ring.next_sequence();
    others_bell_.Hurry();
    const bool stored =
        AwaitWriter(wait, [this, &ends] { return IsSettled(ends); });
    others_bell_.Relax();
    return stored;
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

  std::vector<JournalEntryPtr> TakeAlerts(absl::Duration wait) override {
    alert_bell_.Wait(1, wait, [this] { return lanes_[0]->ring.untaken(); });
    std::vector<JournalEntryPtr> taken;
    lanes_[0]->ring.Take(kMaxAlertsTaken, taken);
    TellWriterMoved();
    return taken;
  }

  std::vector<JournalEntryPtr> TakeOthers(size_t limit,
                                          absl::Duration wait) override {
    ClearWaste();
    others_bell_.Wait(limit, wait, [this] { return UntakenOthers(); });
    std::vector<JournalEntryPtr> taken;
    for (size_t i = 1; i < kKinds; ++i) {
      lanes_[i]->ring.Take(limit - taken.size(), taken);
    }
    TellWriterMoved();
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

  void Close() override {
    alert_bell_.Close();
    others_bell_.Close();
  }

 private:
  NewEntry NewEntryOf(size_t slot, v1::Record& record) const {
    auto entry = std::make_shared<JournalEntry>();
    entry->kind = kOrder[slot];
    entry->record = redactor_.Apply(std::move(record)).Take();
    const size_t bytes = EstimateBytes(entry->record);
    return {std::move(entry), bytes};
  }

  bool HasRoom() const {
    return std::all_of(lanes_.begin(), lanes_.end(),
                       [](const auto& lane) { return lane->ring.HasRoom(); });
  }
  bool IsSettled(const std::array<uint64_t, kKinds>& ends) const {
    for (size_t i = 0; i < kKinds; ++i) {
      if (lanes_[i]->ring.settled_end() < ends[i]) return false;
    }
    return true;
  }

  // Until `holds()`, which only the writer brings about.
  template <typename Condition>
  bool AwaitWriter(absl::Duration wait, const Condition& holds) {
    if (holds()) return true;
    const auto deadline =
        std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(wait);
    MutexLock lock(writer_mutex_);
    while (!holds()) {
      if (writer_moved_.wait_until(writer_mutex_, deadline) ==
          std::cv_status::timeout) {
        return holds();
      }
    }
    return true;
  }
  void TellWriterMoved() {
    MutexLock lock(writer_mutex_);
    writer_moved_.notify_all();
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
    TellWriterMoved();
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
  WriterBell alert_bell_;
  WriterBell others_bell_;
  std::atomic<uint64_t> next_handle_{1};
  // Of who waits for the writer; held by nobody for longer than a look.
  Mutex writer_mutex_;
  CondVar writer_moved_;
  Mutex waste_mutex_;
  std::vector<JournalEntryPtr> waste_ ABSL_GUARDED_BY(waste_mutex_);
};

}  // namespace

std::unique_ptr<Journal> Journal::Create(const v1::RingConfig& rings,
                                         uint64_t epoch, const Clock& clock) {
  return std::make_unique<JournalImpl>(rings, epoch, clock);
}

}  // namespace tapline
