#include "sensord/analyzers/hpack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "http2_bytes.h"
#include "sensord/analyzers/hpack_huffman.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Bytes BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

absl::string_view Every(absl::string_view name) {
  static std::set<std::string> names;
  return *names.insert(std::string(name)).first;
}

absl::string_view OnlyStatus(absl::string_view name) {
  return name == ":status" ? ":status" : "";
}

struct Decoded {
  bool ok = false;
  std::vector<std::string> fields;
};

Decoded Decode(HpackDecoder& decoder, const std::string& block) {
  Decoded out;
  // A copy of its own size, so that sanitizers see a read past its end.
  const std::vector<uint8_t> copy(block.begin(), block.end());
  out.ok = decoder.Decode(
      copy, [&out](absl::string_view name, absl::string_view value) {
        out.fields.push_back(std::string(name) + "=" + std::string(value));
      });
  return out;
}

TEST(HuffmanTest, TheExamplesOfTheRfcAreRead) {
  const char* const kCases[][2] = {
      {"f1e3c2e5f23a6ba0ab90f4ff", "www.example.com"},
      {"a8eb10649cbf", "no-cache"},
      {"25a849e95ba97d7f", "custom-key"},
      {"25a849e95bb8e8b4bf", "custom-value"},
      {"9d29ad171863c78f0b97c8e9ae82ae43d3", "https://www.example.com"},
      {"d07abe941054d444a8200595040b8166e082a62d1bff",
       "Mon, 21 Oct 2013 20:13:21 GMT"},
      {"94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c"
       "0"
       "03ed4ee5b1063d5007",
       "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"},
      {"", ""},
  };
  for (const auto& row : kCases) {
    std::string out = "old";
    EXPECT_TRUE(DecodeHuffman(BytesOf(FromHex(row[0])), &out)) << row[1];
    EXPECT_EQ(out, row[1]);
  }
}

TEST(HuffmanTest, OddEndsAreRefused) {
  std::string out;
  // Padding of zeros; of a whole byte; the end of string itself.
  for (const char* hex : {"f0", "1fff", "1fffff", "ffffffff", "3fffffff"}) {
    EXPECT_FALSE(DecodeHuffman(BytesOf(FromHex(hex)), &out)) << hex;
  }
}

// RFC 7541 C.3 and C.4: the same requests without and with Huffman coding.
TEST(HpackTest, TheRequestsOfTheRfcAreRead) {
  const char* const kPlain[] = {
      "828684410f7777772e6578616d706c652e636f6d",
      "828684be58086e6f2d6361636865",
      "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565"};
  const char* const kHuffman[] = {
      "828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf",
      "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"};
  for (const auto& blocks : {kPlain, kHuffman}) {
    HpackDecoder decoder(Every);
    const Decoded first = Decode(decoder, FromHex(blocks[0]));
    EXPECT_TRUE(first.ok);
    EXPECT_THAT(first.fields,
                ElementsAre(":method=GET", ":scheme=http", ":path=/",
                            ":authority=www.example.com"));
    const Decoded second = Decode(decoder, FromHex(blocks[1]));
    EXPECT_THAT(
        second.fields,
        ElementsAre(":method=GET", ":scheme=http", ":path=/",
                    ":authority=www.example.com", "cache-control=no-cache"));
    const Decoded third = Decode(decoder, FromHex(blocks[2]));
    EXPECT_THAT(
        third.fields,
        ElementsAre(":method=GET", ":scheme=https", ":path=/index.html",
                    ":authority=www.example.com", "custom-key=custom-value"));
  }
}

// RFC 7541 C.6: a table of 256 bytes that evicts.
TEST(HpackTest, TheResponsesOfTheRfcAreRead) {
  for (const char* update : {"3fe101", ""}) {
    HpackDecoder decoder(Every);
    EXPECT_THAT(
        Decode(
            decoder,
            FromHex(std::string(update) +
                    "488264025885aec3771a4b6196d07abe941054d444a8200595040b"
                    "8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3"))
            .fields,
        ElementsAre(":status=302", "cache-control=private",
                    "date=Mon, 21 Oct 2013 20:13:21 GMT",
                    "location=https://www.example.com"));
    EXPECT_THAT(Decode(decoder, FromHex("4883640effc1c0bf")).fields,
                ElementsAre(":status=307", "cache-control=private",
                            "date=Mon, 21 Oct 2013 20:13:21 GMT",
                            "location=https://www.example.com"));
    EXPECT_THAT(
        Decode(decoder,
               FromHex("88c16196d07abe941054d444a8200595040b8166e084a62d1bffc0"
                       "5a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af2708"
                       "7f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"))
            .fields,
        ElementsAre(":status=200", "cache-control=private",
                    "date=Mon, 21 Oct 2013 20:13:22 GMT",
                    "location=https://www.example.com", "content-encoding=gzip",
                    "set-cookie=foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; "
                    "version=1"));
    // What is evicted from the small table is still in the other.
    EXPECT_EQ(Decode(decoder, FromHex("c3")).ok, update[0] == '\0');
  }
}

TEST(HpackTest, FieldsNobodyWantsTakeTheirPlaceInTheTable) {
  HpackDecoder decoder(OnlyStatus);
  EXPECT_THAT(Decode(decoder, FromHex("40016102626340036162630188") +
                                  FromHex("4803333034"))
                  .fields,
              ElementsAre(":status=304"));
  EXPECT_THAT(Decode(decoder, FromHex("be")).fields,
              ElementsAre(":status=304"));
  EXPECT_THAT(Decode(decoder, FromHex("bf")).fields, IsEmpty());
  EXPECT_TRUE(Decode(decoder, FromHex("c0")).ok);
  EXPECT_FALSE(Decode(decoder, FromHex("c1")).ok);
}

TEST(HpackTest, EveryTruncationIsRefusedAndReadsNothingBehind) {
  const std::string block = FromHex(
      "828684418cf1e3c2e5f23a6ba0ab90f4ff5886a8eb10649cbf"
      "408825a849e95ba97d7f8925a849e95bb8e8b4bf");
  size_t whole = 0;
  for (size_t size = 0; size < block.size(); ++size) {
    HpackDecoder decoder(Every);
    const Decoded decoded = Decode(decoder, block.substr(0, size));
    whole += decoded.ok ? 1 : 0;
    EXPECT_LE(decoded.fields.size(), 5u);
  }
  // Where one field ends and the next begins.
  EXPECT_EQ(whole, 6u);
}

TEST(HpackTest, EachRuleBrokenIsRefused) {
  for (const char* hex : {
           "80",            // index 0
           "be",            // beyond the table
           "ff8080808080",  // an integer without end
           "ffffffffff7f",  // and one that is too large
           "3fe2ff03",      // a table of over 64 KiB
           "407f80808080",  // a name that is longer than all there is
           "400161",        // no value
           "4001618161",    // Huffman padding that is not ones
           "7f8080808001",  // a name index that is too large
       }) {
    HpackDecoder decoder(Every);
    EXPECT_FALSE(Decode(decoder, FromHex(hex)).ok) << hex;
  }
}

TEST(HpackTest, ATableOfTinyFieldsStaysSmall) {
  HpackDecoder decoder(Every);
  EXPECT_TRUE(Decode(decoder, FromHex("3fe1ff03")).ok);
  std::string block;
  for (int i = 0; i < 20000; ++i) block += FromHex("40016100");
  EXPECT_TRUE(Decode(decoder, block).ok);
  EXPECT_LT(decoder.MemoryBytes(), 160u << 10);
}

TEST(HpackTest, AFieldLargerThanTheTableEmptiesIt) {
  HpackDecoder decoder(Every);
  Decode(decoder, FromHex("4803333034"));
  const std::string value(5000, 'x');
  // 5000 = 127 + 4873.
  EXPECT_TRUE(Decode(decoder, FromHex("4001617f8926") + value).ok);
  EXPECT_FALSE(Decode(decoder, FromHex("be")).ok);
}

}  // namespace
}  // namespace tapline::testing
