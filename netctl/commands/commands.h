// netctl as a function: arguments in, exit code out.

#ifndef TAPLINE_NETCTL_COMMANDS_COMMANDS_H_
#define TAPLINE_NETCTL_COMMANDS_COMMANDS_H_

#include <string>
#include <vector>

#include "common/cli/command_line.h"
#include "netctl/commands/session.h"

namespace tapline {

inline constexpr char kNetctlVersion[] = "0.1.0";

#define TAPLINE_COMMAND(Name) void Add##Name(Command& root, Session& session);
#include "netctl/commands/commands.def"
#undef TAPLINE_COMMAND

// `arguments` without the program's name. Writes only to the terminal.
int RunNetctl(const std::vector<std::string>& arguments, Terminal& terminal,
              Interrupt& interrupt);

}  // namespace tapline

#endif  // TAPLINE_NETCTL_COMMANDS_COMMANDS_H_
