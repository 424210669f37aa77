#include "sensord/analyzers/netbios.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "sensord/analyzers/netbios_message.h"
#include "tests/support/conversation.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kUdp = Conversation::kUdp;

std::string Padded(const std::string& name, uint8_t suffix) {
  std::string bytes = name;
  bytes.resize(15, ' ');
  bytes += static_cast<char>(suffix);
  return bytes;
}
// First-level encoding (RFC 1001 14.1).
std::string Encoded(const std::string& sixteen) {
  std::string out = "\x20";
  for (const char c : sixteen) {
    out += static_cast<char>('A' + (static_cast<uint8_t>(c) >> 4));
    out += static_cast<char>('A' + (static_cast<uint8_t>(c) & 15));
  }
  return out + Zeros(1);
}
std::string Head(uint16_t id, uint16_t flags, uint16_t questions,
                 uint16_t answers, uint16_t additional) {
  return absl::StrCat(Big16(id), Big16(flags), Big16(questions), Big16(answers),
                      Zeros(2), Big16(additional));
}
std::string Query(uint16_t id, const std::string& name, uint16_t type) {
  return absl::StrCat(Head(id, 0x0110, 1, 0, 0), name, Big16(type), Big16(1));
}
std::string Record(const std::string& name, uint16_t type,
                   const std::string& data) {
  return absl::StrCat(name, Big16(type), Big16(1), Big32(300),
                      Big16(data.size()), data);
}

TEST(NetbiosTest, TheNameOfTheRfcIsDecoded) {
  // RFC 1001 14.1: "FRED" with its scope NETBIOS.COM.
  const std::string bytes =
      absl::StrCat("\x20", "EGFCEFEECACACACACACACACACACACACA", "\x07",
                   "NETBIOS", "\x03", "COM", Zeros(1), "x");
  ByteCursor cursor(reinterpret_cast<const uint8_t*>(bytes.data()),
                    bytes.size());
  NetbiosLabel label;
  EXPECT_TRUE(ReadNetbiosName(cursor, &label));
  EXPECT_EQ(label.name, "FRED");
  EXPECT_EQ(label.suffix, 0x20);
  EXPECT_EQ(cursor.left(), 1u);
}

TEST(NetbiosTest, AQueryAndItsAnswerAreOneEvent) {
  const std::string name = Encoded(Padded("FILES", 0x20));
  Conversation c(kUdp, 137, 137);
  c.Client(Query(7, name, 0x20)).Client(Query(7, name, 0x20));
  c.Server(Head(7, 0x8500, 0, 1, 0) +
           Record(name, 0x20, Hex("0000 c0000207 8000 c0000208")));
  EXPECT_EQ(c.told().protocol, Protocol::kNetbios);
  EXPECT_EQ(c.told().host, "FILES");
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Netbios netbios = c.Events()[0].netbios();
  EXPECT_EQ(netbios.action(), "query");
  EXPECT_EQ(netbios.name(), "FILES");
  EXPECT_EQ(netbios.service(), "file_server");
  EXPECT_TRUE(netbios.broadcast());
  EXPECT_TRUE(netbios.answered());
  EXPECT_EQ(netbios.rcode(), 0u);
  EXPECT_THAT(netbios.addresses(), ElementsAre("192.0.2.7", "192.0.2.8"));
  EXPECT_EQ(netbios.rtt_ns(), 2000000u);
}

TEST(NetbiosTest, AStatusTellsTheMachinesNames) {
  const std::string any = Encoded("*" + Zeros(15));
  const std::string data =
      absl::StrCat("\2", Padded("PC7", 0x00), Hex("0400"), Padded("CORP", 0x1c),
                   Hex("8400"), Hex("020000112233"), Zeros(40));
  Conversation c(kUdp, 137);
  c.Client(Query(1, any, 0x21));
  c.Server(Head(1, 0x8400, 0, 1, 0) + Record(any, 0x21, data));
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Netbios netbios = c.Events()[0].netbios();
  EXPECT_EQ(netbios.action(), "status");
  EXPECT_EQ(netbios.name(), "*");
  ASSERT_EQ(netbios.names_size(), 2);
  EXPECT_EQ(netbios.names(0).name(), "PC7");
  EXPECT_EQ(netbios.names(0).service(), "workstation");
  EXPECT_FALSE(netbios.names(0).group());
  EXPECT_EQ(netbios.names(1).service(), "domain_controllers");
  EXPECT_TRUE(netbios.names(1).group());
  EXPECT_EQ(netbios.mac(), "02:00:00:11:22:33");
  EXPECT_EQ(c.told().host, "");
}

TEST(NetbiosTest, ARegistrationTellsTheAddress) {
  const std::string name = Encoded(Padded("PC7", 0));
  Conversation c(kUdp, 137, 137);
  c.Client(absl::StrCat(Head(3, 0x2910, 1, 0, 1), name, Big16(0x20), Big16(1),
                        Record(Hex("c00c"), 0x20, Hex("0000 c0000209"))))
      .End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].netbios().action(), "registration");
  EXPECT_THAT(c.Events()[0].netbios().addresses(), ElementsAre("192.0.2.9"));
  EXPECT_FALSE(c.Events()[0].netbios().answered());
}

TEST(NetbiosTest, ARefusalTellsItsCode) {
  const std::string name = Encoded(Padded("NONE", 0));
  Conversation c(kUdp, 137);
  c.Client(Query(4, name, 0x20));
  c.Server(Head(4, 0x8503, 0, 1, 0) + Record(name, 0x0a, ""));
  EXPECT_EQ(c.Events()[0].netbios().rcode(), 3u);
  EXPECT_THAT(c.Events()[0].netbios().addresses(), IsEmpty());
}

// RFC 1002 4.2.14: the record is there, and is not counted.
TEST(NetbiosTest, ARefusalNeedNotCountItsRecord) {
  const std::string name = Encoded(Padded("NONE", 0));
  Conversation c(kUdp, 137);
  c.Client(Query(4, name, 0x20));
  c.Server(Head(4, 0x8583, 0, 0, 0) + Record(name, 0x0a, ""));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].netbios().answered());
  EXPECT_EQ(c.Events()[0].netbios().rcode(), 3u);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(NetbiosTest, AnAnswerToABroadcastIsUnmatched) {
  const std::string name = Encoded(Padded("PC7", 0));
  Conversation c(kUdp, 137, 137);
  c.Client(Head(4, 0x8500, 0, 1, 0) + Record(name, 0x20, Hex("0000 c0000207")));
  EXPECT_TRUE(c.Events()[0].netbios().unmatched());
}

// A host announcement in a mailslot in SMB in a datagram.
std::string Announcement(uint8_t command) {
  const std::string slot = absl::StrCat("\\MAILSLOT\\BROWSE", Zeros(1));
  const std::string words = absl::StrCat(
      Zeros(24), Little16(32 + 1 + 34 + 2 + slot.size()), Zeros(8));
  const std::string data =
      absl::StrCat(Little(command, 1), Zeros(1), Little32(12000),
                   Padded("PC7", 0), Hex("0601"), Zeros(10));
  const std::string smb =
      absl::StrCat("\xffSMB\x25", Zeros(27), Little(17, 1), words,
                   Little16(slot.size() + data.size()), slot, data);
  const std::string names =
      Encoded(Padded("PC7", 0)) + Encoded(Padded("CORP", 0x1d));
  return absl::StrCat(Hex("110a 0001 c0000207 008a"),
                      Big16(names.size() + smb.size()), Zeros(2), names, smb);
}

TEST(NetbiosTest, AnAnnouncementIsToldOnce) {
  Conversation c(kUdp, 138, 138);
  c.Client(Announcement(1)).Client(Announcement(1)).Client(Announcement(8));
  EXPECT_THAT(c.told().anomalies, IsEmpty());
  ASSERT_THAT(c.Events(), SizeIs(2));
  const v1::Netbios netbios = c.Events()[0].netbios();
  EXPECT_EQ(netbios.action(), "datagram");
  EXPECT_EQ(netbios.source(), "PC7");
  EXPECT_EQ(netbios.name(), "CORP");
  EXPECT_EQ(netbios.service(), "master_browser");
  EXPECT_EQ(netbios.mailslot(), "\\\\MAILSLOT\\\\BROWSE");
  EXPECT_EQ(netbios.command(), "host_announcement");
  EXPECT_EQ(netbios.os_version(), "6.1");
  EXPECT_EQ(c.Events()[1].netbios().command(), "election");
}

TEST(NetbiosTest, ThatMoreDatagramsDifferThanAreToldIsSaid) {
  Conversation c(kUdp, 138, 138);
  for (int i = 0; i < 32; ++i) c.Client(Announcement(static_cast<uint8_t>(i)));
  c.Client(Announcement(0));
  EXPECT_THAT(c.told().anomalies, IsEmpty());
  c.Client(Announcement(32));
  EXPECT_THAT(c.Events(), SizeIs(32));
  EXPECT_THAT(c.told().anomalies, ElementsAre("netbios.too_many_datagrams"));
}

TEST(NetbiosTest, WhatWaitsIsBounded) {
  Conversation c(kUdp, 137);
  for (uint16_t i = 0; i < 100; ++i) {
    c.Client(Query(i, Encoded(Padded("PC", 0)), 0x20));
  }
  EXPECT_THAT(c.Events(), SizeIs(68));
  EXPECT_LE(c.peak_memory(), 32u << 10);
}

TEST(NetbiosTest, EveryTruncationIsSurvived) {
  const std::string name = Encoded(Padded("FILES", 0x20));
  for (const std::string& whole :
       {Query(7, name, 0x20),
        Head(7, 0x8500, 0, 1, 0) + Record(name, 0x20, Hex("0000 c0000207")),
        Head(7, 0x8500, 0, 1, 0) +
            Record(name, 0x21, absl::StrCat("\1", Padded("A", 0), Zeros(8))),
        Announcement(1)}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      Conversation c(kUdp, 137);
      c.Client(Query(9, name, 0x20)).Client(whole.substr(0, size));
      EXPECT_THAT(c.told().anomalies, ElementsAre("netbios.malformed"))
          << size << " of " << whole.size();
    }
  }
}

TEST(NetbiosTest, EachBrokenRuleIsMalformed) {
  const std::string name = Encoded(Padded("FILES", 0x20));
  std::string odd = name;
  odd[5] = 'Q';
  std::string open = name;
  open.back() = '\x3f';
  for (const std::string& message :
       {Query(1, odd, 0x20), Query(1, open, 0x20),
        // An opcode that is none, a class that is none, two questions.
        Head(1, 0x1000, 1, 0, 0) + name + Hex("00200001"),
        Head(1, 0, 1, 0, 0) + name + Hex("00200002"),
        Head(1, 0, 2, 0, 0) + name + Hex("00200001")}) {
    Conversation c(kUdp, 137);
    c.Client(Query(9, name, 0x20)).Client(message);
    EXPECT_THAT(c.told().anomalies, ElementsAre("netbios.malformed"));
  }
}

TEST(NetbiosTest, NamesAreKnownOnAnyPort) {
  Conversation c(kUdp, 9999);
  c.Client(Query(1, Encoded(Padded("A", 0)), 0x20));
  EXPECT_EQ(c.told().protocol, Protocol::kNetbios);
}

TEST(NetbiosTest, OtherProtocolsAreNotNetbios) {
  // DNS for a name of 32 letters that are none of the encoding.
  for (const std::string& bytes :
       {absl::StrCat(Head(1, 0x0100, 1, 0, 0), "\x20", std::string(32, 'z'),
                     Zeros(1), Hex("00010001"), Zeros(20)),
        Zeros(80), std::string(100, '\x11')}) {
    Conversation c(kUdp, 9999);
    c.Client(bytes);
    EXPECT_NE(c.told().protocol, Protocol::kNetbios);
  }
}

}  // namespace
}  // namespace tapline::testing
