// What somebody may have meant.

#ifndef TAPLINE_COMMON_FILTER_NEAR_NAMES_H_
#define TAPLINE_COMMON_FILTER_NEAR_NAMES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tapline::filter {

struct NearNames {
  // The one that is surely meant; empty when several may be.
  std::string best;
  // At most 8: same last word, same beginning, few letters apart.
  std::vector<std::string> all;
};

NearNames FindNear(absl::string_view wrong,
                   const std::vector<absl::string_view>& names);

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_NEAR_NAMES_H_
