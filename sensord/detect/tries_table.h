// What each key tried within the window, for rules that count distinct tries of
// a key: the first try lies in FirstTries, a key that has a second one gets a
// place in a KeyedTable, and its Value keeps the tries in a RecentSet.
//
// Bounded by keys and by kItemsPerKey tries a key on average; what is lost to
// either bound is counted as forgotten.

#ifndef TAPLINE_SENSORD_DETECT_TRIES_TABLE_H_
#define TAPLINE_SENSORD_DETECT_TRIES_TABLE_H_

#include <cstddef>
#include <cstdint>

#include "common/ledger/ledger.h"
#include "sensord/detect/clock_math.h"
#include "sensord/detect/endpoint_key.h"
#include "sensord/detect/first_tries.h"
#include "sensord/detect/keyed_table.h"
#include "sensord/detect/recent_set.h"

namespace tapline {

template <typename Value, typename Item>
class TriesTable {
 public:
  using First = typename FirstTries<Item>::Record;

  explicit TriesTable(Counter& forgotten)
      : forgotten_(forgotten), table_(forgotten), first_(forgotten) {}

  // With `threshold` 1 the first try of a key gets a place at once.
  void Configure(size_t keys, UnixNanos window, uint32_t threshold) {
    window_ = window;
    note_first_ = threshold > 1;
    table_.SetCapacity(keys);
    table_.SetKeepTime(window);
    first_.SetCapacity(keys);
    budget_.SetLimit(table_.capacity() * kItemsPerKey);
  }

  [[gnu::always_inline]] void Prefetch(uint64_t hash) const {
    table_.Prefetch(hash);
    first_.Prefetch(hash);
  }

  // The key's place for this try. Null: it is the key's first, or the same
  // again, and was noted. `first.hash` is not 0 when an earlier try was noted:
  // the caller adds it to the place before this one.
  Value* Place(const EndpointKey& key, uint64_t hash, const Item& item,
               UnixNanos clock, First& first) {
    if (note_first_ && table_.Find(key, hash) == nullptr &&
        first_.Note(hash, item, clock, window_, first)) {
      return nullptr;
    }
    return &table_.FindOrInsert(key, hash, clock);
  }

  Value* Find(const EndpointKey& key, uint64_t hash) {
    return table_.Find(key, hash);
  }
  // Null when the key's noted first try is not this one.
  First* FindFirst(uint64_t hash, const Item& item) {
    return first_.Find(hash, item);
  }

  // Marks the place of `value`: worth more than a key seen once.
  void Keep(const Value& value) { table_.Keep(value); }

  // To a set of a place.
  void Add(RecentSet<Item>& tries, const Item& item, UnixNanos clock) {
    if (!tries.Add(item, clock, window_, budget_)) forgotten_.Add();
  }

 private:
  static constexpr size_t kItemsPerKey = 16;

  Counter& forgotten_;
  // Before the table, whose sets return their items to it.
  ItemBudget budget_;
  KeyedTable<EndpointKey, Value> table_;
  FirstTries<Item> first_;
  UnixNanos window_ = 60 * kSecondNanos;
  bool note_first_ = true;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_TRIES_TABLE_H_
