// sensord: wiring only.

#include "sensord/command_line.h"
#include "sensord/daemon.h"

int main(int argc, char** argv) {
  tapline::CommandLine args;
  const int status = tapline::ParseCommandLine(argc, argv, args);
  if (status >= 0) return status;
  return args.command == tapline::CommandLine::Command::kAnalyze
             ? tapline::RunAnalyze(args)
             : tapline::RunDaemon(args);
}
