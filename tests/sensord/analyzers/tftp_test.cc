#include "sensord/analyzers/tftp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/conversation.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kUdp = Conversation::kUdp;

std::string Texts(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) absl::StrAppend(&out, text, Zeros(1));
  return out;
}
std::string Request(uint16_t opcode, const std::vector<std::string>& texts) {
  return Big16(opcode) + Texts(texts);
}
std::string Data(uint16_t block, size_t size) {
  return absl::StrCat(Big16(3), Big16(block), std::string(size, 'd'));
}
std::string Ack(uint16_t block) { return Big16(4) + Big16(block); }

TEST(TftpTest, ARequestIsToldOnce) {
  Conversation c(kUdp, 69);
  // RFC 2347's example of options.
  const std::string request =
      Request(1, {"foofile", "octet", "blksize", "1432", "tsize", "0"});
  c.Client(request).Client(request).End();
  EXPECT_EQ(c.told().protocol, Protocol::kTftp);
  EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Tftp tftp = c.Events()[0].tftp();
  EXPECT_EQ(tftp.action(), "read");
  EXPECT_EQ(tftp.file(), "foofile");
  EXPECT_EQ(tftp.mode(), "octet");
  EXPECT_EQ(tftp.block_bytes(), 1432u);
}

TEST(TftpTest, FilesOfPeopleAreMasked) {
  Conversation c(kUdp, 69);
  c.Client(Request(2, {"/home/ann/key", "NETASCII", "tsize", "77"}));
  EXPECT_EQ(c.Events()[0].tftp().action(), "write");
  EXPECT_EQ(c.Events()[0].tftp().file(), "/home/[user]/key");
  EXPECT_EQ(c.Events()[0].tftp().mode(), "netascii");
  EXPECT_EQ(c.Events()[0].tftp().file_bytes(), 77u);
}

TEST(TftpTest, ATransferBetweenOtherPortsIsKnownByItsFirstBlock) {
  Conversation c(kUdp, 40001, 50000);
  c.Client(Data(1, 512)).Server(Ack(1)).Client(Data(1, 512));
  c.Client(Data(2, 100)).Server(Ack(2));
  EXPECT_EQ(c.told().protocol, Protocol::kTftp);
  EXPECT_FALSE(c.wants());
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].tftp().action(), "transfer");
  EXPECT_EQ(c.Events()[0].tftp().transferred_bytes(), 612u);
  EXPECT_TRUE(c.Events()[0].tftp().complete());
}

TEST(TftpTest, WithOptionsTheBlockSizeAgreedOnCounts) {
  Conversation c(kUdp, 40001, 50000);
  c.Client(Big16(6) + Texts({"blksize", "1000", "tsize", "1200"}));
  c.Server(Ack(0)).Client(Data(1, 1000)).Server(Ack(1));
  c.Client(Data(2, 200)).Server(Ack(2));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].tftp().block_bytes(), 1000u);
  EXPECT_EQ(c.Events()[0].tftp().file_bytes(), 1200u);
  EXPECT_EQ(c.Events()[0].tftp().transferred_bytes(), 1200u);
}

TEST(TftpTest, AnErrorEndsATransfer) {
  Conversation c(kUdp, 40001, 50000);
  c.Client(Data(1, 512)).Server(absl::StrCat(Big16(5), Big16(3), Texts({"x"})));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].tftp().error(), "disk_full");
  EXPECT_FALSE(c.Events()[0].tftp().complete());
}

TEST(TftpTest, ATransferThatStopsIsToldAtTheEnd) {
  Conversation c(kUdp, 40001, 50000);
  c.Client(Data(1, 512)).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_FALSE(c.Events()[0].tftp().complete());
}

TEST(TftpTest, BlockNumbersBeginAnew) {
  Conversation c(kUdp, 40001, 50000);
  for (int i = 1; i <= 65600; ++i)
    c.Client(Data(static_cast<uint16_t>(i), 512));
  c.End();
  EXPECT_EQ(c.Events()[0].tftp().transferred_bytes(), 65600u * 512);
}

TEST(TftpTest, EveryTruncationIsRefused) {
  const std::string whole = Request(1, {"file", "octet", "tsize", "0"});
  for (size_t size = 0; size < whole.size(); ++size) {
    // Without its options it is a request too.
    if (size == 13) continue;
    Conversation c(kUdp, 69);
    c.Client(whole.substr(0, size)).End();
    EXPECT_THAT(c.Events(), IsEmpty()) << size;
  }
}

TEST(TftpTest, EachBrokenRuleIsMalformed) {
  for (const std::string& message :
       {Request(1, {"file", "binary"}), Request(1, {"", "octet"}),
        Request(1, {"file", "octet", "tsize", "x"}),
        Request(1, {"file", "octet", "blksize", "70000"}),
        Request(1, {"file", "octet", ""}), Big16(6) + "blksize", Ack(1) + "x",
        Big16(9) + Big16(1), std::string("x")}) {
    Conversation c(kUdp, 69);
    c.Client(Request(1, {"good", "octet"})).Client(message);
    EXPECT_THAT(c.told().anomalies, ElementsAre("tftp.malformed"));
  }
}

TEST(TftpTest, OtherProtocolsAreNotTftp) {
  for (const std::string& bytes :
       {Data(1, 511), Data(2, 512), Ack(1), Request(1, {"a", "b"}),
        Hex("000100002112a442") + Zeros(12), Big16(6) + Texts({"a", "b"})}) {
    Conversation c(kUdp, 9999);
    c.Client(bytes);
    EXPECT_NE(c.told().protocol, Protocol::kTftp);
  }
}

}  // namespace
}  // namespace tapline::testing
