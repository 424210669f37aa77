#include "common/net/wire_text.h"

#include <gtest/gtest.h>

#include <string>

#include "common/net/code_point.h"

namespace tapline {
namespace {

using std::string_literals::operator""s;

bool IsClean(const std::string& text) {
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = DecodeUtf8(text, i);
    if (!point.valid || IsControl(point.value)) return false;
    i += point.size;
  }
  return true;
}

TEST(WireTextTest, PlainTextAndUtf8StayAsTheyAre) {
  EXPECT_EQ(WireText("www.example.com"), "www.example.com");
  EXPECT_EQ(WireText("b\xC3\xBC"
                     "cher.example"),
            "b\xC3\xBC"
            "cher.example");
  EXPECT_EQ(WireText("\xF0\x9F\x98\x80"), "\xF0\x9F\x98\x80");
}

TEST(WireTextTest, ControlsAndInvalidBytesBecomeHex) {
  EXPECT_EQ(WireText("a\0b\x1b[31m\x07\r\n\x7f"s),
            "a\\x00b\\x1b[31m\\x07\\x0d\\x0a\\x7f");
  EXPECT_EQ(WireText("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(WireText("\xC2\x9B"
                     "31m"),
            "\\xc2\\x9b31m");  // C1 CSI
  EXPECT_EQ(WireText("\xE2\x80\xAE"
                     "exe"),
            "\\xe2\\x80\\xae"
            "exe");  // RLO
}

TEST(WireTextTest, OverlongSurrogateAndTooLargeFormsAreInvalid) {
  EXPECT_EQ(WireText("\xC0\x80"), "\\xc0\\x80");
  EXPECT_EQ(WireText("\xE0\x80\x80"), "\\xe0\\x80\\x80");
  EXPECT_EQ(WireText("\xED\xA0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(WireText("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(WireTextTest, ABackslashIsDoubledSoThatTheResultIsUnambiguous) {
  EXPECT_EQ(WireText("\\x1b"), "\\\\x1b");
  EXPECT_NE(WireText("\\x1b"), WireText("\x1b"));
}

TEST(WireTextTest, ACutFallsBetweenUnits) {
  EXPECT_EQ(WireText("abcdef", 4), "abcd");
  EXPECT_EQ(WireText("ab\x01", 5), "ab");
  EXPECT_EQ(WireText("ab\x01", 6), "ab\\x01");
  EXPECT_EQ(WireText("a\xC3\xBC", 2), "a");
  EXPECT_EQ(WireText("\\\\", 3), "\\\\");
}

TEST(WireTextTest, EveryPairOfBytesGivesCleanText) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string bytes = {static_cast<char>(a), static_cast<char>(b)};
      ASSERT_TRUE(IsClean(WireText(bytes))) << a << " " << b;
      ASSERT_TRUE(IsClean(PrintableText(bytes))) << a << " " << b;
    }
  }
}

TEST(WireTextTest, PrintingWireTextAgainChangesNothing) {
  const std::string once = WireText("a\\b\x1b\xff");
  EXPECT_EQ(PrintableText(once), once);
}

}  // namespace
}  // namespace tapline
