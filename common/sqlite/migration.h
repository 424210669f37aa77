// Schema versions of a database file (PRAGMA user_version).

#ifndef TAPLINE_COMMON_SQLITE_MIGRATION_H_
#define TAPLINE_COMMON_SQLITE_MIGRATION_H_

#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/sqlite/database.h"

namespace tapline {

// Takes a file from version `version - 1` to `version`; they count from 1.
struct Migration {
  int version;
  const char* sql;
};

// Brings the file to the newest of `migrations` (ascending, without holes),
// each step in a transaction of its own with its version, so that a crash
// leaves one version or the next. A file that has a version already is first
// copied to PATH.before-v<newest>; that copy is the way back.
// FailedPrecondition: the file's version is newer than all of them.
absl::Status Migrate(Database& database,
                     absl::Span<const Migration> migrations);

}  // namespace tapline

#endif  // TAPLINE_COMMON_SQLITE_MIGRATION_H_
