// Names of people and accounts, as far as they may be told.

#ifndef TAPLINE_SENSORD_ANALYZERS_MASKED_NAME_H_
#define TAPLINE_SENSORD_ANALYZERS_MASKED_NAME_H_

#include <string>

#include "absl/strings/string_view.h"

namespace tapline {

// The first character and "***": enough to see whether two are surely
// different. A first character that is not plain ASCII is left out too. Empty
// stays empty.
inline std::string MaskedName(absl::string_view name) {
  std::string masked;
  if (name.empty()) return masked;
  if (name[0] > 0x20 && name[0] < 0x7f) masked += name[0];
  masked += "***";
  return masked;
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_MASKED_NAME_H_
