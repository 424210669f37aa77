// Memory for large tables that are read at random: with pages of 4 KiB most
// accesses would miss the translation cache first.

#ifndef TAPLINE_COMMON_MEMORY_HUGE_PAGES_H_
#define TAPLINE_COMMON_MEMORY_HUGE_PAGES_H_

#include <cstddef>
#include <memory>
#include <vector>

namespace tapline {

inline constexpr size_t kHugePageBytes = 2 << 20;

// Zeroed addresses straight from the kernel, `bytes` rounded up to whole huge
// pages and aligned to one; memory comes with use, in huge pages where the
// kernel gives them. Ends the process without memory, as operator new would.
void* MapHuge(size_t bytes);
// What MapHuge gave for the same number of bytes.
void UnmapHuge(void* memory, size_t bytes);

// From a huge page on MapHuge, below the heap.
template <typename T>
class HugePageAllocator {
 public:
  using value_type = T;

  HugePageAllocator() = default;
  template <typename U>
  explicit HugePageAllocator(const HugePageAllocator<U>&) {}

  T* allocate(size_t n) {
    if (n * sizeof(T) >= kHugePageBytes) {
      return static_cast<T*>(MapHuge(n * sizeof(T)));
    }
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* memory, size_t n) {
    if (n * sizeof(T) >= kHugePageBytes) {
      UnmapHuge(memory, n * sizeof(T));
    } else {
      std::allocator<T>().deallocate(memory, n);
    }
  }

  friend bool operator==(const HugePageAllocator&, const HugePageAllocator&) {
    return true;
  }
};

template <typename T>
using HugePageVector = std::vector<T, HugePageAllocator<T>>;

}  // namespace tapline

#endif  // TAPLINE_COMMON_MEMORY_HUGE_PAGES_H_
