#include "netctl/commands/commands.h"

#include <memory>

namespace tapline {
namespace {

constexpr char kExamples[] =
    "netctl status\n"
    "netctl watch alerts\n"
    "netctl list alerts --since 24h --severity high -o json\n"
    "netctl start capture -i eth0 --bpf 'not port 22'";

void AddGlobals(Command& root, Globals& globals) {
  root.TextOrEnvironment("--address", "NETCTL_ADDRESS", globals.address,
                         "Sensor: unix:///path or loopback host:port");
  root.Text(
      "-o,--output", globals.output, "Output format",
      {"table", "wide", "json", "jsonl", "csv", "yaml", "compact", "name"});
  root.Text("--color", globals.color, "Colour of tables",
            {"auto", "always", "never"});
  root.Text("--timeout", globals.timeout, "Deadline of a single call");
  root.Flag("--no-headers", globals.no_headers, "Tables without titles");
}

// Completion needs the whole tree, so it is added here.
void AddCompletion(CommandLine& line, Session& session) {
  Command root = line.root();
  auto shell = std::make_shared<std::string>();
  root.Sub("completion", "Print a completion script for a shell",
           "netctl completion bash > /etc/bash_completion.d/netctl")
      .Argument("SHELL", *shell, "bash, zsh or fish", {"bash", "zsh", "fish"})
      .Action([shell, &line, &session] {
        return session.Print(CompletionScript(*shell, "netctl", line.Words()));
      });
}

}  // namespace

int RunNetctl(const std::vector<std::string>& arguments, Terminal& terminal,
              Interrupt& interrupt) {
  Session session(terminal, interrupt);
  CommandLine line("netctl", "Watch and control a tapline sensor", kExamples,
                   kNetctlVersion);
  Command root = line.root();
  AddGlobals(root, session.globals());
#define TAPLINE_COMMAND(Name) Add##Name(root, session);
#include "netctl/commands/commands.def"
#undef TAPLINE_COMMAND
  AddCompletion(line, session);

  const CommandLine::Result result = line.Parse(arguments);
  if (!result.action) {
    terminal.Out(result.out);
    terminal.Err(result.error);
    return result.exit_code;
  }
  const absl::Status ready = session.Prepare();
  if (!ready.ok()) return session.FailUsage(ready.message());
  const int code = result.action();
  return interrupt.IsSet() ? kExitInterrupted : code;
}

}  // namespace tapline
