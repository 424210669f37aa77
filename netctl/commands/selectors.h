// Options that choose records and times.

#ifndef TAPLINE_NETCTL_COMMANDS_SELECTORS_H_
#define TAPLINE_NETCTL_COMMANDS_SELECTORS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "common/cli/command_line.h"
#include "google/protobuf/duration.pb.h"
#include "tapline/v1/selector.pb.h"

namespace tapline {

// "10m", "24h", "7d": that long before `now`; "now"; RFC 3339.
// InvalidArgument: none of these.
absl::StatusOr<absl::Time> ParseMoment(absl::string_view text, absl::Time now);

google::protobuf::Duration ToDuration(absl::Duration duration);

class SelectorOptions {
 public:
  // `alerts` adds what only alerts have.
  void AddTo(Command& command, bool alerts);
  absl::StatusOr<v1::Selector> Build() const;

 private:
  std::string severity_;
  std::vector<std::string> rules_;
  std::vector<std::string> addresses_;
  std::vector<std::string> sources_;
  std::vector<std::string> targets_;
  std::vector<uint32_t> ports_;
  std::vector<std::string> protocols_;
  std::vector<std::string> source_ids_;
  bool unacknowledged_ = false;
};

// Names one record.
struct RecordName {
  std::string id;
  std::string source_id;

  void AddTo(Command& command);
  template <typename Request>
  void Fill(Request& request) const {
    request.set_id(absl::AsciiStrToLower(id));
    request.set_source_id(source_id);
  }
};

class RangeOptions {
 public:
  void AddTo(Command& command);
  absl::StatusOr<v1::TimeRange> Build(absl::Time now) const;
  bool has_until() const { return !until_.empty(); }

 private:
  std::string since_;
  std::string until_;
};

}  // namespace tapline

#endif  // TAPLINE_NETCTL_COMMANDS_SELECTORS_H_
