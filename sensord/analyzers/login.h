// How an attempt to log in ended, and who could read its secret.

#ifndef TAPLINE_SENSORD_ANALYZERS_LOGIN_H_
#define TAPLINE_SENSORD_ANALYZERS_LOGIN_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace tapline {

enum class Login : uint8_t {  // values equal tapline.v1.LoginOutcome
  kUnknown = 0,
  kSucceeded = 1,
  kFailed = 2,
};

// What an attempt to log in says its SASL mechanism is: the name, upper case,
// when it is one of the IANA registry of SASL mechanisms or of those in wide
// use beside it; "OTHER" for what is none, as it may be the secret itself.
// Empty stays empty. `name` is in any case.
std::string SaslMechanism(absl::string_view name);

// True for a mechanism whose client sends the password, or a token that does
// for one, as it is.
bool IsCleartextMechanism(absl::string_view name);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_LOGIN_H_
