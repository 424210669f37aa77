#include "sensord/store/row_record.h"

#include "absl/strings/str_cat.h"
#include "sensord/store/schema.h"

namespace tapline {
namespace {

constexpr int kBlob = 4;

constexpr int kFirstRecord = 7;
constexpr int kAckAt = 8;
constexpr int kAckBy = 9;
constexpr int kNote = 10;

void FillAcknowledgement(const Statement& row, v1::Alert& alert) {
  if (row.IsNull(kAckAt)) return;
  alert.set_acknowledged(true);
  *alert.mutable_acknowledged_at() = TimeOfNanos(row.Int(kAckAt));
  alert.set_acknowledged_by(std::string(row.Text(kAckBy)));
  alert.set_note(std::string(row.Text(kNote)));
}

}  // namespace

std::string RowColumns(v1::RecordKind kind) {
  std::string columns = "row,received_at,observed_at,id,record";
  if (InAlertFile(kind)) {
    absl::StrAppend(&columns,
                    ",epoch,sequence,first_record,ack_at,ack_by,note");
  }
  return columns;
}

absl::StatusOr<v1::Record> RecordOfRow(v1::RecordKind kind,
                                       const Statement& row, bool raised) {
  v1::Record record;
  const bool alert = InAlertFile(kind);
  const bool first = alert && raised && !row.IsNull(kFirstRecord);
  const absl::string_view blob = row.Blob(first ? kFirstRecord : kBlob);
  if (!record.ParseFromArray(blob.data(), static_cast<int>(blob.size()))) {
    return absl::DataLossError(absl::StrCat(TableOf(kind), ": row ",
                                            row.Int(kRowKey), " is no record"));
  }
  if (alert) FillAcknowledgement(row, *record.mutable_alert());
  return record;
}

google::protobuf::Timestamp TimeOfNanos(int64_t nanos) {
  google::protobuf::Timestamp time;
  int64_t seconds = nanos / 1'000'000'000;
  int64_t rest = nanos % 1'000'000'000;
  if (rest < 0) {
    rest += 1'000'000'000;
    --seconds;
  }
  time.set_seconds(seconds);
  time.set_nanos(static_cast<int32_t>(rest));
  return time;
}

}  // namespace tapline
