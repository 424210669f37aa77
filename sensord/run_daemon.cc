#include <cstdio>

#include "sensord/daemon.h"

namespace tapline {

int RunDaemon(const CommandLine&) {
  std::fprintf(stderr, "sensord: the daemon is not wired yet\n");
  return 1;
}

}  // namespace tapline
