// A plain request and response of HTTP/1 for tests, and what is told of such.

#ifndef TAPLINE_TESTS_SENSORD_ANALYZERS_HTTP_BYTES_H_
#define TAPLINE_TESTS_SENSORD_ANALYZERS_HTTP_BYTES_H_

#include <vector>

#include "tests/support/conversation.h"

namespace tapline::testing {

inline constexpr char kGet[] = "GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n";
inline constexpr char kOk[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

inline std::vector<int> Statuses(const Conversation& c) {
  std::vector<int> statuses;
  for (const v1::Event& e : c.Events()) {
    statuses.push_back(static_cast<int>(e.http().status()));
  }
  return statuses;
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_ANALYZERS_HTTP_BYTES_H_
