// The distinct things of the last window, exactly: each with its newest time.
// Meant for tens of things; a search is linear.

#ifndef TAPLINE_SENSORD_DETECT_RECENT_SET_H_
#define TAPLINE_SENSORD_DETECT_RECENT_SET_H_

#include <algorithm>
#include <cstddef>

#include "absl/container/inlined_vector.h"
#include "sensord/detect/clock_math.h"

namespace tapline {

// How many things all sets of one detector hold together: the bound that keeps
// a large threshold from costing memory in proportion for every key.
class ItemBudget {
 public:
  void SetLimit(size_t items) { limit_ = items; }
  bool Take() {
    if (used_ >= limit_) return false;
    ++used_;
    return true;
  }
  void Return(size_t items) { used_ -= items; }
  size_t used() const { return used_; }

 private:
  size_t limit_ = 0;
  size_t used_ = 0;
};

template <typename Item>
class RecentSet {
 public:
  struct Entry {
    UnixNanos clock = 0;
    Item item{};
  };

  RecentSet() = default;
  RecentSet(const RecentSet&) = delete;
  RecentSet& operator=(const RecentSet&) = delete;
  RecentSet(RecentSet&& other) noexcept { *this = std::move(other); }
  RecentSet& operator=(RecentSet&& other) noexcept {
    if (this == &other) return *this;
    Clear();
    if (other.entries_.empty()) return *this;
    entries_ = std::move(other.entries_);
    budget_ = other.budget_;
    other.entries_.clear();
    return *this;
  }
  ~RecentSet() { Clear(); }

  // Drops what is older than `window`, then adds the item or renews it. With
  // the budget spent it takes the place of the oldest one here. False when an
  // item was lost to the budget.
  bool Add(const Item& item, UnixNanos clock, UnixNanos window,
           ItemBudget& budget) {
    budget_ = &budget;
    for (Entry& e : entries_) {
      if (!(e.item == item)) continue;
      e.clock = clock;
      Expire(clock, window);
      return true;
    }
    Expire(clock, window);
    if (!budget.Take()) {
      if (entries_.empty()) return false;
      Oldest() = {clock, item};
      return false;
    }
    entries_.push_back({clock, item});
    return true;
  }

  // Null when it is not there.
  Entry* FindEntry(const Item& item) {
    for (Entry& e : entries_) {
      if (e.item == item) return &e;
    }
    return nullptr;
  }
  Item* Find(const Item& item) {
    Entry* entry = FindEntry(item);
    return entry == nullptr ? nullptr : &entry->item;
  }

  // REQUIRES: not empty.
  Entry& Oldest() {
    return *std::min_element(
        entries_.begin(), entries_.end(),
        [](const Entry& a, const Entry& b) { return a.clock < b.clock; });
  }
  // REQUIRES: not empty.
  void RemoveOldest() {
    std::swap(Oldest(), entries_.back());
    entries_.pop_back();
    budget_->Return(1);
  }

  void Remove(const Item& item) {
    for (Entry& e : entries_) {
      if (!(e.item == item)) continue;
      std::swap(e, entries_.back());
      entries_.pop_back();
      budget_->Return(1);
      return;
    }
  }

  void Expire(UnixNanos clock, UnixNanos window) {
    for (size_t i = 0; i < entries_.size();) {
      if (Between(entries_[i].clock, clock) <= window) {
        ++i;
        continue;
      }
      std::swap(entries_[i], entries_.back());
      entries_.pop_back();
      budget_->Return(1);
    }
  }

  void Clear() {
    if (budget_ != nullptr) budget_->Return(entries_.size());
    entries_.clear();
    entries_.shrink_to_fit();
  }

  // Of the newest times held; kNever when empty.
  UnixNanos OldestClock() const {
    UnixNanos oldest = kNever;
    for (const Entry& e : entries_) oldest = std::min(oldest, e.clock);
    return oldest;
  }
  size_t size() const { return entries_.size(); }
  auto begin() { return entries_.begin(); }
  auto end() { return entries_.end(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  absl::InlinedVector<Entry, 2> entries_;
  ItemBudget* budget_ = nullptr;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_RECENT_SET_H_
