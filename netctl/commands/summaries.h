// `list conversations`, `list protocols`, `list packets`.

#ifndef TAPLINE_NETCTL_COMMANDS_SUMMARIES_H_
#define TAPLINE_NETCTL_COMMANDS_SUMMARIES_H_

#include "common/cli/command_line.h"
#include "netctl/commands/session.h"

namespace tapline {

void AddSummaries(Command& list, Session& session);

}  // namespace tapline

#endif  // TAPLINE_NETCTL_COMMANDS_SUMMARIES_H_
