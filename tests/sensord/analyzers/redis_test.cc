#include "sensord/analyzers/redis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;

std::string Command(const std::vector<std::string>& words) {
  std::string out = absl::StrCat("*", words.size(), "\r\n");
  for (const std::string& word : words) {
    absl::StrAppend(&out, "$", word.size(), "\r\n", word, "\r\n");
  }
  return out;
}

std::map<std::string, uint64_t> Counts(const v1::Event& event) {
  std::map<std::string, uint64_t> counts;
  for (const v1::RedisCommand& c : event.redis().commands()) {
    counts[c.name()] = c.count();
  }
  return counts;
}

TEST(RedisTest, CommandsAreCountedAndArgumentsPassedOver) {
  for (const size_t piece : {0, 1, 9}) {
    Conversation c(kTcp, 6379);
    c.InPiecesOf(piece);
    c.Client(Command({"LLEN", "mylist"})).Server(":48293\r\n");
    c.Client(Command({"set", "k", "a\r\n*1\r\n$4\r\nEVAL\r\n"}));
    c.Server("+OK\r\n");
    c.Client(Command({"SET", "k", std::string(3000, '$')}));
    c.Server("-ERR no\r\n").End();
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    EXPECT_THAT(Counts(c.Events()[0]),
                ElementsAre(Pair("LLEN", 1), Pair("SET", 2)));
    EXPECT_EQ(c.Events()[0].redis().commands(0).name(), "SET");
    EXPECT_EQ(c.Events()[0].redis().errors(), 1u);
    EXPECT_EQ(c.told().protocol, Protocol::kRedis);
    EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(RedisTest, LoginsAreToldWithTheirOutcomeAndNoSecret) {
  for (const size_t piece : {0, 1}) {
    Conversation c(kTcp, 6379);
    c.InPiecesOf(piece);
    c.Client(Command({"PING"}) + Command({"AUTH", "hunter2"}));
    c.Server("+PONG\r\n-WRONGPASS no\r\n");
    c.Client(Command({"AUTH", "ann", "hunter2"})).Server("+OK\r\n");
    ASSERT_THAT(c.Events(), SizeIs(2)) << piece;
    EXPECT_EQ(c.Events()[0].redis().login(), v1::LOGIN_OUTCOME_FAILED);
    EXPECT_EQ(c.Events()[0].redis().account(), "");
    EXPECT_TRUE(c.Events()[0].redis().cleartext_password());
    EXPECT_EQ(c.Events()[1].redis().login(), v1::LOGIN_OUTCOME_SUCCEEDED);
    EXPECT_EQ(c.Events()[1].redis().failed_logins(), 1u);
    EXPECT_EQ(c.Events()[1].redis().account(), "a***");
    for (const v1::Event& event : c.Events()) {
      EXPECT_EQ(event.ShortDebugString().find("hunter"), std::string::npos);
    }
  }
}

TEST(RedisTest, HelloNamesVersionsAndMayLogIn) {
  Conversation c(kTcp, 6379);
  c.Client(Command({"HELLO", "3", "AUTH", "ann", "x"}));
  c.Server(
      "%3\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.2.4\r\n"
      "$5\r\nproto\r\n:3\r\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Redis r = c.Events()[0].redis();
  EXPECT_EQ(r.protocol_version(), 3u);
  EXPECT_EQ(r.server_version(), "7.2.4");
  EXPECT_EQ(r.account(), "a***");
  EXPECT_EQ(r.login(), v1::LOGIN_OUTCOME_SUCCEEDED);
}

TEST(RedisTest, NestedAndPushedMessagesAreCountedAsTheyAre) {
  Conversation c(kTcp, 6379);
  c.Client(Command({"A"}) + Command({"AUTH", "x"}));
  c.Server("*2\r\n*2\r\n:1\r\n$-1\r\n~1\r\n_\r\n");
  c.Server(">2\r\n+message\r\n+hello\r\n|1\r\n+ttl\r\n:3\r\n+OK\r\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].redis().login(), v1::LOGIN_OUTCOME_SUCCEEDED);
}

TEST(RedisTest, WhereRepliesMayBeMissingNoOutcomeIsGuessed) {
  Conversation c(kTcp, 6379);
  c.Client(Command({"CLIENT", "REPLY", "SKIP"}) + Command({"AUTH", "x"}));
  c.Server("+OK\r\n").End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].redis().login(), v1::LOGIN_OUTCOME_UNSPECIFIED);
}

TEST(RedisTest, WordsWithoutRespAreCommandsOnItsPort) {
  Conversation c(kTcp, 6379);
  c.Client("PING\r\n").Server("+PONG\r\n").Client("AUTH x\r\n");
  c.Server("-ERR\r\n").End();
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].redis().login(), v1::LOGIN_OUTCOME_FAILED);
  Conversation d(kTcp, 9999);
  d.Client("PING\r\n").Server("+PONG\r\n").End();
  EXPECT_EQ(d.told().protocol, Protocol::kRedis);
}

TEST(RedisTest, WhatIsNoWordIsNotToldAsACommand) {
  Conversation c(kTcp, 6379);
  c.Client(Command({"hunter2"}) + Command({std::string(30, 'x')})).End();
  EXPECT_THAT(Counts(c.Events()[0]), ElementsAre(Pair("OTHER", 2)));
}

TEST(RedisTest, AtMost64NamesAreKept) {
  Conversation c(kTcp, 6379);
  for (int i = 0; i < 100; ++i) {
    c.Client(Command({std::string{static_cast<char>('A' + i / 26),
                                  static_cast<char>('A' + i % 26)}}));
  }
  c.End();
  EXPECT_THAT(c.Events()[0].redis().commands(), SizeIs(64));
  EXPECT_EQ(Counts(c.Events()[0])["OTHER"], 37u);
}

TEST(RedisTest, ABusyConnectionIsNotFollowedForEver) {
  Conversation c(kTcp, 6379);
  for (uint64_t i = 0; i < redis::kMaxCommands; ++i) {
    c.Client(Command({"GET", "k"}));
  }
  EXPECT_FALSE(c.wants());
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_LT(c.peak_memory(), 8u << 10);
}

TEST(RedisTest, EachBrokenRuleIsNamed) {
  for (const char* bad :
       {"*1\r\n$x\r\n", "*x\r\n", "*1\r\n?\r\n", "*1\r\n$2\r\nabc\r\n",
        "*1\r\n$999999999999\r\n", "*1\r\nPING\r\n"}) {
    Conversation c(kTcp, 6379);
    c.Client(Command({"PING"}) + bad).End();
    EXPECT_THAT(c.told().anomalies, ElementsAre("redis.malformed")) << bad;
    EXPECT_THAT(c.Events(), SizeIs(1));
  }
}

TEST(RedisTest, AGapInsideALongStringIsPassedOver) {
  Conversation c(kTcp, 6379);
  c.Client("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000\r\n").Gap(true, 1002);
  c.Client(Command({"PING"})).End();
  EXPECT_THAT(Counts(c.Events()[0]),
              ElementsAre(Pair("PING", 1), Pair("SET", 1)));
}

TEST(RedisTest, EveryTruncationTellsWhatIsWhole) {
  const std::string two = Command({"GET", "a"}) + Command({"GET", "b"});
  for (size_t size = 8; size < two.size(); ++size) {
    Conversation c(kTcp, 6379);
    c.Client(two.substr(0, size)).End();
    ASSERT_THAT(c.Events(), SizeIs(1)) << size;
    EXPECT_EQ(Counts(c.Events()[0])["GET"], size < two.size() / 2 ? 0u : 1u);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(RedisTest, OtherProtocolsAreNotRedis) {
  for (const char* first : {"* OK IMAP\r\n", "*2x\r\n", "GET / HTTP/1.1\r\n",
                            "get k\r\n", "+OK\r\n"}) {
    Conversation c(kTcp, 9999);
    c.Client(first).Server("-ERR\r\n").End();
    EXPECT_NE(c.told().protocol, Protocol::kRedis) << first;
  }
}

}  // namespace
}  // namespace tapline::testing
