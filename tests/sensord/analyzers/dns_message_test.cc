// RFC 1035, rule by rule (reliability.md 7, E39-E41).

#include "sensord/analyzers/dns_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::SizeIs;

DnsMessage Read(const DnsBytes& bytes, std::vector<DnsAnswerData>* answers) {
  DnsMessage m;
  // An exact-size copy: a read past the end is visible to ASan.
  const std::vector<uint8_t> copy(bytes.begin(), bytes.end());
  EXPECT_TRUE(m.Read(copy.data(), copy.size(), answers));
  return m;
}

DnsMessage Read(const DnsBytes& bytes) { return Read(bytes, nullptr); }

TEST(DnsMessageTest, AQueryGivesItsQuestion) {
  const DnsMessage m = Read(DnsQuery(77, "Www.Example.COM", 28));
  EXPECT_EQ(m.id, 77);
  EXPECT_EQ(m.name.text(), "www.example.com");
  EXPECT_EQ(m.name.plain_bytes(), 15);
  EXPECT_EQ(m.type, 28);
  EXPECT_EQ(m.klass, 1);
  EXPECT_TRUE(m.recursion_desired);
  EXPECT_FALSE(m.response);
  EXPECT_FALSE(m.malformed);
  EXPECT_TRUE(m.IsCredible());
}

TEST(DnsMessageTest, AnswersAreReadThroughPointers) {
  DnsBytes b = DnsResponse(77, "example.com", 1, 3);
  AddRecord(b, DnsPointer(12), 5, DnsLabels("WWW", false) + DnsPointer(12));
  AddRecord(b, DnsPointer(12), 1, DnsBytes("\xc0\x00\x02\x01", 4));
  AddRecord(b, DnsPointer(12), 28, DnsBytes(15, '\0') + DnsBytes("\1", 1));
  std::vector<DnsAnswerData> answers;
  const DnsMessage m = Read(b, &answers);
  EXPECT_FALSE(m.malformed);
  ASSERT_THAT(answers, SizeIs(3));
  EXPECT_EQ(answers[0].name, "example.com");
  EXPECT_EQ(answers[0].data, "www.example.com");
  EXPECT_EQ(answers[0].ttl, 300u);
  EXPECT_EQ(answers[1].data, "192.0.2.1");
  EXPECT_EQ(answers[2].data, "::1");
}

TEST(DnsMessageTest, TheRootIsADot) {
  EXPECT_EQ(Read(DnsQuery(1, "", 2)).name.text(), ".");
}

TEST(DnsMessageTest, BytesInsideLabelsAreEscapedAndNeverSeparate) {
  DnsBytes b = DnsHeader(1, 0x0100, 1, 0);
  b += DnsBytes("\4a.\\\0\2\xff!", 8) + DnsBytes(1, '\0');
  b += DnsTail(1);
  const DnsMessage m = Read(b);
  EXPECT_EQ(m.name.text(), "a\\046\\092\\000.\\255!");
  EXPECT_EQ(m.name.plain_bytes(), 7);
}

TEST(DnsMessageTest, EachBadPointerEndsTheReading) {
  // To itself, forwards, into the header, in a loop of two.
  for (const DnsBytes& name : {DnsPointer(12), DnsPointer(14), DnsPointer(4),
                               DnsLabels("ab", false) + DnsPointer(15)}) {
    const DnsMessage m = Read(DnsHeader(1, 0, 1, 0) + name + DnsTail(1));
    EXPECT_TRUE(m.malformed);
  }
}

TEST(DnsMessageTest, APointerBackIntoTheSameNameIsALoop) {
  const DnsMessage m = Read(DnsHeader(1, 0, 1, 0) + DnsLabels("ab", false) +
                            DnsPointer(12) + DnsTail(1));
  EXPECT_TRUE(m.malformed);
  EXPECT_EQ(m.name.text(), "ab");
}

TEST(DnsMessageTest, AtMost64PointersAreFollowed) {
  for (int jumps : {64, 65}) {
    // A chain of pointers, each to the one before, after a root label.
    DnsBytes b = DnsHeader(1, 0x8000, 1, 1) + DnsLabels("", true) + DnsTail(1);
    AddRecord(b, DnsLabels("", true), 16, DnsBytes());
    const size_t length_at = b.size() - 2;
    size_t at = 12;
    const size_t data_at = b.size();
    for (int i = 0; i < jumps - 1; ++i) {
      b += DnsPointer(static_cast<uint16_t>(at));
      at = data_at + static_cast<size_t>(2 * i);
    }
    const size_t length = b.size() - data_at;
    b[length_at] = static_cast<char>(length >> 8);
    b[length_at + 1] = static_cast<char>(length & 0xff);
    b[7] = 2;
    AddRecord(b, DnsPointer(static_cast<uint16_t>(at)), 16, DnsBytes());
    EXPECT_EQ(Read(b).malformed, jumps == 65) << jumps;
  }
}

TEST(DnsMessageTest, ANameLongerThan255BytesIsMalformed) {
  const std::string label(63, 'a');
  DnsBytes name;
  for (int i = 0; i < 3; ++i) name += DnsLabels(label, false);
  const DnsBytes fits = name + DnsLabels(std::string(61, 'b'), true);
  const DnsBytes over = name + DnsLabels(std::string(62, 'b'), true);
  EXPECT_FALSE(Read(DnsHeader(1, 0, 1, 0) + fits + DnsTail(1)).malformed);
  const DnsMessage m = Read(DnsHeader(1, 0, 1, 0) + over + DnsTail(1));
  EXPECT_TRUE(m.malformed);
  EXPECT_EQ(m.name.plain_bytes(), 63 * 3 + 2);
}

TEST(DnsMessageTest, ReservedLabelTypesAreMalformed) {
  for (const char type : {'\x40', '\x80'}) {
    const DnsBytes name = DnsBytes(1, type) + DnsBytes(80, 'a');
    EXPECT_TRUE(Read(DnsHeader(1, 0, 1, 0) + name + DnsTail(1)).malformed);
  }
}

TEST(DnsMessageTest, CountsThatLieEndWithTheBytes) {
  DnsBytes b = DnsQuery(1, "a.b", 1);
  for (int i = 4; i < 12; ++i) b[static_cast<size_t>(i)] = '\xff';
  const DnsMessage m = Read(b);
  EXPECT_TRUE(m.malformed);
  EXPECT_EQ(m.name.text(), "a.b");
}

TEST(DnsMessageTest, TrailingBytesAreToldAndNotCredible) {
  const DnsMessage m = Read(DnsQuery(1, "a.b", 1) + DnsBytes("x"));
  EXPECT_FALSE(m.malformed);
  EXPECT_TRUE(m.trailing);
  EXPECT_FALSE(m.IsCredible());
}

TEST(DnsMessageTest, ARecordOfTheWrongLengthIsMalformed) {
  DnsBytes b = DnsResponse(1, "a.b", 1, 1);
  AddRecord(b, DnsPointer(12), 1, DnsBytes("123"));
  EXPECT_TRUE(Read(b, nullptr).malformed == false);
  std::vector<DnsAnswerData> answers;
  EXPECT_TRUE(Read(b, &answers).malformed);
  EXPECT_THAT(answers, SizeIs(0));
}

TEST(DnsMessageTest, AtMost32AnswersAreKept) {
  DnsBytes b = DnsResponse(1, "a.b", 1, 40);
  for (int i = 0; i < 40; ++i) {
    AddRecord(b, DnsPointer(12), 1, DnsBytes("1234"));
  }
  std::vector<DnsAnswerData> answers;
  EXPECT_FALSE(Read(b, &answers).malformed);
  EXPECT_THAT(answers, SizeIs(kMaxDnsAnswers));
}

TEST(DnsMessageTest, EveryTruncationIsRefusedOrMalformed) {
  DnsBytes b = DnsResponse(77, "www.example.com", 1, 2);
  AddRecord(b, DnsPointer(12), 5, DnsLabels("x", false) + DnsPointer(12));
  AddRecord(b, DnsPointer(12), 1, DnsBytes("1234"));
  for (size_t size = 0; size < b.size(); ++size) {
    const std::vector<uint8_t> copy(b.begin(),
                                    b.begin() + static_cast<int>(size));
    DnsMessage m;
    std::vector<DnsAnswerData> answers;
    const bool header = m.Read(copy.data(), size, &answers);
    EXPECT_EQ(header, size >= kDnsHeaderBytes);
    if (header) {
      EXPECT_TRUE(m.malformed) << size;
    }
  }
}

}  // namespace
}  // namespace tapline::testing
