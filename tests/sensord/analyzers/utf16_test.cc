#include "sensord/analyzers/utf16.h"

#include <gtest/gtest.h>

#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

std::string Text(const std::string& bytes, size_t max = 512) {
  return Utf16Text(ByteVector(bytes), max);
}

TEST(Utf16Test, TextEndsAtItsFirstNul) {
  EXPECT_EQ(Text(Utf16("abc") + Zeros(2) + Utf16("d")), "abc");
  EXPECT_EQ(Text(""), "");
  EXPECT_EQ(Text(Utf16("ab") + "c"), "ab");
}

TEST(Utf16Test, CharactersOfOneToFourBytesAreEncoded) {
  // U+00FC, U+20AC, and RFC 2781's U+12345 as D808 DF45.
  EXPECT_EQ(Text(Hex("fc00 ac20 08d8 45df")),
            "\xc3\xbc\xe2\x82\xac\xf0\x92\x8d\x85");
}

TEST(Utf16Test, ALoneSurrogateIsReplaced) {
  EXPECT_EQ(Text(Hex("08d8 4100")),
            "\xef\xbf\xbd"
            "A");
  EXPECT_EQ(Text(Hex("45df")), "\xef\xbf\xbd");
  EXPECT_EQ(Text(Hex("08d8")), "\xef\xbf\xbd");
}

TEST(Utf16Test, LongTextIsCutAtAWholeCharacter) {
  EXPECT_EQ(Text(Hex("6100 ac20 ac20"), 5), "a\xe2\x82\xac");
  EXPECT_EQ(Text(Hex("6100 ac20 ac20"), 3), "a");
}

}  // namespace
}  // namespace tapline::testing
