// What a fragment says about bytes that another one brought before.

#include <algorithm>
#include <cstring>

#include "sensord/decode/fragment_table.h"

namespace tapline {
namespace {

// Bits [from, to) of a word.
uint32_t UnitMask(uint32_t from, uint32_t to) {
  const uint64_t mask = (uint64_t{1} << to) - (uint64_t{1} << from);
  return static_cast<uint32_t>(mask);
}

}  // namespace

void FragmentTable::FindOverlap(Entry& entry, const Fragment& fragment,
                                FragmentResult* result) {
  const uint32_t first = fragment.offset / kUnit;
  const uint32_t end = (fragment.offset + fragment.wire + kUnit - 1) / kUnit;
  bool covered = true;
  bool inner_start = false;
  for (uint32_t unit = first; unit < end;) {
    const uint32_t number = unit / kUnitsPerPage;
    const uint32_t base = number * kUnitsPerPage;
    const uint32_t to = std::min(end, base + kUnitsPerPage);
    const uint32_t mask = UnitMask(unit - base, to - base);
    const Page* page = FindPage(entry, number);
    const uint32_t overlap = page == nullptr ? 0 : page->have & mask;
    covered &= overlap == mask;
    if (overlap != 0) result->overlap = true;
    for (uint32_t bits = overlap; bits != 0; bits &= bits - 1) {
      const uint32_t u = static_cast<uint32_t>(__builtin_ctz(bits));
      const uint32_t at = (base + u) * kUnit - fragment.offset;
      const uint32_t size = std::min(kUnit, fragment.wire - at);
      const bool started = (page->starts >> u & 1) != 0;
      if (base + u == first ? !started : started) inner_start = true;
      if ((page->captured >> u & 1) == 0 || at + size > fragment.captured) {
        continue;
      }
      if (std::memcmp(page->data + u * kUnit, fragment.data + at, size) != 0) {
        result->differs = true;
      }
    }
    unit = to;
  }
  if (!result->overlap) return;
  if (result->differs) HashOverlap(entry, fragment, result);
  // An exact repetition: the same start, and the next unit, if it came, starts
  // another fragment.
  const Page* page = FindPage(entry, end / kUnitsPerPage);
  const uint32_t bit = end % kUnitsPerPage;
  const bool longer = page != nullptr && (page->have >> bit & 1) != 0 &&
                      (page->starts >> bit & 1) == 0;
  result->duplicate = covered && !inner_start && !longer && !result->differs;
}

// Evidence of what a host may have read instead.
void FragmentTable::HashOverlap(const Entry& entry, const Fragment& fragment,
                                FragmentResult* result) {
  SipHash13 first{SipKey{}};
  SipHash13 other{SipKey{}};
  size_t size = 0;
  uint64_t tails[2] = {0, 0};
  for (uint32_t at = 0; at < fragment.captured; at += kUnit) {
    const uint32_t unit = (fragment.offset + at) / kUnit;
    const Page* page = FindPage(entry, unit / kUnitsPerPage);
    const uint32_t u = unit % kUnitsPerPage;
    if (page == nullptr || (page->captured >> u & 1) == 0) continue;
    const uint32_t bytes = std::min(kUnit, fragment.captured - at);
    uint64_t words[2] = {0, 0};
    std::memcpy(&words[0], page->data + u * kUnit, bytes);
    std::memcpy(&words[1], fragment.data + at, bytes);
    size += bytes;
    if (bytes == kUnit) {
      first.Absorb(words[0]);
      other.Absorb(words[1]);
    } else {
      tails[0] = words[0];
      tails[1] = words[1];
    }
  }
  result->first_hash = first.Finish(tails[0], size);
  result->other_hash = other.Finish(tails[1], size);
}

}  // namespace tapline
