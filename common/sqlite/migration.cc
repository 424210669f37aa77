#include "common/sqlite/migration.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"

namespace tapline {
namespace {

// A copy appears whole or not at all.
absl::Status CopyTo(Database& database, const std::string& copy) {
  const std::string part = absl::StrCat(copy, ".part");
  unlink(part.c_str());
  const int fd = open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0) close(fd);
  ASSIGN_OR_RETURN(Statement vacuum, database.Prepare("VACUUM INTO ?"));
  vacuum.Bind(1, part);
  RETURN_IF_ERROR(vacuum.Run());
  if (rename(part.c_str(), copy.c_str()) != 0) {
    return absl::InternalError(absl::StrCat(copy, ": cannot be renamed to"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Migrate(Database& database,
                     absl::Span<const Migration> migrations) {
  const int newest = migrations.empty() ? 0 : migrations.back().version;
  ASSIGN_OR_RETURN(const int64_t current,
                   database.QueryInt("PRAGMA user_version"));
  if (current > newest) {
    return absl::FailedPreconditionError(
        absl::StrCat(database.path(), ": schema version ", current,
                     " was written by a newer program, this one knows ", newest,
                     ": use that program, or move the file away"));
  }
  if (current > 0 && current < newest) {
    RETURN_IF_ERROR(
        CopyTo(database, absl::StrCat(database.path(), ".before-v", newest)));
  }
  for (const Migration& migration : migrations) {
    if (migration.version <= current) continue;
    ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database));
    RETURN_IF_ERROR(database.Execute(migration.sql));
    RETURN_IF_ERROR(database.Execute(
        absl::StrCat("PRAGMA user_version=", migration.version)));
    RETURN_IF_ERROR(transaction.Commit());
  }
  return absl::OkStatus();
}

}  // namespace tapline
