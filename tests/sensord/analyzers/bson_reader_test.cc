#include "sensord/analyzers/bson_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

// "name=type:text=number" of each element.
std::string Elements(const std::string& document) {
  const std::vector<uint8_t> copy(document.begin(), document.end());
  std::string all;
  BsonReader reader(copy);
  for (BsonElement e; reader.Next(&e);) {
    absl::StrAppend(&all, e.name, "=", e.type, ":", e.text(), "=", e.number(),
                    " ");
  }
  return all;
}

// bsonspec.org's example: {"hello": "world"}.
const std::string kHello =
    Hex("16000000 02 68656c6c6f00 06000000 776f726c6400 00");

std::string Document(const std::string& elements) {
  return Little32(elements.size() + 5) + elements + std::string(1, '\0');
}
std::string Element(uint8_t type, const std::string& value) {
  return Big8(type) + "x" + std::string(1, '\0') + value;
}

TEST(BsonReaderTest, TheExampleOfTheSpecification) {
  EXPECT_EQ(Elements(kHello), "hello=2:world=0 ");
}

TEST(BsonReaderTest, EveryTypeIsPassedByItsLength) {
  const std::string last = Element(16, Little32(7));
  const std::string values[] = {
      Element(1, Hex("000000000000f03f")),
      Element(2, Little32(1) + std::string(1, '\0')),
      Element(3, kHello),
      Element(4, kHello),
      Element(5, Little32(3) + Hex("00") + "abc"),
      Element(6, ""),
      Element(7, "123456789012"),
      Element(8, Hex("01")),
      Element(9, "12345678"),
      Element(10, ""),
      Element(13, Little32(2) + "a" + std::string(1, '\0')),
      Element(14, Little32(2) + "a" + std::string(1, '\0')),
      Element(16, Little32(0xffffffff)),
      Element(17, "12345678"),
      Element(18, Little(5, 8)),
      Element(19, std::string(16, 'd')),
      Element(0x7f, ""),
      Element(0xff, ""),
  };
  for (const std::string& value : values) {
    const std::string all = Elements(Document(value + last));
    EXPECT_TRUE(all.size() > 8 && all.substr(all.size() - 8) == "x=16:=7 ")
        << all;
  }
  EXPECT_EQ(Elements(Document(values[0])), "x=1:=1 ");
  EXPECT_EQ(Elements(Document(values[12])), "x=16:=-1 ");
  EXPECT_EQ(Elements(Document(values[7] + values[14])), "x=8:=1 x=18:=5 ");
}

TEST(BsonReaderTest, EveryTruncationEndsTheReading) {
  for (size_t size = 0; size < kHello.size(); ++size) {
    EXPECT_EQ(Elements(kHello.substr(0, size)),
              size + 1 < kHello.size() ? "" : "hello=2:world=0 ");
  }
}

TEST(BsonReaderTest, EachBrokenRuleEndsTheReading) {
  const std::string broken[] = {
      Hex("03000000 0a7800 00"),                    // length
      Document(Element(2, Little32(0))),            // no NUL
      Document(Element(2, Little32(99) + "abc")),   // behind the document
      Document(Element(3, Little32(4))),            // document's length
      Document(Element(0x20, "")),                  // type
      Document(Big8(10) + "no NUL").substr(0, 10),  // name
  };
  for (const std::string& document : broken) {
    EXPECT_EQ(Elements(document), "");
  }
}

}  // namespace
}  // namespace tapline::testing
