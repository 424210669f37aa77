#include "common/sqlite/status_of.h"

#include <sqlite3.h>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/sqlite/database.h"

namespace tapline {
namespace {

constexpr char kPayload[] = "tapline/sqlite-code";

absl::StatusCode CodeOf(int primary) {
  switch (primary) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::StatusCode::kUnavailable;
    case SQLITE_FULL:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_CONSTRAINT:
      return absl::StatusCode::kAlreadyExists;
    case SQLITE_INTERRUPT:
      return absl::StatusCode::kCancelled;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

absl::Status SqliteStatus(int code, const std::string& text) {
  const int primary = code & 0xff;
  absl::Status status(CodeOf(primary), absl::StrCat("sqlite: ", text));
  status.SetPayload(kPayload, absl::Cord(absl::StrCat(primary)));
  return status;
}

int SqliteCode(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  int code = 0;
  if (!payload.has_value() || !absl::SimpleAtoi(std::string(*payload), &code)) {
    return 0;
  }
  return code;
}

}  // namespace tapline
