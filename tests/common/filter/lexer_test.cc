#include "common/filter/lexer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace tapline::filter {
namespace {

std::vector<std::string> Values(absl::string_view text) {
  const auto lexemes = Split(text);
  EXPECT_OK(lexemes.status()) << text;
  std::vector<std::string> values;
  if (!lexemes.ok()) return values;
  for (const Lexeme& lexeme : *lexemes) {
    if (lexeme.token == Token::kEnd) continue;
    values.push_back(lexeme.value.empty()
                         ? std::string(SpellingOf(lexeme.token))
                         : lexeme.value);
  }
  return values;
}

using ::testing::ElementsAre;

TEST(FilterLexerTest, WordsEndAtSignsAndRanges) {
  EXPECT_THAT(Values("tcp.port==80"), ElementsAre("tcp.port", "==", "80"));
  EXPECT_THAT(
      Values("{1..5,10.0.0.1..10.0.0.9}"),
      ElementsAre("{", "1", "..", "5", ",", "10.0.0.1", "..", "10.0.0.9", "}"));
  EXPECT_THAT(Values("!(a.b&0x2)"),
              ElementsAre("not", "(", "a.b", "&", "0x2", ")"));
}

TEST(FilterLexerTest, AddressesAndTimesAreSingleWords) {
  for (const char* text :
       {"10.0.0.0/8", "2001:db8::/32", "::1", "fe80::1", "02:00:5e:10:00:01",
        "02-00-5e-10-00-01", "2026-01-31T12:00:00+02:00", "-5", "now-10m",
        "1.5M", "ftp-data"}) {
    EXPECT_THAT(Values(text), ElementsAre(text));
  }
}

TEST(FilterLexerTest, StringsResolveTheirEscapesAndKeepTheOthers) {
  EXPECT_THAT(Values(R"("a\"b\\c\x41\n\d")"), ElementsAre("a\"b\\cA\n\\d"));
  EXPECT_THAT(Values(R"(r"\d+\.")"), ElementsAre("\\d+\\."));
  EXPECT_THAT(Values("'it is \"so\"'"), ElementsAre("it is \"so\""));
}

TEST(FilterLexerTest, WhatIsQuotedIsReadBackByteByByte) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  all += "\u00e4\u20ac\u202e";
  EXPECT_THAT(Values(Quoted(all)), ElementsAre(all));
}

TEST(FilterLexerTest, ControlsAndBytesThatAreNotUtf8AreRefused) {
  using namespace std::string_literals;
  for (const std::string& text : {"tcp\0"s, "tcp\x01"s, "tcp\xff"s, "\"\xc3\""s,
                                  "tcp\x7f"s, "\u202etcp"s}) {
    EXPECT_FALSE(Split(text).ok()) << text;
  }
  EXPECT_OK(Split("tcp\n\tand\r\nudp").status());
}

}  // namespace
}  // namespace tapline::filter
