// One canonical beginning of every protocol that is known by its content.

#ifndef TAPLINE_TESTS_SENSORD_ANALYZERS_OPENINGS_H_
#define TAPLINE_TESTS_SENSORD_ANALYZERS_OPENINGS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sensord/event/protocol.h"

namespace tapline::testing {

struct OpeningRow {
  Protocol protocol;
  // 6 or 17.
  uint8_t transport;
  uint16_t port;
  // What is sent first, by the client unless `server_first`.
  std::string bytes;
  bool server_first = false;
};

std::vector<OpeningRow> Openings();

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_ANALYZERS_OPENINGS_H_
