// Packets that no host takes (reliability.md 7, E9, E10, E12, E18, E27).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "payload_harness.h"
#include "sensord/decode/checksum.h"

namespace tapline::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StrEq;

class FlowAcceptanceTest : public PayloadTest {};

// Header and payload of one segment in one run, as a frame has them.
class Checksummed {
 public:
  enum Kind : uint8_t { kWrong, kRight, kUnfinished };
  Checksummed(Packet& p, const std::string& payload, bool right)
      : Checksummed(p, payload, right ? kRight : kWrong) {}
  Checksummed(Packet& p, const std::string& payload, Kind kind) {
    const bool tcp = p.ip_protocol == kIpProtoTcp;
    const size_t header = tcp ? 20 : 8;
    bytes_ = std::string(header, '\0') + payload;
    if (tcp) bytes_[12] = 0x50;
    p.payload = reinterpret_cast<const uint8_t*>(bytes_.data()) + header;
    p.payload_captured = p.payload_bytes;
    p.transport_header_bytes = static_cast<uint8_t>(header);
    uint64_t sum = ChecksumAdd(0, p.source.v4_bytes(), 4);
    sum = ChecksumAdd(sum, p.destination.v4_bytes(), 4);
    const uint8_t size = static_cast<uint8_t>(bytes_.size());
    const uint8_t pseudo[4] = {0, p.ip_protocol, 0, size};
    sum = ChecksumAdd(sum, pseudo, 4);
    const uint64_t whole = ChecksumAdd(sum, p.payload - header, bytes_.size());
    uint16_t checksum = ChecksumFold(whole);
    if (kind == kWrong) ++checksum;
    if (kind == kUnfinished)
      checksum = static_cast<uint16_t>(~ChecksumFold(sum));
    std::memcpy(&bytes_[tcp ? 16 : 6], &checksum, 2);
  }

 private:
  std::string bytes_;
};

TEST_F(FlowAcceptanceTest, E9ABadIpHeaderIsNotReadWhereOthersAreRight) {
  t_.Handshake();
  Client(0, "XX").marks |= kMarkBadHeader;
  Client(0, "ab");
  EXPECT_EQ(Take(), ">ab");
}

TEST_F(FlowAcceptanceTest, E9BadIpHeadersThroughoutAreTheCapturesDoing) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000).marks |= kMarkBadHeader;
  t_.Tcp(kServer, kClient, kTcpSyn | kTcpAck, 5000, 1001).marks |=
      kMarkBadHeader;
  Client(0, "ab").marks |= kMarkBadHeader;
  EXPECT_EQ(Take(), ">ab");
}

TEST_F(FlowAcceptanceTest, E10ABadChecksumIsNotReadWhereOthersAreRight) {
  t_.Handshake();
  const Checksummed first(Client(0, "ab"), "ab", true);
  const Checksummed bad(Client(2, "XX"), "XX", false);
  const Checksummed last(Client(2, "cd"), "cd", true);
  EXPECT_EQ(Take(), ">abcd");
  EXPECT_THAT(Anomalies(), Contains("tcp.bad_checksum_data"));
}

TEST_F(FlowAcceptanceTest, E10ABadSynBeginsNoOtherConnection) {
  Packet& syn = t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  const Checksummed right(syn, "", true);
  t_.Tcp(kServer, kClient, kTcpSyn | kTcpAck, 5000, 1001);
  const Checksummed first(Client(0, "ab"), "ab", true);
  const Checksummed end(Client(2, "", kFa), "", true);
  Server(0, "", kFa, 3);
  Client(3, "", kTcpAck, 1);
  Packet& again = t_.Tcp(kClient, kServer, kTcpSyn, 90000);
  again.ttl = 255;
  const Checksummed bad(again, "", false);
  Client(3, "", kTcpAck, 1).ttl = 64;
  EXPECT_EQ(Take(), ">ab.");
  EXPECT_EQ(engine_.engine.counters().opened_flows.Get(), 1u);
  EXPECT_THAT(Anomalies(), ElementsAre("tcp.bad_checksum_data"));
}

TEST_F(FlowAcceptanceTest, E10ADatagramIsReadByTheSameRules) {
  const Checksummed first(t_.Udp(kClient, kServer, 2), "ab", true);
  const Checksummed bad(t_.Udp(kClient, kServer, 2), "XX", false);
  const Checksummed merged(t_.Udp(kClient, kServer, 2), "cd",
                           Checksummed::kUnfinished);
  const Checksummed other(t_.Udp(kServer, kClient, 2), "ef", false);
  EXPECT_EQ(Take(), ">abcd<ef");
  EXPECT_THAT(Anomalies(), ElementsAre("udp.bad_checksum_data"));
}

TEST_F(FlowAcceptanceTest, E10ABadChecksumAtTheBeginningMovesNothing) {
  Packet& syn = t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  const Checksummed right(syn, "", true);
  t_.Tcp(kServer, kClient, kTcpSyn | kTcpAck, 5000, 1001);
  const Checksummed bad(Client(0, "XXXX"), "XXXX", false);
  const Checksummed first(Client(0, "abcd"), "abcd", true);
  EXPECT_EQ(Take(), ">abcd");
  EXPECT_THAT(Anomalies(), ElementsAre("tcp.bad_checksum_data"));
}

TEST_F(FlowAcceptanceTest, E10ASideWithoutAnyRightChecksumIsRead) {
  t_.Handshake();
  const Checksummed first(Client(0, "ab"), "ab", false);
  const Checksummed second(Client(2, "cd"), "cd", false);
  EXPECT_EQ(Take(), ">abcd");
  EXPECT_THAT(Anomalies(), IsEmpty());
}

TEST_F(FlowAcceptanceTest, E10ARightHandshakeProvesThatTheCardIsNotToBlame) {
  Packet& syn = t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  const Checksummed right(syn, "", true);
  t_.Tcp(kServer, kClient, kTcpSyn | kTcpAck, 5000, 1001);
  const Checksummed bad(Client(0, "XX"), "XX", false);
  EXPECT_EQ(Take(), "");
}

TEST_F(FlowAcceptanceTest, E10WhatAHostMergedIsReadBesideRightChecksums) {
  t_.Handshake();
  const Checksummed first(Client(0, "ab"), "ab", true);
  const Checksummed merged(Client(2, "cdef"), "cdef", Checksummed::kUnfinished);
  EXPECT_EQ(Take(), ">abcdef");
  EXPECT_THAT(Anomalies(), IsEmpty());
}

TEST_F(FlowAcceptanceTest, E12ASnapLengthIsNotedWithoutAnEvent) {
  t_.Handshake();
  Client(0, "ab").marks |= kMarkTruncated;
  EXPECT_EQ(Take(), ">ab");
  EXPECT_THAT(Anomalies(), IsEmpty());
  EXPECT_THAT(engine_.Open().at(0).anomalies,
              ElementsAre(StrEq("snap.truncated")));
}

TEST_F(FlowAcceptanceTest, E18AResetWithABadChecksumIsNone) {
  t_.Handshake();
  const Checksummed first(Server(0, "ab"), "ab", true);
  const Checksummed bad(Server(2, "", kTcpRst), "", false);
  Server(2, "cd");
  EXPECT_EQ(Take(), "<abcd");
  EXPECT_THAT(Anomalies(), ElementsAre("tcp.bad_rst"));
}

TEST_F(FlowAcceptanceTest, E27AnOldTimestampIsNotRead) {
  t_.Handshake();
  const auto stamped = [](Packet& p, uint32_t value) {
    p.marks |= kMarkTimestamps;
    p.aux = value;
  };
  stamped(Client(0, "ab"), 100);
  stamped(Client(2, "XX"), 99);
  stamped(Client(2, "cd"), 100);
  EXPECT_EQ(Take(), ">abcd");
  EXPECT_THAT(Anomalies(), Contains("tcp.old_timestamp"));
}

TEST_F(FlowAcceptanceTest, E27AnOldSegmentBringsNoTimestamp) {
  t_.Handshake();
  const auto stamped = [](Packet& p, uint32_t value) {
    p.marks |= kMarkTimestamps;
    p.aux = value;
  };
  stamped(Client(0, "abcd"), 100);
  stamped(Client(0, "ab"), 100 + (1u << 30));
  stamped(Client(4, "ef"), 101);
  EXPECT_EQ(Take(), ">abcdef");
  EXPECT_THAT(Anomalies(), Not(Contains("tcp.old_timestamp")));
}

TEST_F(FlowAcceptanceTest, E27TheTimestampOfTheHandshakeCounts) {
  const auto stamped = [](Packet& p, uint32_t value) {
    p.marks |= kMarkTimestamps;
    p.aux = value;
  };
  for (const bool negotiated : {true, false}) {
    seen_ = {};
    Traffic t;
    Engine engine(SmallOptions(), std::make_unique<Recorders>(&seen_));
    std::swap(t, t_);
    stamped(t_.Tcp(kClient, kServer, kTcpSyn, 1000), 100);
    Packet& answer = t_.Tcp(kServer, kClient, kTcpSyn | kTcpAck, 5000, 1001);
    if (negotiated) stamped(answer, 7);
    stamped(Client(0, "XX"), 99);
    stamped(Client(0, "ab"), 100);
    Take(engine);
    EXPECT_EQ(seen_.text, negotiated ? ">ab" : ">XX");
    std::swap(t, t_);
  }
}

TEST_F(FlowAcceptanceTest,
       E27SegmentsThatOvertookEachOtherAreReadWithTheirTimestamps) {
  t_.Handshake();
  const auto stamped = [](Packet& p, uint32_t value) {
    p.marks |= kMarkTimestamps;
    p.aux = value;
  };
  stamped(Client(0, "ab"), 100);
  stamped(Client(4, "ef"), 102);
  stamped(Client(2, "cd"), 101);
  EXPECT_EQ(Take(), ">abcdef");
  EXPECT_THAT(Anomalies(), IsEmpty());
}

}  // namespace
}  // namespace tapline::testing
