#include "sensord/analyzers/modbus.h"

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

std::string Adu(uint16_t transaction, const std::string& rest) {
  return Big16(transaction) + Hex("0000") + Big16(rest.size()) + rest;
}
// Read two holding registers; write a coil.
std::string Read(uint16_t n) { return Adu(n, Hex("01 03 006b 0002")); }
std::string ReadAnswer(uint16_t n) { return Adu(n, Hex("01 03 04 022b 0000")); }

TEST(ModbusTest, EachUseIsToldAtOnceAndSummedUpAtTheEnd) {
  for (const size_t piece : {0u, 1u, 5u}) {
    Conversation c(kTcp, 502);
    c.InPiecesOf(piece);
    c.Client(Read(1)).Server(ReadAnswer(1));
    c.Client(Adu(2, Hex("01 05 00ac ff00"))).Server(Adu(2, Hex("01 85 02")));
    c.Client(Read(3) + Read(4)).Server(ReadAnswer(3) + ReadAnswer(4)).End();
    ASSERT_THAT(c.Events(), SizeIs(4));
    EXPECT_EQ(c.Events()[0].ShortDebugString(),
              "modbus { unit: 1 function: 3 "
              "name: \"read_holding_registers\" requests: 1 responses: 1 }");
    EXPECT_EQ(c.Events()[1].ShortDebugString(),
              "modbus { unit: 1 function: 5 name: \"write_single_coil\" "
              "write: true requests: 1 responses: 1 exceptions: 1 "
              "exception_code: 2 }");
    EXPECT_EQ(c.Events()[2].ShortDebugString(),
              "modbus { unit: 1 function: 3 "
              "name: \"read_holding_registers\" ended: true requests: 3 "
              "responses: 3 }");
    EXPECT_TRUE(c.Events()[3].modbus().ended());
    EXPECT_EQ(c.told().protocol, Protocol::kModbus);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(ModbusTest, ARequestThatFitsIsKnownOnAnyPort) {
  Conversation c(kTcp, 9999);
  c.InPiecesOf(1).Client(Read(1));
  EXPECT_EQ(c.told().protocol, Protocol::kModbus);
  const std::string others[] = {
      Adu(1, Hex("01 03 006b 0002 00")),  // longer than its function
      Adu(1, Hex("01 64 006b 0002")),     // a function nobody has
      Read(1) + "something else",
  };
  for (const std::string& other : others) {
    Conversation d(kTcp, 9999);
    d.Client(other);
    EXPECT_EQ(d.told().protocol, Protocol::kUnknown);
  }
}

TEST(ModbusTest, EachBrokenRuleEndsTheReading) {
  const std::string broken[] = {
      Hex("0001 0001 0006 01 03"),  // protocol
      Hex("0001 0000 0001 01 03"),  // too short
      Hex("0001 0000 00ff 01 03"),  // too long
      Hex("0001 0000 0006 01 80"),  // function 0
  };
  for (const std::string& message : broken) {
    Conversation c(kTcp, 502);
    c.Client(Read(1)).Server(ReadAnswer(1)).Client(message);
    EXPECT_THAT(c.told().anomalies, ElementsAre("modbus.malformed"));
    EXPECT_THAT(c.Events(), SizeIs(2));
    EXPECT_FALSE(c.wants());
  }
}

TEST(ModbusTest, EveryTruncationTellsNothing) {
  const std::string whole = ReadAnswer(1);
  for (size_t size = 0; size < whole.size(); ++size) {
    Conversation c(kTcp, 502);
    c.Client(Read(1)).Server(whole.substr(0, size));
    EXPECT_THAT(c.Events(), IsEmpty()) << size;
  }
}

TEST(ModbusTest, MoreUsesThanThereIsRoomForAreLeftOutAndSaid) {
  Conversation c(kTcp, 502);
  for (int unit = 0; unit < 100; ++unit) {
    c.Client(Adu(1, Big8(unit) + Hex("03 006b 0002")));
    c.Server(Adu(1, Big8(unit) + Hex("03 02 022b")));
  }
  EXPECT_THAT(c.Events(), SizeIs(64));
  EXPECT_THAT(c.told().anomalies, ElementsAre("modbus.too_many_uses"));
}

}  // namespace
}  // namespace tapline::testing
