// The two ways sensord runs.

#ifndef TAPLINE_SENSORD_DAEMON_H_
#define TAPLINE_SENSORD_DAEMON_H_

#include "sensord/command_line.h"

namespace tapline {

// Both return the exit status: 0, 1 for a failure, 2 for a bad configuration;
// reasons are on stderr.
int RunAnalyze(const CommandLine& args);
// Until SIGTERM or SIGINT; SIGHUP reads the configuration again.
int RunDaemon(const CommandLine& args);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DAEMON_H_
