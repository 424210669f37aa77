#include "sensord/analyzers/bittorrent.h"

#include <gtest/gtest.h>

#include <string>

#include "http2_bytes.h"
#include "probe_bytes.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

const std::string kHandshake =
    "\x13"
    "BitTorrent protocol";

TEST(BittorrentTest, PeersShakeHands) {
  Conversation c(Conversation::kTcp, 9999);
  c.Client(kHandshake + std::string(48, 'x'));
  EXPECT_EQ(c.told().protocol, Protocol::kBittorrent);
  for (size_t size = 0; size < kHandshake.size(); ++size) {
    EXPECT_EQ(ProbeStream(bittorrent::Unit(), kHandshake.substr(0, size)),
              Match::kMore);
  }
  EXPECT_EQ(ProbeStream(bittorrent::Unit(),
                        "\x13"
                        "BitTorrentX"),
            Match::kNo);
}

// BEP 5's ping and its response; an error; BEP 15; BEP 14; BEP 29.
TEST(BittorrentTest, DatagramsAreKnownByTheirForm) {
  const std::string syn =
      FromHex("4100 1234 00112233 00000000 00100000 0001 0000");
  const std::string extended =
      FromHex("4102 1234 00112233 00000000 00100000 0001 0000") +
      FromHex("0008 0000000000000000");
  for (const std::string& text :
       {std::string("d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"),
        std::string("d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re"),
        std::string("d1:eli201e1:xe1:t2:aa1:y1:ee"),
        FromHex("0000041727101980 00000000 12345678"),
        std::string("BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\n"),
        syn, extended}) {
    Conversation c(Conversation::kUdp, 9999);
    c.Client(text);
    EXPECT_EQ(c.told().protocol, Protocol::kBittorrent) << text;
    for (size_t size = 0; size < 16; ++size) {
      EXPECT_EQ(ProbeDatagram(bittorrent::Unit(), text.substr(0, size)),
                size == text.size() ? Match::kYes : Match::kNo);
    }
  }
  EXPECT_EQ(ProbeDatagram(bittorrent::Unit(), "d1:ad2:id20:abcdefgh", true),
            Match::kYes);
}

TEST(BittorrentTest, EachRuleBrokenIsNotClaimed) {
  for (const std::string& text :
       {std::string("d1:ad2:id20:abcdefghij0123456789e1:q4:pinge"),
        std::string("d3:abcd1:y1:qe"), std::string("d1:y1:q"),
        FromHex("4100 1234 00112233 00000001 00100000 0001 0000"),
        FromHex("4100 1234 00112233 00000000 00100000 0002 0000"),
        FromHex("4100 1234 00112233 00000000 00100000 0001 0000 00"),
        FromHex("4102 1234 00112233 00000000 00100000 0001 0000 0009 00"),
        FromHex("4103 1234 00112233 00000000 00100000 0001 0000 0001 00"),
        FromHex("0000041727101980 00000001 12345678")}) {
    EXPECT_EQ(ProbeDatagram(bittorrent::Unit(), text), Match::kNo) << text;
  }
}

}  // namespace
}  // namespace tapline::testing
