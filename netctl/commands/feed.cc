#include "netctl/commands/feed.h"

#include <algorithm>

#include "common/output/columns.h"

namespace tapline {

Feed::Feed(Session& session, const FeedOptions& options)
    : session_(session),
      options_(options),
      printer_(RecordColumns(options.kind), session.print_options(),
               kIdColumn) {}

bool Feed::IsRepeated(const v1::Record& record) const {
  return record.sequence() != 0 && record.epoch() == repeated_epoch_ &&
         record.sequence() <= repeated_sequence_;
}

bool Feed::OnRecord(const v1::Record& record) {
  if (IsRepeated(record)) return true;
  if (record.epoch() > epoch_) {
    epoch_ = record.epoch();
    sequence_ = 0;
  }
  if (record.epoch() == epoch_) {
    sequence_ = std::max(sequence_, record.sequence());
  }
  if (record.has_received_at()) newest_ = record.received_at();
  std::string text;
  if (!header_printed_) text = printer_.Header();
  header_printed_ = true;
  text += printer_.Item(session_.redactor().Apply(record));
  return session_.terminal().Out(text);
}

bool Feed::OnGap(const v1::Gap& gap) {
  lost_ = true;
  if (!session_.json()) {
    session_.terminal().Say(GapText(session_.redactor().Apply(gap)));
    return true;
  }
  v1::Record record;
  *record.mutable_gap() = gap;
  return session_.terminal().Out(
      JsonLine(session_.redactor().Apply(std::move(record))));
}

bool Feed::OnCheckpoint(const v1::Checkpoint& checkpoint) {
  cursor_ = checkpoint.cursor();
  if (!session_.json() || !options_.checkpoints) return true;
  v1::Record record;
  *record.mutable_checkpoint() = checkpoint;
  return session_.terminal().Out(
      JsonLine(session_.redactor().Apply(std::move(record))));
}

void Feed::Resume(v1::WatchRange& range) {
  // What came behind the checkpoint comes again.
  repeated_epoch_ = epoch_;
  repeated_sequence_ = sequence_;
  if (!cursor_.empty()) {
    range.set_cursor(cursor_);
    range.clear_last();
    range.mutable_range()->clear_since();
    return;
  }
  range.clear_cursor();
  if (newest_.seconds() == 0) return;
  *range.mutable_range()->mutable_since() = newest_;
  range.clear_last();
}

}  // namespace tapline
