// Where a pipeline puts its records.

#ifndef TAPLINE_SENSORD_JOURNAL_RECORD_SINK_H_
#define TAPLINE_SENSORD_JOURNAL_RECORD_SINK_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

class RecordSink {
 public:
  virtual ~RecordSink() = default;
  // Borrowed for the call, in order. Never blocks on a reader or a disk. Their
  // content may be moved out (a third of the cost of a copy), but not changed;
  // the messages themselves stay the caller's.
  virtual void Accept(absl::Span<v1::Record* const> records) = 0;
  // Whether somebody takes records of `kind`: else packets, flows and events
  // are counted and judged, but not made into records. Asked once a batch.
  virtual bool Wants(v1::RecordKind kind) const {
    return kind != v1::RECORD_KIND_PACKET;
  }
  // For sources that can wait, unlike a live one: true as soon as there is room
  // for room_records() of any kinds, false when `wait` is over before. Nobody
  // keeps that room free from other sources.
  virtual bool AwaitRoom(absl::Duration /*wait*/) { return true; }
  // True as soon as what was accepted before is on disk, or lost and counted,
  // which it hastens; false when `wait` is over before.
  virtual bool AwaitStored(absl::Duration /*wait*/) { return true; }
  // Records one Accept may bring after AwaitRoom and push nothing out.
  virtual size_t room_records() const { return SIZE_MAX; }
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_JOURNAL_RECORD_SINK_H_
