// Counters of what goes into a stage, comes out, and is dropped and why.
//
// Invariant, at rest: in = out + sum(dropped) + in flight.

#ifndef TAPLINE_COMMON_LEDGER_LEDGER_H_
#define TAPLINE_COMMON_LEDGER_LEDGER_H_

#include <atomic>
#include <cstdint>

namespace tapline {

// A counter with one writer and any number of readers: a plain add on the
// writer's side.
// Thread safety: Add by one thread, Get by all.
class Counter {
 public:
  void Add(uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n,
                 std::memory_order_relaxed);
  }
  void Set(uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  uint64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// A counter with many writers.
// Thread safety: thread-safe.
class SharedCounter {
 public:
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

}  // namespace tapline

#endif  // TAPLINE_COMMON_LEDGER_LEDGER_H_
