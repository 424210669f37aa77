// Errors that say where in the text they are.

#ifndef TAPLINE_COMMON_FILTER_ERROR_H_
#define TAPLINE_COMMON_FILTER_ERROR_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tapline {

// What an error of a filter carries besides its message; see FilterErrorOf.
struct FilterError {
  // First character meant, from 1; 0 when the whole text is meant.
  size_t column = 0;
  // What to write in its place; empty when nothing is likely.
  std::string suggestion;
  // Names of fields near the one that is not known.
  std::vector<std::string> near;
};

// Of an error of Filter::Compile; all empty for any other status.
FilterError FilterErrorOf(const absl::Status& status);

namespace filter {

// InvalidArgument at a byte offset of the text.
absl::Status ErrorAt(size_t offset, absl::string_view what,
                     const FilterError& details = {});

// An error of ErrorAt as it leaves the library: "column 5: what", and the
// column of `text`. Others as they are.
absl::Status WithColumn(const absl::Status& status, absl::string_view text);

// An error inside a saved filter, told at the place of its name.
absl::Status InsideSaved(const absl::Status& status, absl::string_view name,
                         size_t offset);

}  // namespace filter
}  // namespace tapline

#endif  // TAPLINE_COMMON_FILTER_ERROR_H_
