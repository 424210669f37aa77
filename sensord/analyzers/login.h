// How an attempt to log in ended, and who could read its secret.

#ifndef TAPLINE_SENSORD_ANALYZERS_LOGIN_H_
#define TAPLINE_SENSORD_ANALYZERS_LOGIN_H_

#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace tapline {

enum class Login : uint8_t {  // values equal tapline.v1.LoginOutcome
  kUnknown = 0,
  kSucceeded = 1,
  kFailed = 2,
};

// SASL mechanisms (IANA registry) whose client sends the password, or a token
// that does for one, as it is.
inline bool IsCleartextMechanism(absl::string_view name) {
  constexpr absl::string_view kNames[] = {"PLAIN", "LOGIN", "XOAUTH2",
                                          "OAUTHBEARER", "AMQPLAIN"};
  for (const absl::string_view known : kNames) {
    if (absl::EqualsIgnoreCase(name, known)) return true;
  }
  return false;
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_LOGIN_H_
