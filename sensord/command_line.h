// The arguments of sensord.

#ifndef TAPLINE_SENSORD_COMMAND_LINE_H_
#define TAPLINE_SENSORD_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "sensord/analyze/analyze.h"

namespace tapline {

struct CommandLine {
  enum class Command { kDaemon, kAnalyze };
  Command command = Command::kDaemon;

  // The file named, or the usual one when it exists; empty: defaults.
  std::string config_file;
  // "path=value" for PolicyStoreOptions::flags.
  std::vector<std::string> settings;
  // Check the configuration and end.
  bool check = false;
  bool allow_insecure_loopback = false;
  // Serve, but do not capture until asked to.
  bool no_capture = false;

  // Payload is not read; for kDaemon among `settings`.
  bool no_dpi = false;
  // For kAnalyze; its policy and filter are still to be filled.
  AnalyzeOptions analyze;
  // The expression; empty for none.
  std::string filter;
  // Say what the filter means, and end.
  bool explain_filter = false;
};

// Fills `out`. Returns -1 to go on, else the exit status: 0 after --help or
// --version, 2 for wrong usage (said on stderr).
int ParseCommandLine(int argc, char** argv, CommandLine& out);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_COMMAND_LINE_H_
