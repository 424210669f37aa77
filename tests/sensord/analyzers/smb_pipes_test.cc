// RPC over pipes of SMB 2; smb1_pipe_test.cc has those of SMB 1.

#include "sensord/analyzers/smb_pipes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dcerpc_bytes.h"
#include "smb_bytes.h"
#include "smb_told.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;
constexpr uint32_t kBufferOverflow = 0x80000005;
constexpr uint64_t kPipe = 99;
constexpr uint32_t kTree = 5;

void ConnectIpc(Conversation& c) {
  c.Client(SmbFrame(Smb2TreeRequest(1, "\\\\srv\\IPC$")));
  c.Server(SmbFrame(Smb2TreeResponse(1, kTree, 2)));
}

void OpenPipe(Conversation& c, const std::string& name, uint64_t file = kPipe,
              uint32_t tree = kTree) {
  c.Client(SmbFrame(Smb2CreateRequest(2, tree, name)));
  c.Server(SmbFrame(Smb2CreateResponse(2, file, 1, 0)));
}

void WritePipe(Conversation& c, const std::string& data,
               uint64_t file = kPipe) {
  c.Client(SmbFrame(Smb2WriteRequest(3, file, data)));
  c.Server(SmbFrame(Smb2WriteResponse(3, static_cast<uint32_t>(data.size()))));
}

void ReadPipe(Conversation& c, const std::string& data, uint64_t file = kPipe) {
  c.Client(SmbFrame(Smb2ReadRequest(4, file, 1024)));
  c.Server(SmbFrame(Smb2ReadResponse(4, data)));
}

void ClosePipe(Conversation& c, uint64_t file = kPipe) {
  c.Client(SmbFrame(Smb2CloseRequest(9, file)));
  c.Server(SmbFrame(Smb2CloseResponse(9)));
}

// A bind by write and read, a call in one go.
void CallService(Conversation& c, const std::string& pipe) {
  OpenPipe(c, pipe);
  WritePipe(c, RpcBind(11, 1));
  ReadPipe(c, RpcBindAnswer(12, 1, 0));
  c.Client(SmbFrame(Smb2IoctlRequest(5, kPipe, RpcRequest(2, 12, "stub"))));
  c.Server(SmbFrame(Smb2IoctlResponse(5, kPipe, RpcFault(2, 5))));
  ClosePipe(c);
}

TEST(SmbPipesTest, ABindAndACallOverAPipeAreTold) {
  for (const size_t piece : {0u, 1u, 7u, 100u}) {
    Conversation c(kTcp, 445);
    c.InPiecesOf(piece);
    ConnectIpc(c);
    CallService(c, "svcctl");
    c.End();
    EXPECT_EQ(c.told().protocol, Protocol::kSmb);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
    EXPECT_LE(c.peak_memory(), 64u << 10);
    const std::vector<v1::Dcerpc> calls = Calls(c);
    ASSERT_THAT(calls, SizeIs(3)) << piece;
    EXPECT_EQ(calls[0].action(), "bind");
    EXPECT_EQ(calls[0].pipe(), "svcctl");
    EXPECT_TRUE(calls[0].success());
    EXPECT_EQ(calls[0].interfaces(0).name(), "svcctl");
    EXPECT_EQ(calls[1].action(), "operation");
    EXPECT_EQ(calls[1].operations(0).operation(), "RCreateServiceW");
    EXPECT_EQ(calls[2].action(), "summary");
    EXPECT_EQ(calls[2].pipe(), "svcctl");
    EXPECT_EQ(calls[2].operations(0).requests(), 1u);
    EXPECT_EQ(calls[2].operations(0).fault(), "access_denied");
    ASSERT_THAT(Files(c), SizeIs(1));
    EXPECT_EQ(Files(c)[0].bytes_written(),
              RpcBind(11, 1).size() + RpcRequest(2, 12, "stub").size());
    EXPECT_EQ(Files(c)[0].bytes_read(),
              RpcBindAnswer(12, 1, 0).size() + RpcFault(2, 5).size());
  }
}

TEST(SmbPipesTest, AnAnswerThatDoesNotFitGoesOnWithTheNextRead) {
  Conversation c(kTcp, 445);
  ConnectIpc(c);
  OpenPipe(c, "svcctl");
  const std::string answer = RpcBindAnswer(12, 1, 0);
  c.Client(SmbFrame(Smb2IoctlRequest(5, kPipe, RpcBind(11, 1))));
  c.Server(SmbFrame(
      Smb2IoctlResponse(5, kPipe, answer.substr(0, 20), kBufferOverflow)));
  EXPECT_THAT(Calls(c), IsEmpty());
  ReadPipe(c, answer.substr(20));
  ASSERT_THAT(Calls(c), SizeIs(1));
  EXPECT_TRUE(Calls(c)[0].success());
}

TEST(SmbPipesTest, PipesAreNamedByMeaning) {
  EXPECT_EQ(SmbPipeName("\\PIPE\\SvcCtl"), "svcctl");
  EXPECT_EQ(SmbPipeName("\\atsvc"), "atsvc");
  EXPECT_EQ(SmbPipeName("MyPipe"), "MyPipe");
  EXPECT_EQ(SmbPipeName(""), "");
  EXPECT_TRUE(IsWellKnownPipe("\\pipe\\WKSSVC"));
  EXPECT_TRUE(IsWellKnownPipe("epmapper"));
  EXPECT_FALSE(IsWellKnownPipe("svcctl2"));
}

TEST(SmbPipesTest, AnOpaqueNameIsMasked) {
  Conversation c(kTcp, 445);
  ConnectIpc(c);
  CallService(c, "f47ac10b58cc4372a5670e02b2c3d479");
  ASSERT_FALSE(Calls(c).empty());
  EXPECT_EQ(Calls(c)[0].pipe(), "[redacted:opaque]");
}

TEST(SmbPipesTest, AFileOnADiskIsNotAPipe) {
  Conversation c(kTcp, 445);
  c.Client(SmbFrame(Smb2TreeRequest(1, "\\\\srv\\data")));
  c.Server(SmbFrame(Smb2TreeResponse(1, kTree, 1)));
  CallService(c, "trace.bin");
  // The call itself says that it is a pipe; the rest was in a file.
  for (const v1::Dcerpc& call : Calls(c)) {
    EXPECT_EQ(call.pipe(), "");
    EXPECT_NE(call.action(), "bind");
  }
}

TEST(SmbPipesTest, AWellKnownPipeIsOneWhoseShareWasNotSeen) {
  Conversation c(kTcp, 445);
  CallService(c, "svcctl");
  EXPECT_THAT(Calls(c), SizeIs(3));
}

TEST(SmbPipesTest, ACallOnAPipeWhoseOpeningWasNotSeenIsTold) {
  Conversation c(kTcp, 445);
  c.Midstream();
  c.Client(SmbFrame(Smb2IoctlRequest(5, kPipe, RpcBind(11, 1))));
  c.Server(SmbFrame(Smb2IoctlResponse(5, kPipe, RpcBindAnswer(12, 1, 0))));
  ASSERT_THAT(Calls(c), SizeIs(1));
  EXPECT_EQ(Calls(c)[0].pipe(), "");
}

TEST(SmbPipesTest, SwitchedOffDcerpcIsNotReadOnPipes) {
  AnalyzerOptions options;
  options.off.push_back(Protocol::kDcerpc);
  Conversation c(kTcp, 445, 40000, options);
  ConnectIpc(c);
  CallService(c, "svcctl");
  c.End();
  EXPECT_THAT(Calls(c), IsEmpty());
  EXPECT_THAT(Files(c), SizeIs(1));
}

TEST(SmbPipesTest, APipeThatIsLeftOpenIsToldAtTheEnd) {
  Conversation c(kTcp, 445);
  ConnectIpc(c);
  OpenPipe(c, "samr");
  WritePipe(c, RpcBind(11, 1));
  c.End();
  ASSERT_THAT(Calls(c), SizeIs(1));
  EXPECT_FALSE(Calls(c)[0].success());
}

TEST(SmbPipesTest, PrivacyOnAPipeDoesNotMakeTheFlowEncrypted) {
  Conversation c(kTcp, 445);
  ConnectIpc(c);
  OpenPipe(c, "svcctl");
  WritePipe(c, RpcBind(11, 1, "token", 6));
  ReadPipe(c, RpcBindAnswer(12, 1, 0));
  WritePipe(c, RpcRequest(2, 12, "sealed"));
  EXPECT_EQ(c.told().encrypted, -1);
  EXPECT_THAT(Calls(c), SizeIs(2));
}

TEST(SmbPipesTest, ManyPipesDoNotPileUp) {
  Conversation c(kTcp, 445);
  ConnectIpc(c);
  for (uint64_t i = 0; i < 200; ++i) {
    OpenPipe(c, "svcctl", 100 + i);
    // A PDU whose end does not come.
    WritePipe(c, RpcBind(11, 1), 100 + i);
    WritePipe(c, RpcRequest(2, 12, std::string(1500, 's')).substr(0, 1500),
              100 + i);
  }
  EXPECT_LE(c.peak_memory(), 96u << 10);
  // Those that gave way were told.
  EXPECT_THAT(Calls(c), SizeIs(200 - SmbPipes::kMaxPipes));
}

// --- What is broken ----------------------------------------------------------

TEST(SmbPipesTest, OtherContentOnAPipeIsPassedOver) {
  Conversation c(kTcp, 445);
  ConnectIpc(c);
  OpenPipe(c, "chat");
  WritePipe(c, "hello, this is no PDU at all");
  WritePipe(c, RpcBind(11, 1));
  c.End();
  EXPECT_THAT(Calls(c), IsEmpty());
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(SmbPipesTest, OtherContentBehindPdusIsAnAnomaly) {
  Conversation c(kTcp, 445);
  ConnectIpc(c);
  OpenPipe(c, "svcctl");
  WritePipe(c, RpcBind(11, 1));
  WritePipe(c, "this begins otherwise");
  EXPECT_THAT(c.told().anomalies, ElementsAre("dcerpc.framing"));
  EXPECT_TRUE(c.wants());
}

TEST(SmbPipesTest, APduThatBreaksItsStructureIsAnAnomaly) {
  std::string bind = RpcBind(11, 1);
  bind[24] = 100;  // contexts
  Conversation c(kTcp, 445);
  ConnectIpc(c);
  OpenPipe(c, "svcctl");
  WritePipe(c, bind);
  EXPECT_THAT(c.told().anomalies, ElementsAre("dcerpc.malformed"));
}

TEST(SmbPipesTest, DataOutsideItsMessageIsMissingAndTheNextPduIsRead) {
  Conversation c(kTcp, 445);
  ConnectIpc(c);
  OpenPipe(c, "svcctl");
  std::string write = Smb2WriteRequest(3, kPipe, RpcBind(11, 1));
  write.replace(66, 2, Little(4000, 2));
  c.Client(SmbFrame(write));
  EXPECT_THAT(Calls(c), IsEmpty());
  WritePipe(c, RpcBind(11, 1));
  ReadPipe(c, RpcBindAnswer(12, 1, 0));
  EXPECT_THAT(Calls(c), SizeIs(1));
}

TEST(SmbPipesTest, EveryTruncationOfAnIoctlIsSurvived) {
  for (const std::string& message :
       {Smb2IoctlRequest(5, kPipe, RpcBind(11, 1)),
        Smb2IoctlResponse(5, kPipe, RpcBindAnswer(12, 1, 0))}) {
    for (size_t size = 0; size < message.size(); ++size) {
      Conversation c(kTcp, 445);
      ConnectIpc(c);
      OpenPipe(c, "svcctl");
      c.Client(SmbFrame(Smb2IoctlRequest(5, kPipe, RpcBind(11, 1))));
      const std::string cut = SmbFrame(message.substr(0, size));
      message[16] == 0 ? c.Client(cut) : c.Server(cut);
      c.End();
      EXPECT_LE(Calls(c).size(), 1u);
    }
  }
}

TEST(SmbPipesTest, AnIoctlOfFilesIsNoCall) {
  Conversation c(kTcp, 445);
  ConnectIpc(c);
  OpenPipe(c, "svcctl");
  c.Client(SmbFrame(Smb2IoctlRequest(5, kPipe, RpcBind(11, 1), 0x001401c4)));
  c.End();
  EXPECT_THAT(Calls(c), IsEmpty());
}

}  // namespace
}  // namespace tapline::testing
