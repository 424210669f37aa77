#include "sensord/analyzers/enip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/conversation.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;
constexpr auto kUdp = Conversation::kUdp;

std::string Message(uint16_t command, const std::string& data,
                    uint32_t status = 0) {
  return Little16(command) + Little16(data.size()) + Little32(0x11) +
         Little32(status) + std::string(8, 'c') + Little32(0) + data;
}
std::string Item(uint16_t type, const std::string& value) {
  return Little16(type) + Little16(value.size()) + value;
}
// An explicit message without a connection.
std::string RrData(const std::string& cip, uint32_t status = 0) {
  return Message(
      0x6f,
      Little32(0) + Little16(5) + Little16(2) + Item(0, "") + Item(0xb2, cip),
      status);
}
const std::string kRegister = Message(0x65, Hex("0100 0000"));
const std::string kGet = RrData(Hex("0e 03 20 01 24 01 30 07"));

TEST(EnipTest, EachUseIsToldAtOnceAndSummedUpAtTheEnd) {
  for (const size_t piece : {0u, 1u, 10u}) {
    Conversation c(kTcp, 44818);
    c.InPiecesOf(piece);
    c.Client(kRegister).Server(kRegister);
    c.Client(kGet).Server(RrData(Hex("8e 00 00 00") + "name"));
    c.Client(kGet).Server(RrData(Hex("8e 00 05 00"))).End();
    ASSERT_THAT(c.Events(), SizeIs(4));
    EXPECT_EQ(c.Events()[0].ShortDebugString(),
              "enip { command: \"register_session\" requests: 1 "
              "responses: 1 }");
    EXPECT_EQ(c.Events()[1].ShortDebugString(),
              "enip { command: \"send_rr_data\" cip_service: 14 "
              "cip_name: \"get_attribute_single\" requests: 1 responses: 1 }");
    EXPECT_EQ(c.Events()[3].ShortDebugString(),
              "enip { command: \"send_rr_data\" cip_service: 14 "
              "cip_name: \"get_attribute_single\" ended: true requests: 2 "
              "responses: 2 errors: 1 error_code: 5 }");
    EXPECT_EQ(c.told().protocol, Protocol::kEnip);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(EnipTest, ADeviceSaysWhatItIs) {
  Conversation c(kUdp, 44818);
  c.Client(Message(0x63, ""));
  c.Server(Message(
      0x63, Little16(1) +
                Item(0x0c, Little16(1) + std::string(16, '\0') + Little16(1) +
                               Little16(14) + Little16(55) + Hex("03 0b") +
                               Little16(0x60) + Little32(0xabcd) + Hex("0b") +
                               "1756-EN2T/B" + Hex("03"))));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "enip { command: \"list_identity\" requests: 1 responses: 1 "
            "product: \"1756-EN2T/B\" vendor: 1 device_type: 14 "
            "revision: \"3.11\" }");
}

TEST(EnipTest, ConnectedMessagesAreNumbered) {
  Conversation c(kTcp, 44818);
  c.Client(kRegister).Server(kRegister);
  const auto unit_data = [](const std::string& cip) {
    return Message(0x70, Little32(0) + Little16(0) + Little16(2) +
                             Item(0xa1, "conn") +
                             Item(0xb1, Little16(7) + cip));
  };
  c.Client(unit_data(Hex("4c 02 20 6b 25 00")))
      .Server(unit_data(Hex("cc 00 00 00")));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[1].enip().cip_name(), "read_tag");
}

TEST(EnipTest, ItIsKnownByItsHeadOnAnyPort) {
  for (const std::string& first : {kRegister, kGet, Message(0x63, "")}) {
    Conversation c(kTcp, 9999);
    c.InPiecesOf(1).Client(first);
    EXPECT_EQ(c.told().protocol, Protocol::kEnip);
  }
  std::string options = kRegister;
  options[20] = 1;
  for (const std::string& other :
       {options, Message(0x65, "longer"), Message(0x67, "abcd")}) {
    Conversation c(kTcp, 9999);
    c.Client(other);
    EXPECT_EQ(c.told().protocol, Protocol::kUnknown);
  }
}

TEST(EnipTest, EachBrokenRuleEndsTheReading) {
  std::string options = kGet;
  options[20] = 1;
  for (const std::string& message :
       {options, Message(0x67, "abcd"), Message(0x6f, "x", 0x71)}) {
    Conversation c(kTcp, 44818);
    c.Client(kRegister).Client(message);
    EXPECT_THAT(c.told().anomalies, ElementsAre("enip.malformed"));
    EXPECT_FALSE(c.wants());
  }
}

TEST(EnipTest, EveryTruncationTellsNothing) {
  for (size_t size = 0; size < kGet.size(); ++size) {
    Conversation c(kTcp, 44818);
    c.Client(kGet.substr(0, size)).End();
    EXPECT_THAT(c.Events(), IsEmpty()) << size;
  }
}

TEST(EnipTest, MoreUsesThanThereIsRoomForAreSaid) {
  Conversation c(kTcp, 44818);
  for (int service = 1; service <= 64; ++service) {
    c.Client(RrData(Big8(service) + Hex("03 20 01 24 01 30 07")));
  }
  EXPECT_THAT(c.told().anomalies, IsEmpty());
  c.Client(RrData(Big8(65) + Hex("03 20 01 24 01 30 07")));
  EXPECT_THAT(c.told().anomalies, ElementsAre("enip.too_many_uses"));
}

}  // namespace
}  // namespace tapline::testing
