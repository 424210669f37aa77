#include "common/output/escape.h"

#include <gtest/gtest.h>

namespace tapline {
namespace {

std::string Json(absl::string_view text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}

TEST(EscapeTest, JsonControlsBecomeUnicodeEscapes) {
  EXPECT_EQ(Json("a\"b\\c\n\x1b\x7f"), "\"a\\\"b\\\\c\\n\\u001b\\u007f\"");
  EXPECT_EQ(Json("\xC2\x9B\xE2\x80\xAE\xE2\x80\xA8"),
            "\"\\u009b\\u202e\\u2028\"");
  EXPECT_EQ(Json("\xff"), "\"\\\\xff\"");
  EXPECT_EQ(Json("\xC3\xBC"), "\"\xC3\xBC\"");
}

TEST(EscapeTest, CsvQuotesSeparatorsAndQuotes) {
  EXPECT_EQ(CsvField("plain"), "plain");
  EXPECT_EQ(CsvField("a,b"), "\"a,b\"");
  EXPECT_EQ(CsvField("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(CsvField("a\r\nb"), "a\\x0d\\x0ab");
}

TEST(EscapeTest, CsvFormulasAreDisarmedAndNumbersAreNot) {
  EXPECT_EQ(CsvField("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
  EXPECT_EQ(CsvField("+1+1"), "'+1+1");
  EXPECT_EQ(CsvField("@SUM(A1)"), "'@SUM(A1)");
  EXPECT_EQ(CsvField("-1+1"), "'-1+1");
  EXPECT_EQ(CsvField("\t=1"), "\\x09=1");
  EXPECT_EQ(CsvField("-12.5"), "-12.5");
}

TEST(EscapeTest, WidthCountsColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth("abc"), 3u);
  EXPECT_EQ(DisplayWidth("\xC3\xBC"), 1u);
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1u);
  EXPECT_EQ(DisplayWidth("\xE4\xB8\xAD\xE6\x96\x87"), 4u);
}

TEST(EscapeTest, WhatDoesNotFitEndsInAnEllipsis) {
  EXPECT_EQ(FitWidth("abcdef", 6), "abcdef");
  EXPECT_EQ(FitWidth("abcdef", 4), "abc\xE2\x80\xA6");
  EXPECT_EQ(FitWidth("\xE4\xB8\xAD\xE6\x96\x87", 3),
            "\xE4\xB8\xAD\xE2\x80\xA6");
  EXPECT_EQ(FitWidth("abc", 0), "");
  EXPECT_EQ(FitWidth("a\x1b[31m", 20), "a\\x1b[31m");
}

}  // namespace
}  // namespace tapline
