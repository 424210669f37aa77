#include "common/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tapline {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CommandLineTest : public ::testing::Test {
 protected:
  CommandLineTest() {
    Command root = line_.root();
    root.Text("-o,--output", output_, "Format", {"table", "json"});
    root.TextOrEnvironment("--address", "CLI_TEST_ADDRESS", address_, "Where");
    Command watch = root.Sub("watch", "Follow", "tool watch alerts");
    watch.Sub("alerts", "Alerts")
        .List("--rule", rules_, "Rules")
        .Numbers("--port", ports_, "Ports")
        .Flag("--updates", updates_, "Updates")
        .Action([] { return 42; });
    watch.Sub("flows", "Flows").Action([] { return 43; });
    root.Sub("get", "Get").Argument("ID", id_, "Id").Action([] { return 44; });
  }

  CommandLine line_{"tool", "A tool", "tool watch alerts", "1.2"};
  std::string output_ = "table";
  std::string address_ = "default";
  std::string id_;
  std::vector<std::string> rules_;
  std::vector<uint32_t> ports_;
  bool updates_ = false;
};

TEST_F(CommandLineTest, OptionsOfTheProgramMayStandAfterTheVerb) {
  const auto result =
      line_.Parse({"watch", "alerts", "-o", "json", "--updates"});
  ASSERT_TRUE(result.action);
  EXPECT_EQ(result.action(), 42);
  EXPECT_EQ(output_, "json");
  EXPECT_TRUE(updates_);
}

TEST_F(CommandLineTest, ListsTakeRepetitionAndCommas) {
  ASSERT_TRUE(line_
                  .Parse({"watch", "alerts", "--rule", "a,b", "--rule", "c",
                          "--port", "80,443"})
                  .action);
  EXPECT_THAT(rules_, ElementsAre("a", "b", "c"));
  EXPECT_THAT(ports_, ElementsAre(80, 443));
}

TEST_F(CommandLineTest, AnArgumentIsRequired) {
  EXPECT_EQ(line_.Parse({"get"}).exit_code, 2);
  ASSERT_TRUE(line_.Parse({"get", "5a1f"}).action);
  EXPECT_EQ(id_, "5a1f");
}

TEST_F(CommandLineTest, TheEnvironmentGivesWhatTheArgumentsDoNot) {
  setenv("CLI_TEST_ADDRESS", "from-environment", 1);
  ASSERT_TRUE(line_.Parse({"get", "x"}).action);
  EXPECT_EQ(address_, "from-environment");
  ASSERT_TRUE(line_.Parse({"get", "x", "--address", "given"}).action);
  EXPECT_EQ(address_, "given");
  unsetenv("CLI_TEST_ADDRESS");
}

TEST_F(CommandLineTest, AMistypedWordGetsASuggestion) {
  auto result = line_.Parse({"wath", "alerts"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.error, HasSubstr("did you mean watch?"));
  result = line_.Parse({"watch", "alerts", "--updtes"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.error, HasSubstr("did you mean --updates?"));
  result = line_.Parse({"watch", "xyzzy"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.error, HasSubstr("unknown command xyzzy\n"));
}

TEST_F(CommandLineTest, MistakesAreUsageErrorsAndNeverThrow) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{
           {},
           {"watch"},
           {"watch", "alerts", "--port", "-1"},
           {"watch", "alerts", "--port", "99999999999"},
           {"watch", "alerts", "-o", "xml"},
           {"watch", "alerts", "-o"},
           {"watch", "alerts", "extra"},
           {"get", "a", "b"},
           {""},
           {"--"}}) {
    const auto result = line_.Parse(arguments);
    EXPECT_FALSE(result.action);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_NE(result.error, "");
  }
}

TEST_F(CommandLineTest, HelpHasExamplesBeforeTheUsageAndIsNoError) {
  const auto result = line_.Parse({"watch", "--help"});
  EXPECT_FALSE(result.action);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, StartsWith("Follow\n"));
  EXPECT_LT(result.out.find("tool watch alerts"), result.out.find("Usage:"));
  EXPECT_THAT(result.out, HasSubstr("Usage: tool watch"));
}

TEST_F(CommandLineTest, HelpOfACommandNamesTheOptionsOfTheProgram) {
  const std::string help = line_.Parse({"watch", "alerts", "--help"}).out;
  const size_t title = help.find("Options of every command:");
  ASSERT_NE(title, std::string::npos) << help;
  EXPECT_NE(help.find("--address", title), std::string::npos) << help;
  EXPECT_EQ(help.find("--version"), std::string::npos) << help;
  // Its own help has them once.
  const std::string root = line_.Parse({"--help"}).out;
  EXPECT_EQ(root.find("--address"), root.rfind("--address")) << root;
}

TEST_F(CommandLineTest, TheVersionIsPrinted) {
  EXPECT_EQ(line_.Parse({"--version"}).out, "tool 1.2\n");
}

TEST_F(CommandLineTest, CompletionKnowsEveryCommandOptionAndChoice) {
  const std::vector<CommandWords> words = line_.Words();
  ASSERT_EQ(words.size(), 5u);
  EXPECT_THAT(words[0].subcommands, ElementsAre("watch", "get"));
  EXPECT_THAT(words[1].path, ElementsAre("watch"));
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = CompletionScript(shell, "tool", words);
    EXPECT_THAT(script, HasSubstr("watch"));
    EXPECT_THAT(script, HasSubstr("updates"));
    EXPECT_THAT(script, HasSubstr("table json"));
  }
  EXPECT_EQ(CompletionScript("tcsh", "tool", words), "");
}

}  // namespace
}  // namespace tapline
