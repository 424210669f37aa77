// Numbers with units, as people write them.

#ifndef TAPLINE_COMMON_FILTER_NUMBER_TEXT_H_
#define TAPLINE_COMMON_FILTER_NUMBER_TEXT_H_

#include <optional>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"

namespace tapline::filter {

// "80", "-5", "0x50", "0b101", "10k", "1.5M", "64Ki", "10MB", "2Gbit": k, M, G
// and T are powers of 1000, with i of 1024. Absent for anything else, a
// fraction that is left, and over 2^80.
std::optional<absl::int128> ParseWhole(absl::string_view text);

// "0.5", "1e6", "1.5M". Absent for anything else.
std::optional<double> ParseReal(absl::string_view text);

// "1h30m", "1.5s", "250ms", "7d", "20us", "5ns", and "10", "0.25": seconds. In
// nanoseconds; fractions of them are cut.
std::optional<absl::int128> ParseNanos(absl::string_view text);

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_NUMBER_TEXT_H_
