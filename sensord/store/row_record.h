// From a row of a record table back to the Record.

#ifndef TAPLINE_SENSORD_STORE_ROW_RECORD_H_
#define TAPLINE_SENSORD_STORE_ROW_RECORD_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "common/sqlite/database.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

// The columns RecordOfRow reads, in order, for a SELECT: row, received_at,
// observed_at, id, record; of alerts six more.
std::string RowColumns(v1::RecordKind kind);
inline constexpr int kRowKey = 0;
inline constexpr int kRowReceivedAt = 1;
inline constexpr int kRowObservedAt = 2;
inline constexpr int kRowId = 3;
inline constexpr int kRowColumns = 5;
inline constexpr int kAlertRowColumns = 11;

// Of an alert its newest revision, or with `raised` the first one; with its
// acknowledgement. DataLoss: the blob is no record.
absl::StatusOr<v1::Record> RecordOfRow(v1::RecordKind kind,
                                       const Statement& row, bool raised);

google::protobuf::Timestamp TimeOfNanos(int64_t nanos);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STORE_ROW_RECORD_H_
