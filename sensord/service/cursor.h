// Where a watch stands, in a form that clients keep: it outlives the daemon.

#ifndef TAPLINE_SENSORD_SERVICE_CURSOR_H_
#define TAPLINE_SENSORD_SERVICE_CURSOR_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

// Everything of `kind` up to and with `sequence` of `epoch` was delivered.
struct Cursor {
  v1::RecordKind kind = v1::RECORD_KIND_UNSPECIFIED;
  uint64_t epoch = 0;
  uint64_t sequence = 0;
};

//   cursor = base64url( "1." kind "." epoch "." sequence "." check )
//   check  = first 8 hex digits of SHA-256(sensor_id "." the text before)
//
// A checksum against mistakes, not a secret: a cursor gives no right.
std::string CursorToText(const Cursor& cursor, absl::string_view sensor_id);
// InvalidArgument: CURSOR_INVALID: damaged, of another kind or another sensor.
absl::StatusOr<Cursor> CursorFromText(absl::string_view text,
                                      v1::RecordKind kind,
                                      absl::string_view sensor_id);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_CURSOR_H_
