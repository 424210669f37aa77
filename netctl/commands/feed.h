// One watch: prints what arrives, remembers where to go on.

#ifndef TAPLINE_NETCTL_COMMANDS_FEED_H_
#define TAPLINE_NETCTL_COMMANDS_FEED_H_

#include <cstdint>
#include <string>

#include "common/output/printer.h"
#include "netctl/commands/session.h"
#include "tapline/v1/observe_service.pb.h"

namespace tapline {

struct FeedOptions {
  v1::RecordKind kind = v1::RECORD_KIND_UNSPECIFIED;
  // Checkpoints appear in JSON.
  bool checkpoints = true;
};

class Feed {
 public:
  // `session` must outlive the feed.
  Feed(Session& session, const FeedOptions& options);

  // Each false when nobody reads the output any more.
  bool OnRecord(const v1::Record& record);
  bool OnGap(const v1::Gap& gap);
  bool OnCheckpoint(const v1::Checkpoint& checkpoint);
  // Records may be missing for a reason the sensor did not count.
  void OnUncounted() { lost_ = true; }

  // Where to go on after a broken connection: from the newest checkpoint, or
  // from the newest record's time, or as before. What was printed is not
  // printed again.
  void Resume(v1::WatchRange& range);
  // Forgets the cursor, which the sensor does not know.
  void DropCursor() { cursor_.clear(); }
  bool has_cursor() const { return !cursor_.empty(); }
  bool lost() const { return lost_; }

 private:
  bool IsRepeated(const v1::Record& record) const;

  Session& session_;
  const FeedOptions options_;
  const Printer<v1::Record> printer_;
  bool header_printed_ = false;
  bool lost_ = false;
  std::string cursor_;
  // Largest sequence of the newest epoch, and what it was when the watch was
  // resumed: up to there records come again.
  uint64_t epoch_ = 0;
  uint64_t sequence_ = 0;
  uint64_t repeated_epoch_ = 0;
  uint64_t repeated_sequence_ = 0;
  google::protobuf::Timestamp newest_;
};

}  // namespace tapline

#endif  // TAPLINE_NETCTL_COMMANDS_FEED_H_
