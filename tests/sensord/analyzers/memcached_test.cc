#include "sensord/analyzers/memcached.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/conversation.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

constexpr auto kTcp = Conversation::kTcp;
constexpr auto kUdp = Conversation::kUdp;

Protocol ProtocolOf(Conversation::Transport transport, uint16_t port,
                    const std::string& client, const std::string& server = "") {
  Conversation c(transport, port);
  c.Client(client);
  if (!server.empty()) c.Server(server);
  c.End();
  return c.told().basis == ProtocolBasis::kSignature ? c.told().protocol
                                                     : Protocol::kUnknown;
}

// The get request of protocol-binary.txt with the key "Hello".
std::string BinaryGet() {
  return Hex("80 00 00 05 00 00 00 00 00 00 00 05 00 00 00 00") +
         std::string(8, '\0') + "Hello";
}

TEST(MemcachedTest, StorageIsKnownByItsNumbers) {
  const std::string set = "set key 0 900 5\r\nhello\r\n";
  EXPECT_EQ(ProtocolOf(kTcp, 9999, set), Protocol::kMemcached);
  EXPECT_EQ(ProtocolOf(kTcp, 9999, "cas k 0 0 5 77 noreply\r\n"),
            Protocol::kMemcached);
  for (size_t size = 0; size < 16; ++size) {
    EXPECT_EQ(ProtocolOf(kTcp, 9999, set.substr(0, size)), Protocol::kUnknown);
  }
}

TEST(MemcachedTest, OtherCommandsAreKnownByTheirAnswerOrPort) {
  EXPECT_EQ(ProtocolOf(kTcp, 9999, "get key\r\n", "VALUE key 0 5\r\n"),
            Protocol::kMemcached);
  EXPECT_EQ(ProtocolOf(kTcp, 9999, "stats\r\n", "STAT pid 7\r\n"),
            Protocol::kMemcached);
  EXPECT_EQ(ProtocolOf(kTcp, 9999, "get key\r\n", "+OK\r\n"),
            Protocol::kUnknown);
  EXPECT_EQ(ProtocolOf(kTcp, 11211, "version\r\n"), Protocol::kMemcached);
}

TEST(MemcachedTest, BinaryIsKnownByLengthsThatFit) {
  EXPECT_EQ(ProtocolOf(kTcp, 9999, BinaryGet()), Protocol::kMemcached);
  std::string bad = BinaryGet();
  bad[3] = 6;
  EXPECT_EQ(ProtocolOf(kTcp, 9999, bad), Protocol::kUnknown);
  bad = BinaryGet();
  bad[1] = 0x60;
  EXPECT_EQ(ProtocolOf(kTcp, 9999, bad), Protocol::kUnknown);
  for (size_t size = 0; size < 24; ++size) {
    EXPECT_EQ(ProtocolOf(kTcp, 9999, BinaryGet().substr(0, size)),
              Protocol::kUnknown);
  }
}

TEST(MemcachedTest, DatagramsHaveAHeader) {
  const std::string head = Hex("00 01 00 00 00 01 00 00");
  EXPECT_EQ(ProtocolOf(kUdp, 11211, head + "stats\r\n"), Protocol::kMemcached);
  EXPECT_EQ(ProtocolOf(kUdp, 9999, head + "set k 0 0 1\r\na\r\n"),
            Protocol::kMemcached);
  EXPECT_EQ(ProtocolOf(kUdp, 11211, "stats\r\n"), Protocol::kUnknown);
  EXPECT_EQ(
      ProtocolOf(kUdp, 11211, Hex("00 01 00 01 00 01 00 00") + "stats\r\n"),
      Protocol::kUnknown);
}

TEST(MemcachedTest, OtherProtocolsAreNotMemcached) {
  for (const char* first : {"GET / HTTP/1.1\r\n", "set up the table\r\n",
                            "settle k 0 0 1\r\n", "quit\r\n"}) {
    EXPECT_EQ(ProtocolOf(kTcp, 9999, first, "hello\r\n"), Protocol::kUnknown)
        << first;
  }
}

}  // namespace
}  // namespace tapline::testing
