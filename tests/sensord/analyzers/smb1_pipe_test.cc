// RPC over pipes of SMB 1.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "dcerpc_bytes.h"
#include "smb_bytes.h"
#include "smb_told.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;

// Offset of what is behind `words` words, counts and all.
size_t DataAt(size_t words) { return 32 + 1 + words * 2 + 2; }

void Smb1OpenPipe(Conversation& c, const std::string& name, uint16_t type) {
  c.Client(
      SmbFrame(Smb1({.command = 0xa2, .tree = 9, .multiplex = 2},
                    Smb1Block(absl::StrCat(Smb1NoAndX(), Zeros(44)),
                              absl::StrCat(Zeros(1), Utf16(name), Zeros(2))))));
  c.Server(SmbFrame(
      Smb1({.command = 0xa2, .response = true, .tree = 9, .multiplex = 2},
           Smb1Block(absl::StrCat(Smb1NoAndX(), Zeros(1), Little(77, 2),
                                  Little(1, 4), Zeros(44), Zeros(8),
                                  Little(type, 2), Zeros(2), Zeros(1)),
                     ""))));
}

void Smb1Write(Conversation& c, const std::string& data, uint16_t mode = 8) {
  c.Client(SmbFrame(Smb1(
      {.command = 0x2f, .tree = 9, .multiplex = 3},
      Smb1Block(absl::StrCat(Smb1NoAndX(), Little(77, 2), Zeros(8),
                             Little(mode, 2), Zeros(2), Zeros(2),
                             Little(data.size(), 2), Little(DataAt(12), 2)),
                data))));
  c.Server(SmbFrame(Smb1(
      {.command = 0x2f, .response = true, .multiplex = 3},
      Smb1Block(absl::StrCat(Smb1NoAndX(), Little(data.size(), 2), Zeros(6)),
                ""))));
}

void Smb1Read(Conversation& c, const std::string& data) {
  c.Client(SmbFrame(Smb1(
      {.command = 0x2e, .tree = 9, .multiplex = 4},
      Smb1Block(absl::StrCat(Smb1NoAndX(), Little(77, 2), Zeros(14)), ""))));
  c.Server(SmbFrame(Smb1(
      {.command = 0x2e, .response = true, .multiplex = 4},
      Smb1Block(absl::StrCat(Smb1NoAndX(), Zeros(6), Little(data.size(), 2),
                             Little(DataAt(12), 2), Zeros(10)),
                data))));
}

std::string Smb1Transact(const std::string& data, size_t total,
                         uint16_t function = 0x26) {
  const std::string name = absl::StrCat("\\PIPE\\", Zeros(1));
  return Smb1(
      {.command = 0x25, .tree = 9, .multiplex = 5},
      Smb1Block(absl::StrCat(Zeros(2), Little(total, 2), Zeros(18),
                             Little(data.size(), 2),
                             Little(DataAt(16) + name.size(), 2), Little(2, 1),
                             Zeros(1), Little(function, 2), Little(77, 2)),
                name + data));
}

std::string Smb1TransactAnswer(const std::string& data, size_t total,
                               size_t displacement) {
  return Smb1(
      {.command = 0x25, .response = true, .multiplex = 5},
      Smb1Block(absl::StrCat(Zeros(2), Little(total, 2), Zeros(8),
                             Little(data.size(), 2), Little(DataAt(10), 2),
                             Little(displacement, 2), Zeros(2)),
                data));
}

TEST(Smb1PipeTest, ABindAndACallOverAPipeOfSmb1AreTold) {
  for (const size_t piece : {0u, 1u, 13u}) {
    Conversation c(kTcp, 139);
    c.InPiecesOf(piece);
    Smb1OpenPipe(c, "\\atsvc", 2);
    Smb1Write(c, RpcBind(11, 1));
    Smb1Read(c, RpcBindAnswer(12, 1, 0));
    const std::string call = RpcRequest(2, 12, "stub");
    c.Client(SmbFrame(Smb1Transact(call, call.size())));
    const std::string fault = RpcFault(2, 5);
    c.Server(SmbFrame(Smb1TransactAnswer(fault, fault.size(), 0)));
    c.Client(
        SmbFrame(Smb1({.command = 0x04, .multiplex = 6},
                      Smb1Block(absl::StrCat(Little(77, 2), Zeros(4)), ""))));
    c.Server(SmbFrame(Smb1({.command = 0x04, .response = true, .multiplex = 6},
                           Smb1Block("", ""))));
    EXPECT_THAT(c.told().anomalies, IsEmpty());
    ASSERT_THAT(Calls(c), SizeIs(3)) << piece;
    EXPECT_EQ(Calls(c)[0].pipe(), "atsvc");
    EXPECT_TRUE(Calls(c)[0].success());
    EXPECT_EQ(Calls(c)[1].operations(0).operation(), "RCreateServiceW");
    EXPECT_EQ(Calls(c)[2].operations(0).faults(), 1u);
    ASSERT_THAT(Files(c), SizeIs(1));
    EXPECT_EQ(Files(c)[0].bytes_written(), RpcBind(11, 1).size() + call.size());
    EXPECT_EQ(Files(c)[0].bytes_read(),
              RpcBindAnswer(12, 1, 0).size() + fault.size());
  }
}

TEST(Smb1PipeTest, ATransactionInPartsIsPutTogether) {
  Conversation c(kTcp, 139);
  Smb1OpenPipe(c, "\\svcctl", 2);
  const std::string bind = RpcBind(11, 1);
  c.Client(SmbFrame(Smb1Transact(bind.substr(0, 30), bind.size())));
  c.Server(SmbFrame(Smb1({.command = 0x25, .response = true, .multiplex = 5},
                         Smb1Block("", ""))));
  c.Client(SmbFrame(
      Smb1({.command = 0x26, .multiplex = 5},
           Smb1Block(absl::StrCat(Zeros(2), Little(bind.size(), 2), Zeros(6),
                                  Little(bind.size() - 30, 2),
                                  Little(DataAt(8), 2), Little(30, 2)),
                     bind.substr(30)))));
  const std::string answer = RpcBindAnswer(12, 1, 0);
  c.Server(
      SmbFrame(Smb1TransactAnswer(answer.substr(0, 40), answer.size(), 0)));
  EXPECT_THAT(Calls(c), IsEmpty());
  c.Server(SmbFrame(Smb1TransactAnswer(answer.substr(40), answer.size(), 40)));
  EXPECT_THAT(c.told().anomalies, IsEmpty());
  ASSERT_THAT(Calls(c), SizeIs(1));
  EXPECT_TRUE(Calls(c)[0].success());
}

TEST(Smb1PipeTest, AWriteMayBringTheLengthOfItsMessage) {
  Conversation c(kTcp, 139);
  Smb1OpenPipe(c, "\\svcctl", 2);
  const std::string bind = RpcBind(11, 1);
  Smb1Write(c, absl::StrCat(Little(bind.size(), 2), bind), 0x0c);
  Smb1Read(c, RpcBindAnswer(12, 1, 0));
  EXPECT_THAT(Calls(c), SizeIs(1));
}

TEST(Smb1PipeTest, AnotherTransactionIsNoCall) {
  Conversation c(kTcp, 139);
  Smb1OpenPipe(c, "\\svcctl", 2);
  const std::string bind = RpcBind(11, 1);
  c.Client(SmbFrame(Smb1Transact(bind, bind.size(), 0x23)));
  c.End();
  EXPECT_THAT(Calls(c), IsEmpty());
}

TEST(Smb1PipeTest, EveryTruncationOfATransactionIsSurvived) {
  const std::string bind = RpcBind(11, 1);
  const std::string answer = RpcBindAnswer(12, 1, 0);
  for (const bool client : {true, false}) {
    const std::string message =
        client ? Smb1Transact(bind, bind.size())
               : Smb1TransactAnswer(answer, answer.size(), 0);
    for (size_t size = 0; size < message.size(); ++size) {
      Conversation c(kTcp, 139);
      Smb1OpenPipe(c, "\\svcctl", 2);
      c.Client(SmbFrame(Smb1Transact(bind, bind.size())));
      const std::string cut = SmbFrame(message.substr(0, size));
      client ? c.Client(cut) : c.Server(cut);
      c.End();
      EXPECT_LE(Calls(c).size(), 1u);
    }
  }
}

}  // namespace
}  // namespace tapline::testing
