#include "sensord/analyzers/ber.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/der_bytes.h"

namespace tapline::testing {
namespace {

// A copy of its own size, so that sanitizers see a read past its end.
class Encoded {
 public:
  explicit Encoded(const std::string& bytes) : bytes_(ByteVector(bytes)) {}
  operator Bytes() const { return bytes_; }  // NOLINT: meant to convert

 private:
  std::vector<uint8_t> bytes_;
};

TEST(BerTest, IntegersAreTwosComplement) {
  const Encoded bytes(Hex("020100 02017f 020200ff 0201ff 0202ff7f") +
                      Hex("02087fffffffffffffff"));
  BerReader reader(bytes);
  EXPECT_EQ(reader.Integer(), 0);
  EXPECT_EQ(reader.Integer(), 127);
  EXPECT_EQ(reader.Integer(), 255);
  EXPECT_EQ(reader.Integer(), -1);
  EXPECT_EQ(reader.Integer(), -129);
  EXPECT_EQ(reader.Integer(), INT64_MAX);
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.AtEnd());
}

TEST(BerTest, TheExampleOfX690ForObjectIdentifiersIsRead) {
  // X.690 8.19.5: {joint-iso-itu-t 100 3}.
  const Encoded bytes(Hex("0603 813403 0606 2b0601050502"));
  BerReader reader(bytes);
  EXPECT_EQ(reader.Oid(), "2.100.3");
  EXPECT_EQ(reader.Oid(), "1.3.6.1.5.5.2");
}

TEST(BerTest, ObjectIdentifiersThatEndAmidOrAreTooLargeFail) {
  for (const char* hex : {"060181", "0600", "0606 2b8fffffffff 7f"}) {
    const Encoded bytes(Hex(hex));
    BerReader reader(bytes);
    EXPECT_EQ(reader.Oid(), "") << hex;
    EXPECT_FALSE(reader.ok()) << hex;
  }
}

TEST(BerTest, LongLengthsAndTagsAreRead) {
  const Encoded bytes(Der(0x7f65, std::string(200, 'x')) +
                      Der(0x30, std::string(300, 'y')));
  BerReader reader(bytes);
  EXPECT_EQ(reader.Peek(), 0x7f65);
  EXPECT_EQ(reader.Take(0x7f65).size(), 200u);
  EXPECT_EQ(reader.Take(kBerSequence).size(), 300u);
  EXPECT_TRUE(reader.AtEnd());
}

TEST(BerTest, WhatIsNotAllowedFailsAndStaysFailed) {
  // Indefinite length; five bytes of length; a tag of more than two bytes; a
  // length beyond the end.
  for (const char* hex :
       {"3080 0201010000", "3085 0000000000", "3f8101 00", "3003 0201"}) {
    const Encoded bytes(Hex(hex));
    BerReader reader(bytes);
    EXPECT_TRUE(reader.Take(kBerSequence).empty()) << hex;
    EXPECT_FALSE(reader.ok()) << hex;
    EXPECT_TRUE(reader.AtEnd()) << hex;
    EXPECT_FALSE(reader.Enter(kBerSequence).ok()) << hex;
  }
}

TEST(BerTest, AnotherTagFails) {
  const Encoded bytes(Hex("0201 05"));
  BerReader reader(bytes);
  EXPECT_TRUE(reader.Octets().empty());
  EXPECT_FALSE(reader.ok());
}

TEST(BerTest, AnOptionalElementThatIsNotThereIsNoFailure) {
  const Encoded bytes(Hex("020105"));
  BerReader reader(bytes);
  EXPECT_TRUE(reader.EnterOptional(BerContextOf(0)).AtEnd());
  EXPECT_EQ(reader.Integer(), 5);
  EXPECT_TRUE(reader.ok());
}

TEST(BerTest, ACutMessageGivesWhatIsThere) {
  const std::string whole =
      Der(kBerSequence, DerInteger(1) + Der(kBerOctets, "abcdefgh"));
  for (size_t size = 0; size <= whole.size(); ++size) {
    const Encoded bytes(whole.substr(0, size));
    BerReader cut = BerReader(bytes, true).Enter(kBerSequence);
    const int64_t number = cut.Integer();
    const Bytes text = cut.Octets();
    EXPECT_EQ(cut.ok(), size >= 7) << size;
    EXPECT_EQ(text.size(), size >= 7 ? size - 7 : 0) << size;
    EXPECT_EQ(number, size >= 5 ? 1 : 0) << size;
    BerReader exact = BerReader(bytes).Enter(kBerSequence);
    EXPECT_EQ(exact.ok(), size == whole.size()) << size;
  }
}

TEST(BerTest, TheHeadSaysWhetherMoreBytesAreNeeded) {
  const std::string whole = Der(0x7f65, std::string(300, 'x'));
  for (size_t size = 0; size < 5; ++size) {
    const Encoded bytes(whole.substr(0, size));
    EXPECT_EQ(ReadBerHead(bytes).state, BerHead::kNeedsMore) << size;
  }
  const Encoded bytes(whole.substr(0, 5));
  const BerHead head = ReadBerHead(bytes);
  EXPECT_EQ(head.state, BerHead::kWhole);
  EXPECT_EQ(head.size(), whole.size());
}

}  // namespace
}  // namespace tapline::testing
