#include "sensord/analyzers/rpc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "sensord/analyzers/rpc_message.h"
#include "tests/support/conversation.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;
constexpr auto kUdp = Conversation::kUdp;

std::string Xdr(const std::string& text) {
  return absl::StrCat(Big32(text.size()), text,
                      Zeros((4 - text.size() % 4) % 4));
}
// Without credentials, or as user 0 of a machine.
std::string Call(uint32_t xid, uint32_t program, uint32_t version,
                 uint32_t procedure, const std::string& arguments,
                 const std::string& machine = {}) {
  const std::string sys =
      absl::StrCat(Big32(7), Xdr(machine), Zeros(8), Zeros(4));
  const std::string credential =
      machine.empty() ? Zeros(8)
                      : absl::StrCat(Big32(1), Big32(sys.size()), sys);
  return absl::StrCat(Big32(xid), Zeros(4), Big32(2), Big32(program),
                      Big32(version), Big32(procedure), credential, Zeros(8),
                      arguments);
}
std::string Reply(uint32_t xid, const std::string& results,
                  uint32_t status = 0) {
  return absl::StrCat(Big32(xid), Big32(1), Zeros(4), Zeros(8), Big32(status),
                      results);
}
std::string Record(const std::string& message, bool last = true) {
  return Big32(message.size() | (last ? 0x80000000u : 0)) + message;
}

TEST(RpcTest, APortmappersAnswerIsTold) {
  Conversation c(kUdp, 111);
  const std::string call =
      Call(1, 100000, 2, 3,
           absl::StrCat(Big32(100003), Big32(3), Big32(6), Zeros(4)));
  c.Client(call).Client(call);
  c.Server(Reply(1, Big32(2049)));
  EXPECT_EQ(c.told().protocol, Protocol::kRpc);
  EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Rpc rpc = c.Events()[0].rpc();
  EXPECT_EQ(rpc.action(), "portmap");
  EXPECT_EQ(rpc.program_name(), "portmap");
  EXPECT_EQ(rpc.procedure(), "GETPORT");
  EXPECT_EQ(rpc.status(), "success");
  EXPECT_EQ(rpc.mapped_program(), 100003u);
  EXPECT_EQ(rpc.mapped_name(), "nfs");
  EXPECT_EQ(rpc.mapped_version(), 3u);
  EXPECT_EQ(rpc.mapped_transport(), "tcp");
  EXPECT_EQ(rpc.mapped_port(), 2049u);
  EXPECT_EQ(rpc.rtt_ns(), 2000000u);
  c.End();
  EXPECT_EQ(c.Events()[1].rpc().procedures(0).calls(), 1u);
}

TEST(RpcTest, AddressesOfLaterPortmappersAreRead) {
  Conversation c(kUdp, 111);
  c.Client(Call(1, 100000, 4, 3,
                absl::StrCat(Big32(100005), Big32(3), Xdr("udp6"), Xdr(""),
                             Xdr("superuser"))));
  c.Server(Reply(1, Xdr("::1.8.1")));
  EXPECT_EQ(c.Events()[0].rpc().mapped_transport(), "udp6");
  EXPECT_EQ(c.Events()[0].rpc().mapped_port(), 2049u);
  EXPECT_EQ(c.Events()[0].rpc().procedure(), "GETADDR");
}

TEST(RpcTest, AListIsCounted) {
  Conversation c(kUdp, 111);
  c.Client(Call(1, 100000, 2, 4, ""));
  c.Server(Reply(
      1, absl::StrCat(Big32(1), Zeros(16), Big32(1), Zeros(16), Zeros(4))));
  EXPECT_EQ(c.Events()[0].rpc().listed_programs(), 2u);
}

TEST(RpcTest, AMountIsToldWithItsPathAndStatus) {
  Conversation c(kUdp, 635);
  c.Client(Call(1, 100005, 3, 1, Xdr("/home/ann"), "pc7"));
  c.Server(Reply(1, Big32(13)));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].rpc().action(), "mount");
  EXPECT_EQ(c.Events()[0].rpc().path(), "/home/[user]");
  EXPECT_EQ(c.Events()[0].rpc().status(), "err_access");
}

TEST(RpcTest, CallsOfNfsOverTcpAreSummedUp) {
  for (const size_t piece : {0u, 1u, 50u}) {
    Conversation c(kTcp, 2049);
    c.InPiecesOf(piece);
    c.Client(Record(Call(1, 100003, 3, 1, "handle", "pc7")));
    c.Server(Record(Reply(1, Zeros(84))));
    c.Client(Record(Call(2, 100003, 3, 7, std::string(9000, 'w'))));
    c.Server(Record(Reply(2, Zeros(100))));
    c.Client(Record(Call(3, 100003, 3, 3, "name")));
    c.Server(Record(Reply(3, Big32(2))));
    c.Client(Record(Call(4, 100003, 3, 99, "")));
    c.Server(Record(Reply(4, "", 3)));
    c.End();
    EXPECT_EQ(c.told().protocol, Protocol::kNfs);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    const v1::Rpc rpc = c.Events()[0].rpc();
    EXPECT_EQ(rpc.action(), "summary");
    EXPECT_EQ(rpc.program_name(), "nfs");
    EXPECT_EQ(rpc.version(), 3u);
    EXPECT_EQ(rpc.machine(), "pc7");
    ASSERT_EQ(rpc.procedures_size(), 4);
    EXPECT_EQ(rpc.procedures(0).name(), "GETATTR");
    EXPECT_EQ(rpc.procedures(0).errors(), 0u);
    EXPECT_EQ(rpc.procedures(1).name(), "WRITE");
    EXPECT_EQ(rpc.procedures(2).name(), "LOOKUP");
    EXPECT_EQ(rpc.procedures(2).errors(), 1u);
    EXPECT_EQ(rpc.procedures(3).name(), "");
    EXPECT_EQ(rpc.procedures(3).errors(), 1u);
    EXPECT_LE(c.peak_memory(), 32u << 10);
  }
}

TEST(RpcTest, OfARecordInFragmentsTheFirstIsRead) {
  const std::string call = Call(1, 100003, 3, 1, std::string(100, 'h'));
  Conversation c(kTcp, 2049);
  c.Client(Record(Call(9, 100003, 3, 0, "")));
  c.Client(Record(call.substr(0, 60), false) + Record(call.substr(60), false) +
           Record("x"));
  c.Client(Record(Call(2, 100003, 3, 1, ""))).End();
  EXPECT_THAT(c.told().anomalies, IsEmpty());
  EXPECT_EQ(c.Events()[0].rpc().procedures(1).calls(), 2u);
}

TEST(RpcTest, ARefusalIsAnError) {
  Conversation c(kUdp, 111);
  c.Client(Call(1, 100005, 3, 1, Xdr("/export")));
  c.Server(absl::StrCat(Big32(1), Big32(1), Big32(1), Big32(1), Big32(5)));
  c.End();
  EXPECT_EQ(c.Events()[0].rpc().status(), "auth_error");
  EXPECT_EQ(c.Events()[1].rpc().procedures(0).errors(), 1u);
}

TEST(RpcTest, WhatIsHeldIsBounded) {
  Conversation c(kUdp, 111);
  for (uint32_t i = 0; i < 5000; ++i) {
    c.Client(Call(i, 100000 + i % 40, 2, i % 100, ""));
  }
  EXPECT_LE(c.peak_memory(), 64u << 10);
  c.End();
  EXPECT_THAT(c.Events(), SizeIs(16));
}

TEST(RpcTest, EveryTruncationIsRefused) {
  const std::string call = Call(1, 100003, 3, 1, "", "machine");
  for (size_t size = 0; size < call.size(); ++size) {
    RpcCall read;
    EXPECT_FALSE(read.Read(ByteVector(call.substr(0, size)))) << size;
  }
  const std::string reply = Reply(1, "");
  for (size_t size = 0; size < reply.size(); ++size) {
    RpcReply read;
    EXPECT_FALSE(read.Read(ByteVector(reply.substr(0, size)))) << size;
  }
}

TEST(RpcTest, EachBrokenRuleIsMalformed) {
  std::string version = Call(1, 100003, 3, 1, "");
  version[11] = 3;
  std::string type = version;
  type[7] = 2;
  std::string credential = Call(1, 100003, 3, 1, "");
  credential[30] = '\x7f';
  std::string machine = Call(1, 100003, 3, 1, "", "pc7");
  machine[39] = '\x7f';
  for (const std::string& message : {version, type, credential, machine,
                                     Reply(1, "", 9), Call(1, 99, 1, 1, "")}) {
    Conversation c(kUdp, 111);
    c.Client(Call(9, 100000, 2, 0, "")).Client(message);
    EXPECT_THAT(c.told().anomalies, ElementsAre("rpc.malformed"));
  }
  Conversation c(kTcp, 111);
  c.Client(Record(Call(9, 100000, 2, 0, ""))).Client(Hex("80000000"));
  EXPECT_THAT(c.told().anomalies, ElementsAre("rpc.framing"));
  EXPECT_FALSE(c.wants());
}

TEST(RpcTest, ManyBrokenRecordsEndAStream) {
  Conversation c(kTcp, 111);
  const std::string good = Record(Call(9, 100000, 2, 0, ""));
  c.Client(good);
  for (int i = 0; i < 16; ++i) {
    c.Client(Record(Call(1, 99, 1, 1, "")) + good);
  }
  EXPECT_TRUE(c.wants());
  c.Client(Record(Call(1, 99, 1, 1, "")));
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.told().anomalies, ElementsAre("rpc.malformed"));
  EXPECT_THAT(c.Events(), SizeIs(1));
}

TEST(RpcTest, ACallIsKnownOnAnyPort) {
  Conversation udp(kUdp, 9999);
  udp.Client(Call(1, 100000, 2, 0, ""));
  EXPECT_EQ(udp.told().protocol, Protocol::kRpc);
  Conversation tcp(kTcp, 9999);
  tcp.InPiecesOf(1).Client(Record(Call(1, 100003, 4, 1, "")));
  EXPECT_EQ(tcp.told().protocol, Protocol::kNfs);
}

TEST(RpcTest, OtherProtocolsAreNotRpc) {
  for (const std::string& bytes :
       {Hex("80000028") + Zeros(40), Zeros(60), std::string(60, '\2'),
        Hex("000001000001000000000000") + Zeros(40),
        Record(std::string(60, 'x'))}) {
    for (const auto transport : {kTcp, kUdp}) {
      Conversation c(transport, 9999);
      c.Client(bytes);
      EXPECT_NE(c.told().protocol, Protocol::kRpc);
    }
  }
}

TEST(RpcTest, AddressesThatAreNoneHaveNoPort) {
  uint32_t port;
  EXPECT_TRUE(ReadRpcPort(ByteVector(Xdr("")), 3, &port));
  EXPECT_EQ(port, 0u);
  for (const char* address : {"1", ".", "1.2.3.4.256.1", "a.b", "..", "1."}) {
    EXPECT_FALSE(ReadRpcPort(ByteVector(Xdr(address)), 3, &port)) << address;
  }
  EXPECT_FALSE(ReadRpcPort(ByteVector(Big32(70000)), 2, &port));
}

}  // namespace
}  // namespace tapline::testing
