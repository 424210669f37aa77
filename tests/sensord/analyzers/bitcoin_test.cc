#include "sensord/analyzers/bitcoin.h"

#include <gtest/gtest.h>

#include <string>

#include "http2_bytes.h"
#include "probe_bytes.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

// A version message's header as the developer reference shows it.
const std::string kVersion =
    FromHex("f9beb4d9 76657273696f6e0000000000 64000000 358d4932");

TEST(BitcoinTest, AMessageOfAKnownNetworkIsKnown) {
  Conversation c(Conversation::kTcp, 9999);
  c.Client(kVersion + std::string(100, 'x'));
  EXPECT_EQ(c.told().protocol, Protocol::kBitcoin);
  EXPECT_FALSE(c.wants());
}

TEST(BitcoinTest, EveryTruncationIsUndecided) {
  for (size_t size = 0; size < kVersion.size(); ++size) {
    EXPECT_EQ(ProbeStream(bitcoin::Unit(), kVersion.substr(0, size)),
              Match::kMore);
  }
  EXPECT_EQ(ProbeStream(bitcoin::Unit(), kVersion), Match::kYes);
}

TEST(BitcoinTest, AnotherNetworkIsKnownByItsFirstMessage) {
  std::string other = kVersion;
  other.replace(0, 4, "abcd");
  EXPECT_EQ(ProbeStream(bitcoin::Unit(), other), Match::kYes);
  other.replace(4, 7, "inv\0\0\0\0", 7);
  EXPECT_EQ(ProbeStream(bitcoin::Unit(), other), Match::kNo);
  other.replace(0, 4, kVersion, 0, 4);
  EXPECT_EQ(ProbeStream(bitcoin::Unit(), other), Match::kYes);
}

TEST(BitcoinTest, EachRuleBrokenIsNotClaimed) {
  std::string command = kVersion;
  command[5] = 'E';
  std::string padding = kVersion;
  padding[15] = 'x';
  std::string length = kVersion;
  length[19] = '\x7f';
  for (const std::string& text :
       {command, padding, length,
        std::string("GET / HTTP/1.1\r\nHost: a\r\n")}) {
    EXPECT_EQ(ProbeStream(bitcoin::Unit(), text), Match::kNo);
  }
}

}  // namespace
}  // namespace tapline::testing
