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

// "ann@example.org" gives "a***@example.org": the domain stays. A name without
// one is masked as a whole.
inline std::string MaskedMailbox(absl::string_view mailbox) {
  const size_t at = mailbox.rfind('@');
  std::string masked = MaskedName(mailbox.substr(0, at));
  if (at != absl::string_view::npos) {
    masked.append(mailbox.data() + at, mailbox.size() - at);
  }
  return masked;
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_MASKED_NAME_H_
