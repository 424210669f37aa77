// Where a pipeline puts its records.

#ifndef TAPLINE_SENSORD_JOURNAL_RECORD_SINK_H_
#define TAPLINE_SENSORD_JOURNAL_RECORD_SINK_H_

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

class RecordSink {
 public:
  virtual ~RecordSink() = default;
  // Borrowed for the call, in order. Never blocks on a reader or a disk. The
  // content of records that are not on an arena may be moved out (a third of
  // the cost of a copy); the messages themselves stay the caller's.
  virtual void Accept(absl::Span<v1::Record* const> records) = 0;
  // Whether records of the kind are wanted at all now (packets only while
  // somebody watches): others are counted but not built. Asked once a batch.
  virtual bool Wants(v1::RecordKind kind) const = 0;
  // Whether it keeps what it is given: then records are made off any arena.
  // Constant.
  virtual bool Keeps() const { return false; }
  // For sources that can wait, unlike a live one: returns true as soon as what
  // was accepted leaves room for a batch, false when `wait` is over before.
  virtual bool AwaitRoom(absl::Duration /*wait*/) { return true; }
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_JOURNAL_RECORD_SINK_H_
