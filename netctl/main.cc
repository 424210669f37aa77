// netctl: watches and controls a sensor from the command line.

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "netctl/commands/commands.h"

namespace {

// SIGINT and SIGTERM end calls in an orderly way; a second one ends the
// process.
void WatchSignals(tapline::Interrupt& interrupt, const sigset_t& signals) {
  std::thread([&interrupt, signals] {
    int number = 0;
    sigwait(&signals, &number);
    interrupt.Set();
    sigwait(&signals, &number);
    _exit(tapline::kExitInterrupted);
  }).detach();
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  // Static: the signal thread may outlive main.
  static tapline::Interrupt interrupt;
  WatchSignals(interrupt, signals);
  tapline::Terminal terminal(STDOUT_FILENO, STDERR_FILENO);
  return tapline::RunNetctl(std::vector<std::string>(argv + 1, argv + argc),
                            terminal, interrupt);
}
