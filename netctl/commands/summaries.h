// `list conversations`, `list protocols`, `list packets`.

#ifndef TAPLINE_NETCTL_COMMANDS_SUMMARIES_H_
#define TAPLINE_NETCTL_COMMANDS_SUMMARIES_H_

#include <vector>

#include "common/cli/command_line.h"
#include "common/output/printer.h"
#include "netctl/commands/session.h"
#include "tapline/v1/conversation.pb.h"

namespace tapline {

void AddSummaries(Command& list, Session& session);

std::vector<Column<v1::Conversation>> ConversationColumns();

}  // namespace tapline

#endif  // TAPLINE_NETCTL_COMMANDS_SUMMARIES_H_
