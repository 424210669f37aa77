// From exceptions to Status.

#ifndef TAPLINE_COMMON_SQLITE_STATUS_OF_H_
#define TAPLINE_COMMON_SQLITE_STATUS_OF_H_

#include <SQLiteCpp/Exception.h>

#include <exception>
#include <string>
#include <utility>

#include "absl/status/status.h"

namespace tapline {

// `code` is a primary or extended result code.
absl::Status SqliteStatus(int code, const std::string& text);

// Runs `body`, which returns an absl::Status or StatusOr, and turns what it
// throws into one.
template <typename Body>
auto CatchSqlite(Body&& body) -> decltype(body()) {
  try {
    return std::forward<Body>(body)();
  } catch (const SQLite::Exception& error) {
    return SqliteStatus(error.getExtendedErrorCode() > 0
                            ? error.getExtendedErrorCode()
                            : error.getErrorCode(),
                        error.what());
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

}  // namespace tapline

#endif  // TAPLINE_COMMON_SQLITE_STATUS_OF_H_
