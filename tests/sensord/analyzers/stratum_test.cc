#include "sensord/analyzers/stratum.h"

#include <gtest/gtest.h>

#include <string>

#include "probe_bytes.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

TEST(StratumTest, EachDialectIsKnown) {
  for (const char* line :
       {"{\"id\": 1, \"method\": \"mining.subscribe\", \"params\": []}\n",
        "{\"params\":[\"a\",\"x\"],\"id\":2,\"method\":\"mining.authorize\"}",
        "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"eth_submitLogin\","
        "\"params\":[\"0x1\"]}\n",
        "{\"method\":\"login\",\"params\":{\"login\":\"w\",\"pass\":\"x\","
        "\"agent\":\"m/1\"},\"id\":1}\n"}) {
    Conversation c(Conversation::kTcp, 9999);
    c.Client(line);
    EXPECT_EQ(c.told().protocol, Protocol::kStratum) << line;
    EXPECT_FALSE(c.wants());
  }
}

TEST(StratumTest, EveryTruncationIsUndecidedUntilItIsKnown) {
  const std::string line =
      "{\"id\": 1, \"method\" : \"mining.subscribe\", \"params\": []}\n";
  const size_t enough = line.find("mining.") + 7;
  for (size_t size = 0; size < line.size(); ++size) {
    EXPECT_EQ(ProbeStream(stratum::Unit(), line.substr(0, size)),
              size < enough ? Match::kMore : Match::kYes)
        << size;
  }
}

TEST(StratumTest, OtherJsonIsNotClaimed) {
  for (const std::string& text :
       {std::string("{\"method\":\"getwork\"}\n"), std::string("{}\n"),
        std::string("{\"method\" \"mining.x\"}\n"),
        std::string("{\"method\":7}\n"), std::string("{\"method\"\n"),
        std::string("{\"method\":\"login\",\"user\":\"x\"}\n"),
        std::string("[{\"method\":\"mining.x\"}]\n"),
        "{" + std::string(2000, ' '), std::string("GET / HTTP/1.1\r\n")}) {
    EXPECT_EQ(ProbeStream(stratum::Unit(), text), Match::kNo) << text;
  }
}

}  // namespace
}  // namespace tapline::testing
