// A tree of commands with options: "netctl watch alerts --since 1h -o json".
//
// Wraps CLI11, whose header is heavy and which throws: both stay in one file.

#ifndef TAPLINE_COMMON_CLI_COMMAND_LINE_H_
#define TAPLINE_COMMON_CLI_COMMAND_LINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tapline {

using Choices = std::vector<std::string>;

// One command of the tree: a handle, valid as long as its CommandLine. Every
// variable given must outlive the parse and keeps its value when the option is
// not given. Options of a parent may also stand after the child's name.
class Command {
 public:
  // `help` is one sentence; `examples`, one a line, stand before the usage.
  Command Sub(const std::string& name, const std::string& help,
              const std::string& examples = "");

  // `names` as "-o,--output". A list takes repeated options and commas.
  Command& Flag(const std::string& names, bool& value, const std::string& help);
  Command& Text(const std::string& names, std::string& value,
                const std::string& help, const Choices& choices = {});
  Command& List(const std::string& names, std::vector<std::string>& value,
                const std::string& help, const Choices& choices = {});
  Command& Number(const std::string& names, uint32_t& value,
                  const std::string& help);
  Command& Numbers(const std::string& names, std::vector<uint32_t>& value,
                   const std::string& help);
  // The value is taken from the environment when the option is not given.
  Command& TextOrEnvironment(const std::string& names,
                             const std::string& variable, std::string& value,
                             const std::string& help);

  // By position, required.
  Command& Argument(const std::string& name, std::string& value,
                    const std::string& help, const Choices& choices = {});
  // One or more.
  Command& Arguments(const std::string& name, std::vector<std::string>& value,
                     const std::string& help);

  // None or one; `words` are what a shell offers, others are allowed too.
  Command& OptionalArgument(const std::string& name, std::string& value,
                            const std::string& help, const Choices& words = {});
  // None or more.
  Command& OptionalArguments(const std::string& name,
                             std::vector<std::string>& value,
                             const std::string& help);

  // What to do when this command was given; returns the exit code. A command
  // without action needs one of its subcommands.
  Command& Action(std::function<int()> action);

 private:
  friend class CommandLine;
  struct Tree;
  Command(CLI::App* app, Tree* tree) : app_(app), tree_(tree) {}

  CLI::App* app_;
  Tree* tree_;
};

// The words a shell can complete at one command.
struct CommandWords {
  struct OptionWords {
    // "-o", "--output".
    std::vector<std::string> names;
    std::string help;
    bool takes_value = false;
    Choices choices;
  };
  // From the root, without the program's name: "watch alerts".
  std::vector<std::string> path;
  std::string help;
  std::vector<std::string> subcommands;
  std::vector<OptionWords> options;
  Choices argument_choices;
};

class CommandLine {
 public:
  CommandLine(const std::string& program, const std::string& help,
              const std::string& examples, const std::string& version);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  Command root();

  // Either `action` is set and to be called, or the program ends with
  // `exit_code` after `out` went to stdout and `error` to stderr: 0 for help
  // and version, 2 for a mistake, which `error` names with a suggestion.
  struct Result {
    std::function<int()> action;
    int exit_code = 0;
    std::string out;
    std::string error;
  };
  // Without the program's name.
  Result Parse(const std::vector<std::string>& arguments);

  // Every command, parents before children.
  std::vector<CommandWords> Words() const;

 private:
  std::unique_ptr<Command::Tree> tree_;
};

// Scripts for bash, zsh and fish that complete `program`; empty for another
// shell.
std::string CompletionScript(const std::string& shell,
                             const std::string& program,
                             const std::vector<CommandWords>& words);

}  // namespace tapline

#endif  // TAPLINE_COMMON_CLI_COMMAND_LINE_H_
