#include "sensord/analyzers/dcerpc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "dcerpc_bytes.h"
#include "gss_bytes.h"
#include "sensord/analyzers/dcerpc_names.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;
constexpr auto kUdp = Conversation::kUdp;

TEST(DcerpcTest, ABindItsCallsAndTheirFaultsAreTold) {
  for (const size_t piece : {0u, 1u, 7u}) {
    Conversation c(kTcp, 49155);
    c.InPiecesOf(piece);
    c.Client(RpcBind(11, 1)).Server(RpcBindAnswer(12, 1, 0));
    c.Client(RpcRequest(2, 15, std::string(20000, 'x')));
    c.Server(RpcResponse(2));
    c.Client(RpcRequest(3, 12, "stub")).Server(RpcFault(3, 5));
    c.Client(RpcRequest(4, 12, "stub")).Server(RpcResponse(4));
    c.Client(RpcRequest(5, 99, "stub")).Server(RpcFault(5, 0x1c010002));
    c.End();
    EXPECT_EQ(c.told().protocol, Protocol::kDcerpc);
    EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
    EXPECT_LE(c.peak_memory(), 32u << 10);
    ASSERT_THAT(c.Events(), SizeIs(4)) << piece;
    const v1::Dcerpc bind = c.Events()[0].dcerpc();
    EXPECT_EQ(bind.action(), "bind");
    ASSERT_EQ(bind.interfaces_size(), 1);
    EXPECT_EQ(bind.interfaces(0).uuid(),
              "367abb81-9844-35f1-ad32-98f038001003");
    EXPECT_EQ(bind.interfaces(0).name(), "svcctl");
    EXPECT_EQ(bind.interfaces(0).version(), 2u);
    EXPECT_TRUE(bind.interfaces(0).accepted());
    EXPECT_TRUE(bind.success());
    EXPECT_EQ(bind.auth_type(), "");
    EXPECT_EQ(c.Events()[1].dcerpc().action(), "operation");
    EXPECT_EQ(c.Events()[1].dcerpc().operations(0).operation(),
              "ROpenSCManagerW");
    EXPECT_EQ(c.Events()[2].dcerpc().operations(0).operation(),
              "RCreateServiceW");
    const v1::Dcerpc summary = c.Events()[3].dcerpc();
    EXPECT_EQ(summary.action(), "summary");
    ASSERT_EQ(summary.operations_size(), 3);
    EXPECT_EQ(summary.operations(1).interface(), "svcctl");
    EXPECT_EQ(summary.operations(1).opnum(), 12u);
    EXPECT_EQ(summary.operations(1).requests(), 2u);
    EXPECT_EQ(summary.operations(1).faults(), 1u);
    EXPECT_EQ(summary.operations(1).fault(), "access_denied");
    EXPECT_EQ(summary.operations(2).fault(), "nca_s_op_rng_error");
    EXPECT_EQ(summary.operations(2).operation(), "");
  }
}

TEST(DcerpcTest, ABindWithNtlmWaitsForWhoItIs) {
  Conversation c(kTcp, 135);
  c.Client(RpcBind(11, 1, NtlmNegotiateMessage(), 6));
  c.Server(RpcBindAnswer(12, 1, 0, NtlmChallengeMessage("CORP")));
  EXPECT_THAT(c.Events(), IsEmpty());
  c.Client(Rpc5(16, 1, Zeros(4),
                NtlmAuthenticateMessage("CORP", "alice", "PC7"), 10, 6));
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Dcerpc bind = c.Events()[0].dcerpc();
  EXPECT_TRUE(bind.success());
  EXPECT_EQ(bind.auth_type(), "ntlm");
  EXPECT_EQ(bind.auth_level(), "privacy");
  EXPECT_EQ(bind.authentication().account(), "a***");
  EXPECT_EQ(bind.authentication().workstation(), "PC7");
  EXPECT_EQ(c.told().encrypted, -1);
  c.Client(RpcRequest(2, 12, "hidden"));
  EXPECT_EQ(c.told().encrypted, 1);
}

TEST(DcerpcTest, ALogonInTwoRoundsOfContextsIsOneBind) {
  Conversation c(kTcp, 135);
  c.Client(RpcBind(11, 1, SpnegoInit(NtlmNegotiateMessage())));
  c.Server(
      RpcBindAnswer(12, 1, 0, SpnegoResponse(NtlmChallengeMessage("CORP"))));
  c.Client(RpcBind(
      14, 2, SpnegoResponse(NtlmAuthenticateMessage("CORP", "bob", "PC"))));
  c.Server(RpcBindAnswer(15, 2, 0));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].dcerpc().interfaces_size(), 1);
  EXPECT_EQ(c.Events()[0].dcerpc().authentication().account(), "b***");
}

TEST(DcerpcTest, ARefusedBindTellsItsReason) {
  Conversation c(kTcp, 135);
  c.Client(RpcBind(11, 1)).Server(Rpc5(13, 1, Little16(8) + Zeros(6)));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_FALSE(c.Events()[0].dcerpc().success());
  EXPECT_EQ(c.Events()[0].dcerpc().failure(),
            "authentication_type_not_recognized");
}

TEST(DcerpcTest, AnInterfaceThatIsNotTakenIsNotAccepted) {
  Conversation c(kTcp, 135);
  c.Client(RpcBind(11, 1)).Server(RpcBindAnswer(12, 1, 2));
  EXPECT_FALSE(c.Events()[0].dcerpc().success());
  EXPECT_FALSE(c.Events()[0].dcerpc().interfaces(0).accepted());
}

TEST(DcerpcTest, ABindWithoutAnAnswerIsToldAtTheEnd) {
  Conversation c(kTcp, 135);
  c.Client(RpcBind(11, 1)).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_FALSE(c.Events()[0].dcerpc().success());
}

TEST(DcerpcTest, BytesMissingFromAStubAreNotMissed) {
  const std::string request = RpcRequest(2, 15, std::string(20000, 'x'));
  Conversation c(kTcp, 135);
  c.Client(RpcBind(11, 1)).Server(RpcBindAnswer(12, 1, 0));
  c.Client(request.substr(0, 9000)).Gap(true, 5000);
  c.Client(request.substr(14000) + RpcRequest(3, 12, "x")).End();
  EXPECT_EQ(c.Events().back().dcerpc().operations_size(), 2);
}

TEST(DcerpcTest, LaterFragmentsAreNotCallsOfTheirOwn) {
  std::string rest = RpcRequest(2, 15, "more");
  rest[3] = 2;
  Conversation c(kTcp, 135);
  c.Client(RpcBind(11, 1)).Server(RpcBindAnswer(12, 1, 0));
  c.Client(RpcRequest(2, 15, "begin") + rest + rest).End();
  EXPECT_EQ(c.Events().back().dcerpc().operations(0).requests(), 1u);
}

TEST(DcerpcTest, ManyOperationsAreBounded) {
  Conversation c(kTcp, 135);
  c.Client(RpcBind(11, 1)).Server(RpcBindAnswer(12, 1, 0));
  for (uint32_t i = 0; i < 5000; ++i) {
    c.Client(RpcRequest(i, static_cast<uint16_t>(i), ""));
  }
  EXPECT_LE(c.peak_memory(), 32u << 10);
  c.End();
  EXPECT_EQ(c.Events().back().dcerpc().operations_size(), 64);
}

TEST(DcerpcTest, BigEndianIsReadToo) {
  const std::string bind = absl::StrCat(
      Hex("05000b03 00000000"), Big16(72), Zeros(2), Big32(1), Big16(4280),
      Big16(4280), Zeros(4), Hex("01000000"), Big16(0), Hex("0100"),
      Hex("e1af83085d1f11c991a408002b14a0fa"), Big32(3), Zeros(20));
  ASSERT_EQ(bind.size(), 72u);
  Conversation c(kTcp, 135);
  c.Client(bind).End();
  EXPECT_EQ(c.Events()[0].dcerpc().interfaces(0).name(), "epmapper");
  EXPECT_EQ(c.Events()[0].dcerpc().interfaces(0).version(), 3u);
}

// A request of PROFINET's controller, connect.
std::string Datagram(uint8_t type, uint16_t opnum, const std::string& body) {
  return absl::StrCat(Hex("04"), Little(type, 1), Hex("2000 100000 00"),
                      Zeros(16), Hex("0100a0de976cd1118271 00a02442df7d"),
                      std::string(16, 'a'), Zeros(4), Little32(1), Little32(7),
                      Little16(opnum), Hex("ffffffff"), Little16(body.size()),
                      Zeros(2), Zeros(2), body);
}

TEST(DcerpcTest, CallsInDatagramsAreCounted) {
  Conversation c(kUdp, 34964);
  c.Client(Datagram(0, 0, "abc")).Server(Datagram(2, 0, "ok"));
  c.Client(Datagram(0, 0, "abc"));
  c.Server(Datagram(6, 0, Little32(0x1c010003)));
  c.End();
  EXPECT_EQ(c.told().protocol, Protocol::kDcerpc);
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::DcerpcOperation operation = c.Events()[0].dcerpc().operations(0);
  EXPECT_EQ(operation.interface(), "profinet_device");
  EXPECT_EQ(operation.requests(), 2u);
  EXPECT_EQ(operation.fault(), "nca_s_unk_if");
}

TEST(DcerpcTest, EveryTruncationIsSurvived) {
  const auto sized = [](std::string pdu) {
    return pdu.replace(8, 2, Little16(pdu.size()));
  };
  for (const std::string& pdu :
       {RpcBind(11, 1, NtlmNegotiateMessage()), RpcBindAnswer(12, 1, 0),
        RpcRequest(1, 12, ""), RpcFault(1, 5)}) {
    for (size_t size = 16; size < pdu.size(); ++size) {
      Conversation c(kTcp, 135);
      c.Client(RpcBind(11, 1)).Client(sized(pdu.substr(0, size))).End();
      EXPECT_LE(c.Events().size(), 3u);
    }
  }
  for (size_t size = 0; size < 83; ++size) {
    Conversation c(kUdp, 34964);
    c.Client(Datagram(0, 0, "abc").substr(0, size)).End();
    for (const v1::Event& e : c.Events()) EXPECT_FALSE(e.has_dcerpc()) << size;
  }
}

TEST(DcerpcTest, ManyBrokenPdusEndAStream) {
  Conversation c(kTcp, 135);
  c.Client(RpcBind(11, 1));
  for (int i = 0; i < 16; ++i) c.Client(Rpc5(0, 1, ""));
  EXPECT_TRUE(c.wants());
  c.Client(Rpc5(0, 1, ""));
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.told().anomalies, ElementsAre("dcerpc.malformed"));
}

TEST(DcerpcTest, EachBrokenRuleIsAnAnomaly) {
  std::string outside = RpcBind(11, 1, "token");
  outside.replace(10, 2, Little16(200));
  std::string contexts = RpcBind(11, 1);
  contexts[24] = 9;
  std::string results = RpcBindAnswer(12, 1, 0);
  results[results.size() - 24 - 4] = 9;
  for (const std::string& pdu :
       {outside, contexts, results, Rpc5(0, 1, ""), Rpc5(13, 1, "")}) {
    Conversation c(kTcp, 135);
    c.Client(RpcBind(11, 1)).Client(pdu);
    EXPECT_THAT(c.told().anomalies, ElementsAre("dcerpc.malformed"));
    EXPECT_TRUE(c.wants());
  }
  Conversation framing(kTcp, 135);
  framing.Client(RpcBind(11, 1)).Client(Hex("05000b03100000000f00") + Zeros(6));
  EXPECT_THAT(framing.told().anomalies, ElementsAre("dcerpc.framing"));
  EXPECT_FALSE(framing.wants());
}

TEST(DcerpcTest, ABindIsKnownOnAnyPortAndACallOnItsOwn) {
  Conversation bind(kTcp, 9999);
  bind.InPiecesOf(1).Client(RpcBind(11, 1));
  EXPECT_EQ(bind.told().protocol, Protocol::kDcerpc);
  Conversation call(kTcp, 9999);
  call.Client(RpcRequest(1, 1, "x"));
  EXPECT_NE(call.told().protocol, Protocol::kDcerpc);
  Conversation joined(kTcp, 9999);
  joined.Midstream().Client(RpcRequest(1, 1, "x"));
  EXPECT_EQ(joined.told().protocol, Protocol::kDcerpc);
}

TEST(DcerpcTest, OtherProtocolsAreNotDcerpc) {
  // SOCKS 5, DTLS-like, a datagram whose size lies.
  std::string lies = Datagram(0, 0, "abc");
  lies[74] = 100;
  for (const std::string& bytes :
       {Hex("050100"), Hex("0502000105") + Zeros(20), lies, Zeros(100),
        std::string("\4") + std::string(100, 'x')}) {
    for (const auto transport : {kTcp, kUdp}) {
      Conversation c(transport, 9999);
      c.Client(bytes);
      EXPECT_NE(c.told().protocol, Protocol::kDcerpc);
    }
  }
}

TEST(DcerpcTest, CodesWithoutANameKeepTheirNumber) {
  EXPECT_EQ(DcerpcFaultName(0x1c010099), "0x1c010099");
  EXPECT_EQ(DcerpcRefusalName(77), "reason 77");
  EXPECT_EQ(DcerpcAuthTypeName(77), "type 77");
  EXPECT_EQ(DcerpcAuthLevelName(77), "");
}

}  // namespace
}  // namespace tapline::testing
