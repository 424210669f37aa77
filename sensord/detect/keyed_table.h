// A table of what a detector knows about each key, bounded by a number of keys.
//
// Set-associative: a key may lie in one of 8 places that its hash chooses. When
// all are taken the table doubles, up to its capacity; from then on the least
// recent of the 8 is forgotten, those marked with Keep last. So a flood of keys
// seen once does not push out a slow scan, and nothing is ever searched or
// moved in bulk. What is forgotten depends on the keys and their order alone.

#ifndef TAPLINE_SENSORD_DETECT_KEYED_TABLE_H_
#define TAPLINE_SENSORD_DETECT_KEYED_TABLE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "common/ledger/ledger.h"
#include "common/memory/huge_pages.h"
#include "sensord/detect/clock_math.h"

namespace tapline {

// Key: equality and uint64_t Hash() const. Value: default constructible,
// movable; a forgotten one is assigned Value().
template <typename Key, typename Value>
class KeyedTable {
 public:
  struct Slot {
    Key key;
    Value value;
  };

  explicit KeyedTable(Counter& forgotten) : forgotten_(forgotten) {
    Resize(kWays * 8);
  }

  // Keys held at most; rounded up to a multiple of 8. Shrinking may forget.
  void SetCapacity(size_t keys) {
    max_sets_ = std::max<size_t>((keys + kWays - 1) / kWays, 1);
    if (sets_.size() > max_sets_) Resize(max_sets_ * kWays);
  }

  // A marked slot counts as valuable for this long after its last use.
  void SetKeepTime(UnixNanos keep) { keep_ticks_ = Ticks(keep) + 1; }

  [[gnu::always_inline]] void Prefetch(uint64_t hash) const {
    __builtin_prefetch(&sets_[SetOf(hash)]);
  }

  Value* Find(const Key& key, uint64_t hash) {
    const size_t set = SetOf(hash);
    const int way = FindWay(set, key, hash);
    return way < 0 ? nullptr : &slots_[set * kWays + way].value;
  }

  Value& FindOrInsert(const Key& key, uint64_t hash, UnixNanos clock) {
    size_t set = SetOf(hash);
    int way = FindWay(set, key, hash);
    if (way < 0) {
      way = FreeWay(set);
      while (way < 0 && sets_.size() < max_sets_) {
        Resize(std::min(sets_.size() * 2, max_sets_) * kWays);
        set = SetOf(hash);
        way = FreeWay(set);
      }
      if (way < 0) way = Forget(set, clock);
      Slot& slot = slots_[set * kWays + way];
      slot.key = key;
      sets_[set].tag[way] = TagOf(hash);
      sets_[set].kept[way] = 0;
      ++size_;
    }
    sets_[set].used[way] = Ticks(clock);
    return slots_[set * kWays + way].value;
  }

  // Marks the slot of `value`: worth more than a key seen once.
  void Keep(const Value& value) {
    const size_t i = IndexOf(value);
    sets_[i / kWays].kept[i % kWays] = 1;
  }

  size_t size() const { return size_; }
  size_t capacity() const { return max_sets_ * kWays; }

 private:
  static constexpr size_t kWays = 8;
  // One cache line. Tag 0: free.
  struct alignas(64) Set {
    uint16_t tag[kWays] = {};
    uint32_t used[kWays] = {};
    uint8_t kept[kWays] = {};
  };

  static uint32_t Ticks(UnixNanos t) {
    return static_cast<uint32_t>(t / kDeadlineGrain);
  }
  static uint16_t TagOf(uint64_t hash) {
    return static_cast<uint16_t>(hash) | 1;
  }
  size_t SetOf(uint64_t hash) const {
    return static_cast<size_t>((hash >> 32) * sets_.size() >> 32);
  }

  int FindWay(size_t set, const Key& key, uint64_t hash) const {
    const uint16_t tag = TagOf(hash);
    for (size_t way = 0; way < kWays; ++way) {
      if (sets_[set].tag[way] == tag && slots_[set * kWays + way].key == key) {
        return static_cast<int>(way);
      }
    }
    return -1;
  }

  int FreeWay(size_t set) const {
    for (size_t way = 0; way < kWays; ++way) {
      if (sets_[set].tag[way] == 0) return static_cast<int>(way);
    }
    return -1;
  }

  int Forget(size_t set, UnixNanos clock) {
    const uint32_t now = Ticks(clock);
    int victim = 0;
    uint64_t least = ~uint64_t{0};
    for (size_t way = 0; way < kWays; ++way) {
      const uint32_t age = now - sets_[set].used[way];
      const bool kept = sets_[set].kept[way] != 0 && age <= keep_ticks_;
      const uint64_t worth = (uint64_t{kept} << 32) | (~age & 0xffffffffu);
      if (worth >= least) continue;
      least = worth;
      victim = static_cast<int>(way);
    }
    slots_[set * kWays + victim].value = Value();
    --size_;
    forgotten_.Add();
    return victim;
  }

  size_t IndexOf(const Value& value) const {
    const auto* at = reinterpret_cast<const char*>(&value);
    const auto* begin = reinterpret_cast<const char*>(&slots_[0].value);
    return static_cast<size_t>(at - begin) / sizeof(Slot);
  }

  // Moves every key over, in order of place, so that the result depends on
  // the keys alone.
  void Resize(size_t slots) {
    HugePageVector<Set> old_sets(slots / kWays);
    HugePageVector<Slot> old_slots(slots);
    old_sets.swap(sets_);
    old_slots.swap(slots_);
    size_ = 0;
    for (size_t i = 0; i < old_slots.size(); ++i) {
      if (old_sets[i / kWays].tag[i % kWays] == 0) continue;
      const uint64_t hash = old_slots[i].key.Hash();
      const size_t set = SetOf(hash);
      const int way = FreeWay(set);
      if (way < 0) {
        forgotten_.Add();
        continue;
      }
      sets_[set].tag[way] = TagOf(hash);
      sets_[set].used[way] = old_sets[i / kWays].used[i % kWays];
      sets_[set].kept[way] = old_sets[i / kWays].kept[i % kWays];
      slots_[set * kWays + way] = std::move(old_slots[i]);
      ++size_;
    }
  }

  Counter& forgotten_;
  size_t max_sets_ = 8;
  uint32_t keep_ticks_ = 600;
  size_t size_ = 0;
  HugePageVector<Set> sets_;
  HugePageVector<Slot> slots_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_KEYED_TABLE_H_
