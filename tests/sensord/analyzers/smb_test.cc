// SMB 2 and how SMB is known; smb1_test.cc has what SMB 1 says.

#include "sensord/analyzers/smb.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gss_bytes.h"
#include "smb_bytes.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;

struct Turn {
  bool client;
  std::string bytes;
};

// A logon to 3.1.1, a share, one file written.
std::vector<Turn> WholeVisit() {
  const uint64_t session = 0x1122334455667788;
  return {
      {true, SmbFrame(Smb2NegotiateRequest())},
      {false, SmbFrame(Smb2NegotiateResponse())},
      {true,
       SmbFrame(Smb2SetupRequest(1, 0, SpnegoInit(NtlmNegotiateMessage())))},
      {false, SmbFrame(Smb2SetupResponse(
                  1, session, kMoreProcessing, 0,
                  SpnegoResponse(NtlmChallengeMessage("CORP"))))},
      {true, SmbFrame(Smb2SetupRequest(2, session,
                                       SpnegoResponse(NtlmAuthenticateMessage(
                                           "CORP", "alice", "PC7"))))},
      {false, SmbFrame(Smb2SetupResponse(2, session, 0, 0, ""))},
      {true, SmbFrame(Smb2TreeRequest(3, "\\\\files\\home"))},
      {false, SmbFrame(Smb2TreeResponse(3, 5, 1))},
      {true, SmbFrame(Smb2CreateRequest(4, 5, "Users\\alice\\plan.docx"))},
      {false, SmbFrame(Smb2CreateResponse(4, 99, 2, 0))},
      {true, SmbFrame(Smb2WriteRequest(5, 99, std::string(40000, 'w')))},
      {false, SmbFrame(Smb2WriteResponse(5, 40000))},
      {true, SmbFrame(Smb2ReadRequest(6, 99, 100))},
      {false, SmbFrame(Smb2ReadResponse(6, std::string(100, 'r')))},
      {true, SmbFrame(Smb2CloseRequest(7, 99))},
      {false, SmbFrame(Smb2CloseResponse(7))},
  };
}

void Play(Conversation& c, const std::vector<Turn>& turns) {
  for (const Turn& turn : turns) {
    turn.client ? c.Client(turn.bytes) : c.Server(turn.bytes);
  }
}

std::vector<v1::Smb> Told(const Conversation& c) {
  std::vector<v1::Smb> told;
  for (const v1::Event& e : c.Events()) told.push_back(e.smb());
  return told;
}

TEST(SmbTest, AVisitIsToldStepByStep) {
  Conversation c(kTcp, 445);
  Play(c, WholeVisit());
  c.End();
  EXPECT_EQ(c.told().protocol, Protocol::kSmb);
  EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
  const std::vector<v1::Smb> told = Told(c);
  ASSERT_THAT(told, SizeIs(5));

  EXPECT_EQ(told[0].action(), "negotiate");
  EXPECT_EQ(told[0].dialect(), "3.1.1");
  EXPECT_THAT(told[0].dialects_offered(),
              ElementsAre("2.0.2", "2.1", "3.0", "3.0.2", "3.1.1"));
  EXPECT_TRUE(told[0].signing_enabled());
  EXPECT_TRUE(told[0].signing_required());
  EXPECT_EQ(told[0].cipher(), "AES-128-GCM");
  EXPECT_EQ(told[0].server_name(), "files");
  EXPECT_FALSE(told[0].deprecated());

  EXPECT_EQ(told[1].action(), "session_setup");
  EXPECT_TRUE(told[1].success());
  EXPECT_EQ(told[1].status(), "STATUS_SUCCESS");
  EXPECT_EQ(told[1].login(), v1::LOGIN_OUTCOME_SUCCEEDED);
  EXPECT_EQ(told[1].authentication().mechanism(), "ntlm");
  EXPECT_EQ(told[1].authentication().account(), "a***");
  EXPECT_EQ(told[1].authentication().domain(), "CORP");
  EXPECT_EQ(told[1].authentication().workstation(), "PC7");

  EXPECT_EQ(told[2].action(), "tree_connect");
  EXPECT_EQ(told[2].share(), "\\\\\\\\files\\\\home");
  EXPECT_EQ(told[2].share_type(), "disk");

  EXPECT_EQ(told[3].action(), "file");
  EXPECT_EQ(told[3].file(), "Users\\\\[user]\\\\plan.docx");
  EXPECT_EQ(told[3].share_type(), "disk");
  EXPECT_EQ(told[3].disposition(), "created");
  EXPECT_EQ(told[3].bytes_written(), 40000u);
  EXPECT_EQ(told[3].bytes_read(), 100u);
  EXPECT_EQ(told[3].duration_ns(), 7000000u);

  EXPECT_EQ(told[4].action(), "summary");
  ASSERT_EQ(told[4].commands_size(), 7);
  EXPECT_EQ(told[4].commands(1).command(), "session_setup");
  EXPECT_EQ(told[4].commands(1).requests(), 2u);
  EXPECT_EQ(told[4].commands(1).errors(), 0u);
}

TEST(SmbTest, HoweverTheStreamIsCutTheSameIsTold) {
  Conversation whole(kTcp, 445);
  Play(whole, WholeVisit());
  whole.End();
  for (const size_t piece : {1u, 7u, 64u, 1460u}) {
    Conversation c(kTcp, 445);
    c.InPiecesOf(piece);
    Play(c, WholeVisit());
    c.End();
    ASSERT_THAT(c.Events(), SizeIs(whole.Events().size())) << piece;
    for (size_t i = 0; i < c.Events().size(); ++i) {
      EXPECT_EQ(c.Events()[i].DebugString(), whole.Events()[i].DebugString());
    }
    EXPECT_LE(c.peak_memory(), 64u << 10);
  }
}

TEST(SmbTest, EveryTruncationOfAMessageIsSurvivedAndTellsNoMore) {
  std::vector<Turn> turns = WholeVisit();
  for (size_t at = 0; at < turns.size(); ++at) {
    const std::string message = turns[at].bytes.substr(4);
    for (size_t size = 0; size < std::min<size_t>(message.size(), 300);
         ++size) {
      Conversation c(kTcp, 445);
      std::vector<Turn> some(turns.begin(),
                             turns.begin() + static_cast<std::ptrdiff_t>(at));
      some.push_back({turns[at].client, SmbFrame(message.substr(0, size))});
      Play(c, some);
      c.End();
      EXPECT_LE(c.Events().size(), 6u);
    }
  }
}

TEST(SmbTest, AFailedLogonTellsItsReason) {
  Conversation c(kTcp, 445);
  std::vector<Turn> turns = WholeVisit();
  turns.resize(5);
  Play(c, turns);
  c.Server(SmbFrame(Smb2Error(1, 2, kLogonFailure)));
  ASSERT_THAT(c.Events(), SizeIs(2));
  const v1::Smb setup = c.Events()[1].smb();
  EXPECT_FALSE(setup.success());
  EXPECT_EQ(setup.status(), "STATUS_LOGON_FAILURE");
  EXPECT_EQ(setup.login(), v1::LOGIN_OUTCOME_FAILED);
  EXPECT_EQ(setup.authentication().account(), "a***");
  c.End();
  EXPECT_EQ(c.Events()[2].smb().commands(1).errors(), 1u);
}

TEST(SmbTest, ALogonWithoutAnOutcomeIsToldAtTheEnd) {
  Conversation c(kTcp, 445);
  std::vector<Turn> turns = WholeVisit();
  turns.resize(5);
  Play(c, turns);
  c.End();
  const std::vector<v1::Smb> told = Told(c);
  ASSERT_THAT(told, SizeIs(3));
  EXPECT_EQ(told[1].action(), "session_setup");
  EXPECT_EQ(told[1].status(), "");
  EXPECT_EQ(told[1].login(), v1::LOGIN_OUTCOME_UNSPECIFIED);
  EXPECT_FALSE(told[1].success());
}

TEST(SmbTest, AFileThatIsNotThereIsToldWithItsStatus) {
  Conversation c(kTcp, 445);
  c.Client(SmbFrame(Smb2CreateRequest(4, 5, "secret.txt")));
  c.Server(SmbFrame(Smb2Error(5, 4, 0xc0000022)));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].smb().status(), "STATUS_ACCESS_DENIED");
  EXPECT_EQ(c.Events()[0].smb().file(), "secret.txt");
  EXPECT_EQ(c.Events()[0].smb().disposition(), "");
}

TEST(SmbTest, CommandsOfAChainShareTheFileTheyOpen) {
  const std::string create =
      Smb2({.command = 5, .message = 4, .tree = 5, .next = 136},
           Smb2CreateBody("abcd", 0x1000));
  ASSERT_EQ(create.size() % 8, 0u);
  const std::string close =
      Smb2({.command = 6, .message = 5, .flags = 4, .next = 0},
           Smb2CloseBody(Smb2SameFile()));
  const std::string created =
      Smb2({.command = 5, .message = 4, .response = true, .next = 160},
           Smb2CreateResponseBody(7, 1, 12) + Zeros(8));
  ASSERT_EQ(create.size(), 128u + 0 + 0);
  Conversation c(kTcp, 445);
  c.Client(SmbFrame(create + Zeros(8) + close));
  ASSERT_EQ(created.size(), 160u);
  c.Server(SmbFrame(created + Smb2CloseResponse(5)));
  EXPECT_THAT(c.told().anomalies, IsEmpty());
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].smb().file(), "abcd");
  EXPECT_EQ(c.Events()[0].smb().file_bytes(), 12u);
  EXPECT_TRUE(c.Events()[0].smb().deleted());
}

TEST(SmbTest, OneOfAChainBehindALargeWriteIsRead) {
  const std::string data(40000, 'w');
  std::string write = Smb2WriteRequest(5, 99, data);
  write.resize((write.size() + 7) / 8 * 8);
  write.replace(20, 4, Little(write.size(), 4));
  Conversation c(kTcp, 445);
  c.Client(SmbFrame(Smb2CreateRequest(4, 5, "a")));
  c.Server(SmbFrame(Smb2CreateResponse(4, 99, 2, 0)));
  c.InPiecesOf(1000);
  c.Client(SmbFrame(write + Smb2CloseRequest(6, 99)));
  c.Server(SmbFrame(Smb2WriteResponse(5, 40000)));
  c.Server(SmbFrame(Smb2CloseResponse(6)));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].smb().bytes_written(), 40000u);
}

TEST(SmbTest, BytesMissingFromContentsAreNotMissed) {
  Conversation c(kTcp, 445);
  c.Client(SmbFrame(Smb2CreateRequest(4, 5, "a")));
  c.Server(SmbFrame(Smb2CreateResponse(4, 99, 2, 0)));
  const std::string write =
      SmbFrame(Smb2WriteRequest(5, 99, std::string(40000, 'w')));
  c.Client(write.substr(0, 20000)).Gap(true, 15000);
  c.Client(write.substr(35000) + SmbFrame(Smb2CloseRequest(6, 99)));
  c.Server(SmbFrame(Smb2WriteResponse(5, 40000)) +
           SmbFrame(Smb2CloseResponse(6)));
  EXPECT_THAT(c.Events(), SizeIs(1));
}

TEST(SmbTest, BytesMissingElsewhereEndTheReading) {
  Conversation c(kTcp, 445);
  c.Client(SmbFrame(Smb2NegotiateRequest())).Gap(true, 10);
  EXPECT_FALSE(c.wants());
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].smb().action(), "summary");
}

TEST(SmbTest, AnInterimResponseIsNotTheAnswer) {
  Conversation c(kTcp, 445);
  c.Client(SmbFrame(Smb2CreateRequest(4, 5, "a")));
  c.Server(SmbFrame(Smb2({.command = 5,
                          .message = 4,
                          .response = true,
                          .status = 0x103,
                          .flags = 2},
                         Little(9, 2) + Zeros(7))));
  EXPECT_THAT(c.told().anomalies, IsEmpty());
  c.Server(SmbFrame(Smb2Error(5, 4, 0xc0000034)));
  EXPECT_THAT(c.Events(), SizeIs(1));
}

TEST(SmbTest, WhatIsEncryptedIsCountedAndThenNotRead) {
  Conversation c(kTcp, 445);
  Play(c, WholeVisit());
  const std::string hidden = SmbFrame(absl::StrCat("\xfdSMB", Zeros(100)));
  EXPECT_EQ(c.told().encrypted, -1);
  for (int i = 0; i < 32; ++i) c.Client(hidden).Server(hidden);
  EXPECT_EQ(c.told().encrypted, 1);
  EXPECT_FALSE(c.wants());
  EXPECT_EQ(c.Events().back().smb().encrypted_messages(), 64u);
}

TEST(SmbTest, ManyFilesAreCountedButNotAllTold) {
  Conversation c(kTcp, 445);
  for (uint64_t i = 0; i < 300; ++i) {
    c.Client(SmbFrame(Smb2CreateRequest(2 * i + 1, 5, "a")));
    c.Server(SmbFrame(Smb2CreateResponse(2 * i + 1, i, 1, 0)));
    c.Client(SmbFrame(Smb2CloseRequest(2 * i + 2, i)));
    c.Server(SmbFrame(Smb2CloseResponse(2 * i + 2)));
  }
  c.End();
  ASSERT_THAT(c.Events(), SizeIs(65));
  EXPECT_EQ(c.Events()[64].smb().files_not_told(), 300u - 64u);
}

TEST(SmbTest, RequestsWithoutResponsesDoNotPileUp) {
  Conversation c(kTcp, 445);
  for (uint64_t i = 0; i < 5000; ++i) {
    c.Client(SmbFrame(Smb2CreateRequest(i, 5, std::string(200, 'a'))));
  }
  EXPECT_LE(c.peak_memory(), 64u << 10);
}

// --- Each rule broken once ---------------------------------------------------

TEST(SmbTest, AnUnknownFrameTypeEndsTheReading) {
  Conversation c(kTcp, 445);
  c.Client(SmbFrame(Smb2NegotiateRequest()) + Hex("42000000"));
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.told().anomalies, ElementsAre("smb.framing"));
}

TEST(SmbTest, EachBrokenMessageIsAnAnomalyAndTheNextIsRead) {
  std::string wrong_size = Smb2NegotiateRequest();
  wrong_size[4] = 63;
  std::string wrong_command = Smb2NegotiateRequest();
  wrong_command[12] = 20;
  std::string too_many_dialects = Smb2NegotiateRequest();
  too_many_dialects[66] = 100;
  std::string context_outside = Smb2NegotiateRequest();
  context_outside[92 + 2] = 100;
  std::string path_outside = Smb2TreeRequest(3, "\\\\a\\b");
  path_outside[64 + 4] = 100;
  std::string name_outside = Smb2CreateRequest(3, 5, "abc");
  name_outside[64 + 46] = 100;
  std::string token_outside = Smb2SetupRequest(1, 0, "token");
  token_outside[64 + 14] = 100;
  for (const std::string& message :
       {wrong_size, wrong_command, too_many_dialects, context_outside,
        path_outside, name_outside, token_outside,
        Smb2({.command = 6, .message = 1}, "short"),
        std::string("no SMB at all, but a whole frame of more than 64 bytes "
                    "that begins otherwise")}) {
    Conversation c(kTcp, 445);
    c.Client(SmbFrame(Smb2({.command = 13}, Little(4, 4))));
    c.Client(SmbFrame(message));
    EXPECT_THAT(c.told().anomalies, ElementsAre("smb.malformed"));
    EXPECT_TRUE(c.wants());
  }
}

TEST(SmbTest, ManyBrokenMessagesEndIt) {
  const std::string broken =
      SmbFrame(Smb2({.command = 6, .message = 1}, "short"));
  const std::string echo = SmbFrame(Smb2({.command = 13}, Little(4, 4)));
  Conversation c(kTcp, 445);
  c.Client(echo);
  for (int i = 0; i < 16; ++i) c.Client(broken + echo);
  EXPECT_TRUE(c.wants());
  c.Client(broken);
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.told().anomalies, ElementsAre("smb.malformed"));
}

TEST(SmbTest, AChainThatGoesOutsideItsFrameIsOneMessage) {
  for (const uint32_t next : {8u, 63u, 66u, 4000u, 0xfffffff8u}) {
    Conversation c(kTcp, 445);
    c.Client(SmbFrame(Smb2({.command = 13, .next = next}, Zeros(4))));
    c.Client(SmbFrame(Smb2CreateRequest(4, 5, "a")));
    c.Server(SmbFrame(Smb2Error(5, 4, 0xc0000034)));
    EXPECT_THAT(c.Events(), SizeIs(1)) << next;
  }
}

// --- Identification ----------------------------------------------------------

TEST(SmbTest, ASessionRequestIsNetbiosUntilSmbComes) {
  const std::string name =
      absl::StrCat("\x20", "EGFCEFEECACACACACACACACACACACACA", Zeros(1));
  Conversation c(kTcp, 139);
  c.Client(Hex("81000044") + name + name);
  EXPECT_EQ(c.told().protocol, Protocol::kNetbios);
  c.Server(Hex("82000000")).Client(Smb1Negotiate());
  EXPECT_EQ(c.told().protocol, Protocol::kSmb);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(SmbTest, SmbIsKnownOnAnyPortByteByByte) {
  Conversation c(kTcp, 9999);
  c.InPiecesOf(1).Client(SmbFrame(Smb2NegotiateRequest()));
  EXPECT_EQ(c.told().protocol, Protocol::kSmb);
}

TEST(SmbTest, TheServersResponseAloneIsKnown) {
  Conversation c(kTcp, 445);
  c.Midstream().Server(SmbFrame(Smb2CloseResponse(5)));
  EXPECT_EQ(c.told().protocol, Protocol::kSmb);
}

TEST(SmbTest, OtherProtocolsAreNotSmb) {
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\n\r\n"), Hex("16030100fa010000f60303"),
        std::string("SSH-2.0-x\r\n"), Hex("0300001300e00000000000"), Zeros(64),
        Hex("0000002ffe534d41"), Hex("8100004420") + "abc",
        Big(30, 2) + Zeros(30)}) {
    Conversation c(kTcp, 9999);
    c.Client(bytes);
    EXPECT_NE(c.told().protocol, Protocol::kSmb);
    EXPECT_NE(c.told().protocol, Protocol::kNetbios);
  }
}

}  // namespace
}  // namespace tapline::testing
