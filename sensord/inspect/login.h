// What the events of a flow say about logins, whatever the protocol.

#ifndef TAPLINE_SENSORD_INSPECT_LOGIN_H_
#define TAPLINE_SENSORD_INSPECT_LOGIN_H_

#include <cstdint>

#include "tapline/v1/event.pb.h"
#include "tapline/v1/login.pb.h"

namespace tapline {

struct Login {
  v1::LoginOutcome outcome = v1::LOGIN_OUTCOME_UNSPECIFIED;
  // As the message counts them; of a refusal that counts none, one.
  uint64_t failures = 0;
  // Everybody on the way could read the password.
  bool cleartext = false;
};

// Of any protocol whose message tells of one (login.proto).
Login LoginOf(const v1::Event& event);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_LOGIN_H_
