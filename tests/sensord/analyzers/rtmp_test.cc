#include "sensord/analyzers/rtmp.h"

#include <gtest/gtest.h>

#include <string>

#include "http2_bytes.h"
#include "probe_bytes.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

// C0 and C1: version, time, zero, noise.
std::string Hello(const std::string& mark) {
  return FromHex("03 00001234" + mark) + std::string(1528, 'r');
}

TEST(RtmpTest, TheHandshakeIsKnown) {
  for (const char* mark : {"00000000", "80000702", "0a002d02"}) {
    for (const size_t piece : {0u, 100u}) {
      Conversation c(Conversation::kTcp, 9999);
      c.InPiecesOf(piece);
      c.Client(Hello(mark));
      EXPECT_EQ(c.told().protocol, Protocol::kUnknown);
      c.Server(Hello(mark));
      EXPECT_EQ(c.told().protocol, Protocol::kRtmp) << mark;
    }
  }
}

TEST(RtmpTest, EveryTruncationIsUndecidedUntilTheServerSpeaks) {
  const std::string hello = Hello("00000000");
  for (size_t size = 0; size < hello.size(); size += 7) {
    EXPECT_EQ(ProbeStream(rtmp::Unit(), hello.substr(0, size)), Match::kMore);
    EXPECT_EQ(ProbeStream(rtmp::Unit(), hello.substr(0, size), "\3"),
              size == 0 ? Match::kMore : Match::kNo);
  }
}

TEST(RtmpTest, NeighboursAreNotClaimed) {
  // An RDP connection request in TPKT; HTTP; too much before an answer.
  EXPECT_EQ(ProbeStream(rtmp::Unit(), FromHex("0300002b26e00000000000436f6f")),
            Match::kNo);
  EXPECT_EQ(ProbeStream(rtmp::Unit(), "POST / HTTP/1.1\r\n"), Match::kNo);
  EXPECT_EQ(ProbeStream(rtmp::Unit(), Hello("00000000") + "x"), Match::kNo);
  EXPECT_EQ(ProbeStream(rtmp::Unit(), Hello("00000000"), "H"), Match::kNo);
}

}  // namespace
}  // namespace tapline::testing
