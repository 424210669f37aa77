#include "common/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

namespace tapline {
namespace {

constexpr int kUsageError = 2;

// Lists a subcommand by the first sentence of its help alone.
class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_subcommand(const CLI::App* sub) const override {
    const std::string text = sub->get_description();
    std::stringstream out;
    CLI::detail::format_help(out, sub->get_display_name(true),
                             text.substr(0, text.find('\n')),
                             get_column_width());
    return out.str();
  }

  // Options of the program stand after its commands, too.
  std::string make_footer(const CLI::App* app) const override {
    const std::string footer = CLI::Formatter::make_footer(app);
    const CLI::App* root = app;
    while (root->get_parent() != nullptr) root = root->get_parent();
    if (root == app) return footer;
    const auto options = root->get_options([](const CLI::Option* option) {
      return option->nonpositional() && option->get_name() != "--help" &&
             option->get_name() != "--version";
    });
    if (options.empty()) return footer;
    return make_group("Options of every command", false, options) + footer;
  }
};

// Levenshtein distance; the words are short.
size_t Distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1,
                         diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

// The word closest to `wrong` if it is close enough to have been meant.
std::string Closest(const std::string& wrong,
                    const std::vector<std::string>& words) {
  std::string best;
  size_t least = std::max<size_t>(wrong.size() / 3, 1) + 1;
  for (const std::string& word : words) {
    const size_t distance = Distance(wrong, word);
    if (distance < least) {
      least = distance;
      best = word;
    }
  }
  return best;
}

// The last command that was given.
const CLI::App* Deepest(const CLI::App* app) {
  for (;;) {
    const auto given = app->get_subcommands();
    if (given.empty()) return app;
    app = given.back();
  }
}

std::string PathOf(const CLI::App* app) {
  std::string path;
  for (; app != nullptr; app = app->get_parent()) {
    path = app->get_name() + (path.empty() ? "" : " ") + path;
  }
  return path;
}

void AddNames(const CLI::App* app, bool options,
              std::vector<std::string>& words) {
  if (!options) {
    for (const CLI::App* sub : app->get_subcommands(nullptr)) {
      words.push_back(sub->get_name());
    }
    return;
  }
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        words.push_back("--" + name);
      }
    }
  }
}

// "did you mean ...?" for the first word nobody understood.
std::string Suggestion(const CLI::App& root, const CLI::App* at) {
  const std::vector<std::string> unknown = root.remaining(true);
  if (unknown.empty()) return "";
  const bool option = unknown[0][0] == '-';
  std::vector<std::string> words;
  AddNames(at, option, words);
  const std::string wrong = unknown[0].substr(0, unknown[0].find('='));
  const std::string close = Closest(wrong, words);
  std::string text = (option ? "unknown option " : "unknown command ") + wrong;
  if (!close.empty()) text += "; did you mean " + close + "?";
  return text;
}

std::string Describe(const std::string& help, const std::string& examples) {
  if (examples.empty()) return help;
  std::string text = help + "\n\nExamples:\n";
  std::istringstream lines(examples);
  for (std::string line; std::getline(lines, line);) {
    text += "  " + line + "\n";
  }
  return text;
}

}  // namespace

struct Command::Tree {
  CLI::App app;
  std::map<const CLI::App*, std::function<int()>> actions;
  std::map<const CLI::Option*, Choices> choices;
  std::string version;
  bool show_version = false;

  void SetChoices(CLI::Option* option, const Choices& allowed) {
    if (allowed.empty()) return;
    choices[option] = allowed;
    option->check(CLI::Validator(
        [allowed](const std::string& value) {
          if (std::find(allowed.begin(), allowed.end(), value) !=
              allowed.end()) {
            return std::string();
          }
          std::string text = value + " is none of";
          for (const std::string& choice : allowed) text += " " + choice;
          return text;
        },
        "", ""));
  }
};

Command Command::Sub(const std::string& name, const std::string& help,
                     const std::string& examples) {
  CLI::App* sub = app_->add_subcommand(name, Describe(help, examples));
  sub->fallthrough();
  app_->require_subcommand(0, 1);
  return Command(sub, tree_);
}

Command& Command::Flag(const std::string& names, bool& value,
                       const std::string& help) {
  app_->add_flag(names, value, help);
  return *this;
}

Command& Command::Text(const std::string& names, std::string& value,
                       const std::string& help, const Choices& choices) {
  tree_->SetChoices(app_->add_option(names, value, help), choices);
  return *this;
}

Command& Command::List(const std::string& names,
                       std::vector<std::string>& value, const std::string& help,
                       const Choices& choices) {
  CLI::Option* option = app_->add_option(names, value, help);
  option->allow_extra_args(false)->delimiter(',');
  tree_->SetChoices(option, choices);
  return *this;
}

Command& Command::Number(const std::string& names, uint32_t& value,
                         const std::string& help) {
  app_->add_option(names, value, help);
  return *this;
}

Command& Command::Numbers(const std::string& names,
                          std::vector<uint32_t>& value,
                          const std::string& help) {
  app_->add_option(names, value, help)->allow_extra_args(false)->delimiter(',');
  return *this;
}

Command& Command::TextOrEnvironment(const std::string& names,
                                    const std::string& variable,
                                    std::string& value,
                                    const std::string& help) {
  app_->add_option(names, value, help)->envname(variable);
  return *this;
}

Command& Command::Argument(const std::string& name, std::string& value,
                           const std::string& help, const Choices& choices) {
  CLI::Option* option = app_->add_option(name, value, help);
  option->required();
  tree_->SetChoices(option, choices);
  return *this;
}

Command& Command::Arguments(const std::string& name,
                            std::vector<std::string>& value,
                            const std::string& help) {
  app_->add_option(name, value, help)->required();
  return *this;
}

Command& Command::OptionalArgument(const std::string& name, std::string& value,
                                   const std::string& help,
                                   const Choices& words) {
  tree_->choices[app_->add_option(name, value, help)] = words;
  return *this;
}

Command& Command::OptionalArguments(const std::string& name,
                                    std::vector<std::string>& value,
                                    const std::string& help) {
  app_->add_option(name, value, help);
  return *this;
}

Command& Command::Action(std::function<int()> action) {
  tree_->actions[app_] = std::move(action);
  return *this;
}

CommandLine::CommandLine(const std::string& program, const std::string& help,
                         const std::string& examples,
                         const std::string& version)
    : tree_(std::make_unique<Command::Tree>()) {
  tree_->app.name(program);
  tree_->app.description(Describe(help, examples));
  tree_->app.formatter(std::make_shared<HelpFormatter>());
  tree_->app.add_flag("--version", tree_->show_version,
                      "Print the version and exit");
  tree_->version = program + " " + version + "\n";
}

CommandLine::~CommandLine() = default;

Command CommandLine::root() { return Command(&tree_->app, tree_.get()); }

CommandLine::Result CommandLine::Parse(
    const std::vector<std::string>& arguments) {
  CLI::App& app = tree_->app;
  Result result;
  std::string mistake;
  try {
    // CLI11 takes them from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    result.out = app.help();  // descends to the command that was given
    return result;
  } catch (const CLI::ParseError& e) {
    mistake = e.what();
  } catch (const std::exception& e) {
    mistake = e.what();
  }
  if (tree_->show_version) {
    result.out = tree_->version;
    return result;
  }
  const CLI::App* given = Deepest(&app);
  const auto action = tree_->actions.find(given);
  if (mistake.empty() && action != tree_->actions.end()) {
    result.action = action->second;
    return result;
  }
  result.exit_code = kUsageError;
  if (arguments.empty()) {
    result.error = app.help();
    return result;
  }
  const std::string suggestion = Suggestion(app, given);
  if (!suggestion.empty()) mistake = suggestion;
  if (mistake.empty()) {
    mistake = given->get_name() + " needs one of";
    for (const CLI::App* sub : given->get_subcommands(nullptr)) {
      mistake += " " + sub->get_name();
    }
  }
  result.error = app.get_name() + ": " + mistake + "\nSee '" + PathOf(given) +
                 " --help'.\n";
  return result;
}

std::vector<CommandWords> CommandLine::Words() const {
  std::vector<CommandWords> all;
  std::vector<std::pair<const CLI::App*, std::vector<std::string>>> open = {
      {&tree_->app, {}}};
  for (size_t next = 0; next < open.size(); ++next) {
    const CLI::App* app = open[next].first;
    CommandWords words;
    words.path = open[next].second;
    const std::string help = app->get_description();
    words.help = help.substr(0, help.find('\n'));
    for (const CLI::App* sub : app->get_subcommands(nullptr)) {
      words.subcommands.push_back(sub->get_name());
      std::vector<std::string> path = words.path;
      path.push_back(sub->get_name());
      open.emplace_back(sub, std::move(path));
    }
    for (const CLI::Option* option : app->get_options()) {
      const auto choices = tree_->choices.find(option);
      const Choices allowed =
          choices == tree_->choices.end() ? Choices() : choices->second;
      if (option->get_positional()) {
        words.argument_choices = allowed;
        continue;
      }
      CommandWords::OptionWords entry;
      for (const std::string& name : option->get_snames()) {
        entry.names.push_back("-" + name);
      }
      for (const std::string& name : option->get_lnames()) {
        entry.names.push_back("--" + name);
      }
      entry.help = option->get_description();
      entry.takes_value = option->get_items_expected_max() > 0;
      entry.choices = allowed;
      words.options.push_back(std::move(entry));
    }
    all.push_back(std::move(words));
  }
  return all;
}

}  // namespace tapline
