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
  // At most 8, the closest first: few letters apart, of the same protocol with
  // the same or a similar last word, with the same last word, of the same
  // protocol.
  std::vector<std::string> all;
};

NearNames FindNear(absl::string_view wrong,
                   const std::vector<absl::string_view>& names);

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_NEAR_NAMES_H_
