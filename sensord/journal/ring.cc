#include "sensord/journal/ring.h"

#include <algorithm>
#include <set>
#include <utility>

#include "sensord/journal/record_fill.h"

namespace tapline {
namespace {

// Ranges kept for the store; past it the newest one grows.
constexpr size_t kMaxLostRanges = 1024;

}  // namespace

const char* KindName(v1::RecordKind kind) {
  switch (kind) {
    case v1::RECORD_KIND_ALERT:
      return "alerts";
    case v1::RECORD_KIND_FLOW:
      return "flows";
    case v1::RECORD_KIND_EVENT:
      return "events";
    case v1::RECORD_KIND_PACKET:
      return "packets";
    case v1::RECORD_KIND_STATS:
      return "stats";
    default:
      return "unknown";
  }
}

void Ring::Append(absl::Span<NewEntry> entries, uint64_t epoch,
                  const Clock& clock, std::vector<JournalEntryPtr>& evicted) {
  MutexLock lock(mutex_);
  const absl::Time now = clock.Now();
  const UnixNanos nanos = absl::ToUnixNanos(now);
  for (NewEntry& fresh : entries) {
    JournalEntry& entry = *fresh.entry;
    entry.sequence = next_++;
    entry.received_at = now;
    entry.record.set_sequence(entry.sequence);
    entry.record.set_epoch(epoch);
    FillTime(nanos, *entry.record.mutable_received_at());
    bytes_ += fresh.bytes;
    slots_.push_back({std::move(fresh.entry), fresh.bytes, false});
  }
  in_ += entries.size();
  if (!options_.stored) {
    out_ += entries.size();
    taken_end_ = shown_end_ = next_;
  }
  while (slots_.size() > options_.max_entries ||
         (bytes_ > options_.max_bytes && slots_.size() > 1)) {
    EvictFront(evicted);
  }
}

void Ring::EvictFront(std::vector<JournalEntryPtr>& evicted) {
  Slot& slot = slots_.front();
  // What the writer holds it will still report as stored or lost.
  if (slot.entry->sequence >= taken_end_) {
    CountLost(*slot.entry, "ring_full");
    taken_end_ = lost_end_ = slot.entry->sequence + 1;
    ShowLost();
  }
  bytes_ -= slot.bytes;
  (slot.held ? held_out_ : evicted).push_back(std::move(slot.entry));
  slots_.pop_front();
  ++first_;
}

void Ring::CountLost(const JournalEntry& entry, const char* reason) {
  ++dropped_[reason];
  if (!lost_.empty()) {
    LostRange& last = lost_.back();
    const bool adjacent =
        last.last_sequence + 1 == entry.sequence && last.reason == reason;
    if (adjacent || lost_.size() >= kMaxLostRanges) {
      last.first_sequence = std::min(last.first_sequence, entry.sequence);
      last.last_sequence = std::max(last.last_sequence, entry.sequence);
      last.first_at = std::min(last.first_at, entry.received_at);
      last.last_at = std::max(last.last_at, entry.received_at);
      ++last.count;
      return;
    }
  }
  lost_.push_back({options_.kind, entry.sequence, entry.sequence, 1,
                   entry.received_at, entry.received_at, reason});
}

JournalRead Ring::Read(uint64_t sequence, size_t limit) const {
  JournalRead read;
  read.next_sequence = std::max<uint64_t>(sequence, 1);
  MutexLock lock(mutex_);
  const uint64_t end = VisibleEnd();
  if (read.next_sequence >= end) return read;
  if (read.next_sequence < first_ && ReadHeldOut(end, limit, read)) {
    return read;
  }
  if (read.next_sequence < first_) {
    read.missed_first = read.next_sequence;
    read.missed_last = std::min(first_, end) - 1;
    read.next_sequence = std::min(first_, end);
  }
  const uint64_t stop = std::min<uint64_t>(end, read.next_sequence + limit);
  for (; read.next_sequence < stop; ++read.next_sequence) {
    read.entries.push_back(slots_[read.next_sequence - first_].entry);
  }
  return read;
}

bool Ring::ReadHeldOut(uint64_t end, size_t limit, JournalRead& read) const {
  auto it = HeldOutFrom(read.next_sequence);
  if (it == held_out_.end() || (*it)->sequence >= end) return false;
  if ((*it)->sequence > read.next_sequence) {
    read.missed_first = read.next_sequence;
    read.missed_last = (*it)->sequence - 1;
    read.next_sequence = (*it)->sequence;
  }
  for (; it != held_out_.end() && (*it)->sequence == read.next_sequence &&
         read.next_sequence < end && read.entries.size() < limit;
       ++it, ++read.next_sequence) {
    read.entries.push_back(*it);
  }
  return true;
}

std::vector<JournalEntryPtr>::const_iterator Ring::HeldOutFrom(
    uint64_t sequence) const {
  return std::lower_bound(held_out_.begin(), held_out_.end(), sequence,
                          [](const JournalEntryPtr& entry, uint64_t wanted) {
                            return entry->sequence < wanted;
                          });
}

void Ring::Take(size_t limit, std::vector<JournalEntryPtr>& out) {
  MutexLock lock(mutex_);
  const uint64_t stop = std::min<uint64_t>(next_, taken_end_ + limit);
  for (; taken_end_ < stop; ++taken_end_) {
    Slot& slot = slots_[taken_end_ - first_];
    out.push_back(slot.entry);
    slot.held = true;
    ++held_;
  }
}

void Ring::Mark(absl::Span<const JournalEntryPtr> entries, const char* reason) {
  MutexLock lock(mutex_);
  Release(entries);
  for (const JournalEntryPtr& entry : entries) {
    if (reason == nullptr) {
      ++out_;
    } else {
      CountLost(*entry, reason);
    }
    Show(*entry);
    marked_end_ = std::max(marked_end_, entry->sequence + 1);
  }
  held_ -= entries.size();
  ShowLost();
}

void Ring::Release(absl::Span<const JournalEntryPtr> entries) {
  bool out = false;
  for (const JournalEntryPtr& entry : entries) {
    if (entry->sequence >= first_) {
      slots_[entry->sequence - first_].held = false;
    } else {
      out = true;
    }
  }
  if (!out) return;
  std::set<uint64_t> done;
  for (const JournalEntryPtr& entry : entries) done.insert(entry->sequence);
  std::erase_if(held_out_, [&done](const JournalEntryPtr& entry) {
    return done.count(entry->sequence) > 0;
  });
}

void Ring::Publish(absl::Span<const JournalEntryPtr> entries) {
  MutexLock lock(mutex_);
  for (const JournalEntryPtr& entry : entries) Show(*entry);
}

void Ring::Show(const JournalEntry& entry) {
  shown_end_ = std::max(shown_end_, entry.sequence + 1);
}

void Ring::ShowLost() {
  if (held_ == 0) shown_end_ = std::max(shown_end_, lost_end_);
}

size_t Ring::untaken() const {
  MutexLock lock(mutex_);
  return next_ - taken_end_;
}

bool Ring::HasRoom() const {
  MutexLock lock(mutex_);
  const uint64_t waiting = next_ - taken_end_;
  if (waiting == 0) return true;
  // Entries are taken to be alike.
  return waiting < options_.max_entries / 2 &&
         bytes_ / slots_.size() * waiting < options_.max_bytes / 2;
}

uint64_t Ring::next_sequence() const {
  MutexLock lock(mutex_);
  return next_;
}

uint64_t Ring::visible_end() const {
  MutexLock lock(mutex_);
  return VisibleEnd();
}

uint64_t Ring::settled_end() const {
  MutexLock lock(mutex_);
  return held_ == 0 ? taken_end_ : marked_end_;
}

void Ring::TakeLost(std::vector<LostRange>& out) {
  MutexLock lock(mutex_);
  out.insert(out.end(), lost_.begin(), lost_.end());
  lost_.clear();
}

v1::StageLoss Ring::Loss() const {
  MutexLock lock(mutex_);
  v1::StageLoss loss;
  loss.set_stage("journal");
  loss.set_item(KindName(options_.kind));
  loss.set_in(in_);
  loss.set_out(out_);
  uint64_t dropped = 0;
  for (const auto& [reason, count] : dropped_) {
    v1::Dropped& one = *loss.add_dropped();
    one.set_stage("journal");
    one.set_reason(reason);
    one.set_count(count);
    dropped += count;
  }
  loss.set_in_flight(in_ - out_ - dropped);
  return loss;
}

}  // namespace tapline
