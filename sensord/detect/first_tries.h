// The first thing each key tried, in a few bytes a key: most keys try one thing
// that works and never need more. A key gets a place in a detector's table with
// its second thing.
//
// Four records share a place; the oldest makes room, counted when it was still
// within the window. Keys are told apart by their 64-bit hash.

#ifndef TAPLINE_SENSORD_DETECT_FIRST_TRIES_H_
#define TAPLINE_SENSORD_DETECT_FIRST_TRIES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "common/ledger/ledger.h"
#include "common/memory/huge_pages.h"
#include "sensord/detect/clock_math.h"

namespace tapline {

template <typename Item>
class FirstTries {
 public:
  struct Record {
    uint64_t hash = 0;  // 0: free
    UnixNanos clock = 0;
    Item item{};
  };

  explicit FirstTries(Counter& forgotten) : forgotten_(forgotten) {}

  // Keys remembered. A change forgets all.
  void SetCapacity(size_t keys) {
    const size_t sets = std::max<size_t>((keys + kWays - 1) / kWays, 1);
    if (records_.size() != sets * kWays) {
      records_.assign(sets * kWays, Record());
    }
  }

  // True: it was the key's first, or the same again, and is remembered. False:
  // the key had another one within the window, which moves to `first`.
  bool Note(uint64_t hash, const Item& item, UnixNanos clock, UnixNanos window,
            Record& first) {
    Record* set = SetOf(hash);
    Record* free = set;
    for (Record* r = set; r < set + kWays; ++r) {
      const bool live = r->hash != 0 && Between(r->clock, clock) <= window;
      if (!live) {
        r->hash = 0;
      } else if (r->hash == (hash | 1)) {
        if (r->item == item) return true;
        first = *r;
        r->hash = 0;
        return false;
      }
      if (free->hash != 0 && (r->hash == 0 || r->clock < free->clock)) free = r;
    }
    if (free->hash != 0) forgotten_.Add();
    *free = {hash | 1, clock, item};
    return true;
  }

  [[gnu::always_inline]] void Prefetch(uint64_t hash) const {
    const Record* set = const_cast<FirstTries*>(this)->SetOf(hash);
    __builtin_prefetch(set);
    __builtin_prefetch(set + kWays - 1);
  }

  // Null when the key's first try is not this one.
  Record* Find(uint64_t hash, const Item& item) {
    Record* set = SetOf(hash);
    for (Record* r = set; r < set + kWays; ++r) {
      if (r->hash == (hash | 1)) return r->item == item ? r : nullptr;
    }
    return nullptr;
  }

 private:
  static constexpr size_t kWays = 4;

  Record* SetOf(uint64_t hash) {
    const size_t sets = records_.size() / kWays;
    return &records_[((hash >> 32) * sets >> 32) * kWays];
  }

  Counter& forgotten_;
  HugePageVector<Record> records_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_FIRST_TRIES_H_
