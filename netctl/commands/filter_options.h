// The filter of a watch or list.

#ifndef TAPLINE_NETCTL_COMMANDS_FILTER_OPTIONS_H_
#define TAPLINE_NETCTL_COMMANDS_FILTER_OPTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "common/cli/command_line.h"
#include "netctl/commands/session.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

class FilterOptions {
 public:
  // --filter, --explain-filter, and an expression after the command's name.
  void AddTo(Command& command);

  // What was given, all of it together; empty for nothing.
  std::string Text() const;

  // With --explain-filter says what the filter means, and gives the exit code;
  // nothing without. A filter that can match nothing of `kind` is remarked on.
  std::optional<int> Explain(Session& session, v1::RecordKind kind) const;

  // As Session::Fail, with a mark where the filter is wrong.
  int Fail(Session& session, const grpc::Status& status) const;

 private:
  std::string filter_;
  // As the shell split them.
  std::vector<std::string> words_;
  bool explain_ = false;
};

}  // namespace tapline

#endif  // TAPLINE_NETCTL_COMMANDS_FILTER_OPTIONS_H_
