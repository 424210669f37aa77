// RFC 1035, rule by rule (reliability.md 7, E39-E41).

#include "sensord/analyzers/dns_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

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

// One record of a type: its text, or "malformed".
std::string RecordText(uint16_t type, const DnsBytes& data) {
  DnsBytes b = DnsResponse(1, "a.b", type, 1);
  AddRecord(b, DnsPointer(12), type, data);
  std::vector<DnsAnswerData> answers;
  return Read(b, &answers).malformed ? "malformed" : answers.at(0).data;
}

TEST(DnsMessageTest, RecordsGiveTheTextThatZoneFilesHave) {
  const DnsBytes name = DnsLabels("Mail", false) + DnsPointer(12);
  EXPECT_EQ(RecordText(15, Dns16(10) + name), "10 mail.a.b");
  EXPECT_EQ(RecordText(33, Dns16(0) + Dns16(5) + Dns16(5060) + name),
            "0 5 5060 mail.a.b");
  EXPECT_EQ(RecordText(6, name + DnsPointer(12) + Dns16(0) + Dns16(9) +
                              DnsBytes(16, '\1')),
            "mail.a.b a.b 9");
  EXPECT_EQ(RecordText(16, DnsBytes("\6v=spf1\5 \"-\xff\\", 13)),
            "v=spf1 \\034-\\255\\092");
  EXPECT_EQ(RecordText(257, DnsBytes("\x80\5issueca.example", 17)),
            "128 issue ca.example");
  EXPECT_EQ(RecordText(39, name), "mail.a.b");
  EXPECT_EQ(RecordText(43, "anything"), "");
}

TEST(DnsMessageTest, ServiceBindingsGiveTargetAndParameters) {
  const DnsBytes alpn = Dns16(1) + Dns16(6) + DnsBytes("\2h2\2h3");
  const DnsBytes port = Dns16(3) + Dns16(2) + Dns16(8443);
  const DnsBytes hint = Dns16(4) + Dns16(8) + DnsBytes("\1\1\1\1\2\2\2\2");
  const DnsBytes ech = Dns16(5) + Dns16(2) + "xx";
  const DnsBytes root(1, '\0');
  EXPECT_EQ(RecordText(65, Dns16(1) + root + alpn + port + hint + ech),
            "1 . alpn=h2,h3 port=8443 ipv4hint=1.1.1.1,2.2.2.2 ech");
  EXPECT_EQ(RecordText(64, Dns16(0) + DnsLabels("svc.b", true)), "0 svc.b");
}

TEST(DnsMessageTest, RecordsThatBreakTheirFormAreMalformed) {
  const DnsBytes root(1, '\0');
  const std::pair<uint16_t, DnsBytes> broken[] = {
      {15, Dns16(10)},
      {15, Dns16(10) + root + "x"},
      {33, Dns16(0) + Dns16(5)},
      {6, root + root + "short"},
      {16, DnsBytes("\7short")},
      {257, DnsBytes("\0\0x", 3)},
      {257, DnsBytes("\0\7x", 3)},
      {65, DnsBytes("x")},
      {65, Dns16(1) + root + Dns16(1) + Dns16(9) + "\2h2"},
      {65, Dns16(1) + root + Dns16(1) + Dns16(3) + "\3h2"},
      {65, Dns16(1) + root + Dns16(1) + Dns16(0)},
      {65, Dns16(1) + root + Dns16(3) + Dns16(1) + "x"},
      {65, Dns16(1) + root + Dns16(4) + Dns16(3) + "123"},
      {65, Dns16(1) + root + Dns16(5) + Dns16(0) + Dns16(2) + Dns16(0)},
  };
  for (const auto& [type, data] : broken) {
    EXPECT_EQ(RecordText(type, data), "malformed") << type;
  }
}

TEST(DnsMessageTest, LongTextIsCut) {
  DnsBytes data;
  for (int i = 0; i < 4; ++i) data += '\xff' + DnsBytes(255, 'a');
  EXPECT_THAT(RecordText(16, data), SizeIs(kMaxDnsRecordText - 3));
}

TEST(DnsMessageTest, ExtensionsAreReadAndRaiseTheCode) {
  DnsBytes b = DnsResponse(1, "a.b", 1, 0);
  b[3] = '\x01';
  b[11] = 1;
  const DnsBytes options = Dns16(8) + Dns16(1) + "s" + Dns16(10) + Dns16(0) +
                           Dns16(12) + Dns16(2) + "pp";
  b += DnsBytes(1, '\0') + Dns16(41) + Dns16(1232) + DnsBytes("\1\0", 2) +
       Dns16(0x8000) + Dns16(static_cast<uint32_t>(options.size()));
  DnsMessage m = Read(b + options);
  EXPECT_FALSE(m.malformed);
  EXPECT_TRUE(m.edns.present);
  EXPECT_EQ(m.edns.payload_bytes, 1232);
  EXPECT_EQ(m.edns.version, 0);
  EXPECT_TRUE(m.edns.dnssec_ok);
  EXPECT_TRUE(m.edns.client_subnet);
  EXPECT_TRUE(m.edns.cookie);
  EXPECT_TRUE(m.edns.padded);
  EXPECT_EQ(m.rcode, 17);
  // An option that ends behind its record; two OPT records.
  b.back() = 3;
  EXPECT_TRUE(Read(b + "abc").malformed);
  b.back() = 0;
  b[11] = 2;
  EXPECT_TRUE(Read(b + b.substr(b.size() - 11)).malformed);
}

TEST(DnsMessageTest, FlagsAreRead) {
  const DnsMessage m = Read(DnsHeader(1, 0x8eb0, 0, 0));
  EXPECT_TRUE(m.response && m.authoritative && m.truncated);
  EXPECT_TRUE(m.recursion_available && m.authenticated_data);
  EXPECT_TRUE(m.checking_disabled);
  EXPECT_FALSE(m.recursion_desired || m.reserved);
  EXPECT_EQ(m.opcode, 1);
}

TEST(DnsMessageTest, AnUpdateDeletesRecordsWithoutData) {
  DnsBytes b = DnsHeader(1, 0x2800, 1, 1) + DnsLabels("a.b", true) + DnsTail(6);
  b[9] = 1;
  const DnsBytes empty = Dns16(1) + Dns16(255) + DnsBytes(6, '\0');
  std::vector<DnsAnswerData> answers;
  const DnsMessage m =
      Read(b + DnsPointer(12) + empty + DnsPointer(12) + empty, &answers);
  EXPECT_FALSE(m.malformed);
  EXPECT_THAT(answers, SizeIs(0));
  EXPECT_TRUE(m.IsCredible());
}

TEST(DnsMessageTest, StatefulOperationsHaveNoQuestions) {
  const DnsMessage m = Read(DnsHeader(1, 0x3000, 0, 0) + "\1\2\3");
  EXPECT_FALSE(m.malformed || m.trailing || m.has_question);
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
