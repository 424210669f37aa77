// The kind of a record by its arm.

#ifndef TAPLINE_COMMON_SCHEMA_RECORD_KIND_H_
#define TAPLINE_COMMON_SCHEMA_RECORD_KIND_H_

#include "tapline/v1/record.pb.h"

namespace tapline {

// UNSPECIFIED for gaps, checkpoints, summaries and empty records.
inline v1::RecordKind KindOf(const v1::Record& record) {
  switch (record.record_case()) {
    case v1::Record::kAlert:
      return v1::RECORD_KIND_ALERT;
    case v1::Record::kFlow:
      return v1::RECORD_KIND_FLOW;
    case v1::Record::kEvent:
      return v1::RECORD_KIND_EVENT;
    case v1::Record::kPacket:
      return v1::RECORD_KIND_PACKET;
    case v1::Record::kStats:
      return v1::RECORD_KIND_STATS;
    default:
      return v1::RECORD_KIND_UNSPECIFIED;
  }
}

}  // namespace tapline

#endif  // TAPLINE_COMMON_SCHEMA_RECORD_KIND_H_
