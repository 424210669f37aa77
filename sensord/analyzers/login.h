// How an attempt to log in ended.

#ifndef TAPLINE_SENSORD_ANALYZERS_LOGIN_H_
#define TAPLINE_SENSORD_ANALYZERS_LOGIN_H_

#include <cstdint>

namespace tapline {

enum class Login : uint8_t {  // values equal tapline.v1.LoginOutcome
  kUnknown = 0,
  kSucceeded = 1,
  kFailed = 2,
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_LOGIN_H_
