#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/cli/command_line.h"

namespace tapline {
namespace {

using OptionWords = CommandWords::OptionWords;

std::string PathText(const CommandWords& words) {
  return absl::StrJoin(words.path, " ");
}

// Options of a command and of all above it.
std::vector<OptionWords> AllOptions(const CommandWords& words,
                                    const std::vector<CommandWords>& all) {
  std::vector<OptionWords> options;
  for (const CommandWords& other : all) {
    const bool above =
        other.path.size() <= words.path.size() &&
        std::equal(other.path.begin(), other.path.end(), words.path.begin());
    if (!above) continue;
    options.insert(options.end(), other.options.begin(), other.options.end());
  }
  return options;
}

// Quotes of help texts would end the quotes of the script.
std::string Quoted(const std::string& text) {
  return absl::StrCat(
      "'", absl::StrReplaceAll(text, {{"'", ""}, {"\\", ""}, {"\n", " "}}),
      "'");
}

// One `case` over the command path gives the words, one over the option before
// gives its values.
std::string BashScript(const std::string& program,
                       const std::vector<CommandWords>& all) {
  std::string words;
  std::string values;
  for (const CommandWords& command : all) {
    std::vector<std::string> list = command.subcommands;
    list.insert(list.end(), command.argument_choices.begin(),
                command.argument_choices.end());
    for (const OptionWords& option : AllOptions(command, all)) {
      list.insert(list.end(), option.names.begin(), option.names.end());
    }
    absl::StrAppend(&words, "    \"", PathText(command), "\") words=\"",
                    absl::StrJoin(list, " "), "\" ;;\n");
    for (const OptionWords& option : command.options) {
      if (option.choices.empty()) continue;
      absl::StrAppend(&values, "    ", absl::StrJoin(option.names, "|"),
                      ") COMPREPLY=($(compgen -W \"",
                      absl::StrJoin(option.choices, " "),
                      "\" -- \"$word\")); return ;;\n");
    }
  }
  std::vector<std::string> paths;
  for (const CommandWords& command : all) {
    if (!command.path.empty()) {
      paths.push_back(absl::StrCat("\"", PathText(command), "\""));
    }
  }
  return absl::StrCat(
      "# bash completion of ", program, "\n_", program, "() {\n",
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" path=\"\" words=\"\" i try\n",
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n",
      "    try=\"${path:+$path }${COMP_WORDS[i]}\"\n", "    case \"$try\" in ",
      absl::StrJoin(paths, "|"), ") path=\"$try\" ;; esac\n", "  done\n",
      "  case \"${COMP_WORDS[COMP_CWORD-1]}\" in\n", values, "  esac\n",
      "  case \"$path\" in\n", words, "  esac\n",
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n", "}\n",
      "complete -o default -F _", program, " ", program, "\n");
}

std::string ZshScript(const std::string& program,
                      const std::vector<CommandWords>& all) {
  return absl::StrCat("#compdef ", program,
                      "\nautoload -U +X bashcompinit && bashcompinit\n",
                      BashScript(program, all));
}

std::string FishScript(const std::string& program,
                       const std::vector<CommandWords>& all) {
  std::string out = absl::StrCat("# fish completion of ", program, "\n",
                                 "complete -c ", program, " -f\n");
  for (const CommandWords& command : all) {
    std::string condition;
    for (const std::string& word : command.path) {
      absl::StrAppend(&condition, condition.empty() ? "" : "; and ",
                      "__fish_seen_subcommand_from ", word);
    }
    if (condition.empty()) condition = "true";
    const std::string begin =
        absl::StrCat("complete -c ", program, " -n '", condition);
    const std::string not_yet =
        command.subcommands.empty()
            ? ""
            : absl::StrCat("; and not __fish_seen_subcommand_from ",
                           absl::StrJoin(command.subcommands, " "));
    std::vector<std::string> words = command.subcommands;
    words.insert(words.end(), command.argument_choices.begin(),
                 command.argument_choices.end());
    if (!words.empty()) {
      absl::StrAppend(&out, begin, not_yet, "' -a '", absl::StrJoin(words, " "),
                      "'\n");
    }
    for (const OptionWords& option : command.options) {
      absl::StrAppend(&out, begin, "'");
      for (const std::string& name : option.names) {
        const bool is_long = name.size() > 2;
        absl::StrAppend(&out, is_long ? " -l " : " -s ",
                        name.substr(is_long ? 2 : 1));
      }
      if (option.takes_value) absl::StrAppend(&out, " -x");
      if (!option.choices.empty()) {
        absl::StrAppend(&out, " -a '", absl::StrJoin(option.choices, " "), "'");
      }
      absl::StrAppend(&out, " -d ", Quoted(option.help), "\n");
    }
  }
  return out;
}

}  // namespace

std::string CompletionScript(const std::string& shell,
                             const std::string& program,
                             const std::vector<CommandWords>& words) {
  if (shell == "bash") return BashScript(program, words);
  if (shell == "zsh") return ZshScript(program, words);
  if (shell == "fish") return FishScript(program, words);
  return "";
}

}  // namespace tapline
