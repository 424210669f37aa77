// FileLane's retention: by age per kind, by size per file.

#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "sensord/store/file_lane.h"
#include "sensord/store/schema.h"

namespace tapline {
namespace {

// Rows one step removes: a few tens of milliseconds.
constexpr int64_t kStepRows = 4000;
constexpr int64_t kStepPages = 500;

absl::Duration KeepOf(const v1::StoreConfig& config, v1::RecordKind kind) {
  const google::protobuf::Duration* keep = &config.keep_alerts();
  if (kind == v1::RECORD_KIND_FLOW) keep = &config.keep_flows();
  if (kind == v1::RECORD_KIND_EVENT) keep = &config.keep_events();
  if (kind == v1::RECORD_KIND_STATS) keep = &config.keep_stats();
  return absl::Seconds(keep->seconds()) + absl::Nanoseconds(keep->nanos());
}

}  // namespace

absl::StatusOr<v1::RecordKind> FileLane::OldestKind() {
  v1::RecordKind oldest = kinds_.front();
  int64_t oldest_at = INT64_MAX;
  for (v1::RecordKind kind : kinds_) {
    ASSIGN_OR_RETURN(const int64_t at,
                     file_->database().QueryInt(
                         absl::StrCat("SELECT received_at FROM ", TableOf(kind),
                                      " ORDER BY received_at LIMIT 1"),
                         INT64_MAX));
    if (at < oldest_at) {
      oldest_at = at;
      oldest = kind;
    }
  }
  return oldest;
}

absl::StatusOr<bool> FileLane::TrimStep(const v1::StoreConfig& config) {
  bool more = false;
  for (v1::RecordKind kind : kinds_) {
    const absl::Duration keep = KeepOf(config, kind);
    if (keep <= absl::ZeroDuration()) continue;
    ASSIGN_OR_RETURN(const int64_t removed,
                     file_->Trim(kind, clock_.Now() - keep, kStepRows));
    TellRemoved(removed);
    more = more || removed == kStepRows;
  }
  const int64_t max_bytes = int64_t{config.max_mebibytes()} << 20;
  if (max_bytes == 0) return more;
  ASSIGN_OR_RETURN(const int64_t used, file_->UsedBytes());
  // The free pages left are what the next batches go into, so the file itself
  // stays below its bound.
  if (used > max_bytes - max_bytes / 20) {
    ASSIGN_OR_RETURN(const v1::RecordKind kind, OldestKind());
    ASSIGN_OR_RETURN(
        const int64_t removed,
        file_->Trim(kind, absl::FromUnixNanos(INT64_MAX), kStepRows));
    TellRemoved(removed);
    more = more || removed == kStepRows;
  }
  RETURN_IF_ERROR(file_->Shrink(max_bytes, kStepPages));
  return more;
}

}  // namespace tapline
