// How much a filter may ask for. Past any of these it is refused with a reason;
// the step budget bounds what is left to one record.

#ifndef TAPLINE_COMMON_FILTER_LIMITS_H_
#define TAPLINE_COMMON_FILTER_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace tapline::filter {

// Text of one filter, and of it with all its @names put in.
inline constexpr size_t kMaxTextBytes = 4096;
inline constexpr size_t kMaxExpandedBytes = 64 * 1024;
inline constexpr size_t kMaxTokens = 2048;
// Parentheses, "not", functions and @names within one another.
inline constexpr int kMaxDepth = 64;
// Values of one set, and of all sets of a filter.
inline constexpr size_t kMaxSetItems = 256;
inline constexpr size_t kMaxAllSetItems = 1024;
inline constexpr size_t kMaxPatternBytes = 512;
inline constexpr size_t kMaxPatterns = 16;
inline constexpr int64_t kPatternMemoryBytes = 128 * 1024;
// Instructions of one pattern's program, and of all: at worst each is looked at
// for each byte of a text.
inline constexpr int64_t kMaxPatternProgram = 1000;
inline constexpr int64_t kMaxAllPrograms = 2000;
// Comparisons of a filter with its @names put in.
inline constexpr size_t kMaxRelations = 1024;
// What looking at one record may cost: a step is a value, or some bytes of
// text. Of a record that costs more nobody knows whether it matches.
inline constexpr int64_t kMaxSteps = 200'000;
// Conditions the store is given to narrow a search; with more it narrows less.
inline constexpr size_t kMaxBoundLeaves = 256;

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_LIMITS_H_
