#include "sensord/analyzers/text_head.h"

#include <gtest/gtest.h>

#include <string>

namespace tapline {
namespace {

constexpr size_t kNone = absl::string_view::npos;

TEST(FindHeadEndTest, TheEmptyLineBelongsToTheHead) {
  EXPECT_EQ(FindHeadEnd("A\r\nB: c\r\n\r\nbody", 0), 11u);
  EXPECT_EQ(FindHeadEnd("A\nB: c\n\nbody", 0), 8u);
  EXPECT_EQ(FindHeadEnd("A\nB: c\n\r\nbody", 0), 9u);
  EXPECT_EQ(FindHeadEnd("A\r\nB: c\r\n", 0), kNone);
  EXPECT_EQ(FindHeadEnd("", 0), kNone);
}

TEST(FindHeadEndTest, WhatWasSearchedMayHoldTheBeginningOfTheEnd) {
  const std::string head = "A\r\nB: c\r\n\r\n";
  for (size_t n = 0; n < head.size(); ++n) {
    EXPECT_EQ(FindHeadEnd(head.substr(0, n), 0), kNone) << n;
    EXPECT_EQ(FindHeadEnd(head, n), head.size()) << n;
  }
}

TEST(HeadReaderTest, FieldsComeOneByOneTrimmed) {
  HeadReader reader("GET / HTTP/1.1\r\nHost:  a.b \t\r\nX:\r\n\r\nrest: x\r\n");
  EXPECT_EQ(reader.StartLine(), "GET / HTTP/1.1");
  HeadField field;
  ASSERT_TRUE(reader.Next(&field));
  EXPECT_EQ(field.name, "Host");
  EXPECT_EQ(field.value, "a.b");
  EXPECT_FALSE(field.odd || field.folded || field.spaced);
  ASSERT_TRUE(reader.Next(&field));
  EXPECT_EQ(field.name, "X");
  EXPECT_EQ(field.value, "");
  EXPECT_FALSE(reader.Next(&field));
  EXPECT_FALSE(reader.Next(&field));
  EXPECT_FALSE(reader.bare_lf() || reader.bare_cr() || reader.nul());
}

TEST(HeadReaderTest, EachOddityIsSeen) {
  const struct {
    absl::string_view line;
    bool odd, spaced, folded, lf, cr, nul;
  } kCases[] = {
      {"A: b\r\n", false, false, false, false, false, false},
      {"A : b\r\n", false, true, false, false, false, false},
      {"A b\r\n", true, false, false, false, false, false},
      {": b\r\n", true, false, false, false, false, false},
      {"A(: b\r\n", true, false, false, false, false, false},
      {" A: b\r\n", true, false, false, false, false, false},
      {"A: b\r\n c\r\n", false, false, true, false, false, false},
      {"A: b\n", false, false, false, true, false, false},
      {"A: b\rc\r\n", false, false, false, false, true, false},
      {{"A: b\0c\r\n", 8}, false, false, false, false, false, true},
  };
  for (const auto& c : kCases) {
    HeadReader reader(c.line);
    // The first line is the start line: an empty one is no end.
    const std::string text = "S\r\n" + std::string(c.line) + "\r\n";
    reader = HeadReader(text);
    reader.StartLine();
    HeadField field;
    ASSERT_TRUE(reader.Next(&field)) << c.line;
    EXPECT_EQ(field.odd, c.odd) << c.line;
    EXPECT_EQ(field.spaced, c.spaced) << c.line;
    EXPECT_EQ(field.folded, c.folded) << c.line;
    EXPECT_EQ(reader.bare_lf(), c.lf) << c.line;
    EXPECT_EQ(reader.bare_cr(), c.cr) << c.line;
    EXPECT_EQ(reader.nul(), c.nul) << c.line;
    EXPECT_FALSE(reader.Next(&field)) << c.line;
  }
}

TEST(NextElementTest, CommasSeparateAndBlanksGo) {
  absl::string_view list = "gzip ,\tchunked,";
  absl::string_view element;
  ASSERT_TRUE(NextElement(&list, &element));
  EXPECT_EQ(element, "gzip");
  ASSERT_TRUE(NextElement(&list, &element));
  EXPECT_EQ(element, "chunked");
  EXPECT_FALSE(NextElement(&list, &element));
}

}  // namespace
}  // namespace tapline
