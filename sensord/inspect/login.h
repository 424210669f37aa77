// What the events of a flow say about logins, whatever the protocol.

#ifndef TAPLINE_SENSORD_INSPECT_LOGIN_H_
#define TAPLINE_SENSORD_INSPECT_LOGIN_H_

#include <cstdint>
#include <vector>

#include "tapline/v1/event.pb.h"
#include "tapline/v1/login.pb.h"

namespace tapline {

struct Login {
  v1::LoginOutcome outcome = v1::LOGIN_OUTCOME_UNSPECIFIED;
  // As the message counts them, from the beginning of the flow.
  uint64_t failures = 0;
  // Everybody on the way could read the password.
  bool cleartext = false;
};

// Of any protocol whose message tells of one (login.proto).
Login LoginOf(const v1::Event& event);

struct Logins {
  // Refused ones: as messages count them, of those that do not count one each.
  uint64_t failed = 0;
  bool succeeded = false;
};

// Of all events of a flow.
Logins LoginsOf(const std::vector<const v1::Event*>& events);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_LOGIN_H_
