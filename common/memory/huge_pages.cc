#include "common/memory/huge_pages.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>

namespace tapline {
namespace {

size_t Rounded(size_t bytes) {
  return (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
}

}  // namespace

void* MapHuge(size_t bytes) {
  const size_t size = Rounded(bytes);
  void* memory = mmap(nullptr, size + kHugePageBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  const auto address = reinterpret_cast<uintptr_t>(memory);
  const size_t before =
      (kHugePageBytes - address % kHugePageBytes) % kHugePageBytes;
  char* aligned = static_cast<char*>(memory) + before;
  if (before > 0) munmap(memory, before);
  munmap(aligned + size, kHugePageBytes - before);
  madvise(aligned, size, MADV_HUGEPAGE);
  return aligned;
}

void UnmapHuge(void* memory, size_t bytes) { munmap(memory, Rounded(bytes)); }

}  // namespace tapline
