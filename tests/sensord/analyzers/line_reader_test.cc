#include "sensord/analyzers/line_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tapline {
namespace {

using ::testing::ElementsAre;

absl::Span<const uint8_t> BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// All lines of `text` given in pieces.
std::vector<std::string> Lines(LineReader& lines, const std::string& text,
                               size_t piece) {
  std::vector<std::string> out;
  for (size_t at = 0; at < text.size(); at += piece) {
    const std::string bytes = text.substr(at, piece);
    lines.Add(BytesOf(bytes));
    for (absl::string_view line; lines.Next(&line);) {
      out.emplace_back(line.data(), line.size());
      if (lines.cut()) out.back() += '~';
      if (lines.bare_lf()) out.back() += '!';
      if (line == "skip") lines.Skip(7);
    }
  }
  return out;
}

TEST(LineReaderTest, LinesAreTheSameHoweverTheyCome) {
  const std::string text =
      "one\r\n\r\ntwo\n12345678\r\n123456789\r\n1234567890ab\r\nskip\r\n"
      "a\r\nb\r\ncend\r\npart";
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    LineReader lines(8);
    EXPECT_THAT(Lines(lines, text, piece),
                ElementsAre("one", "", "two!", "12345678", "12345678~",
                            "12345678~", "skip", "end"))
        << piece;
    EXPECT_EQ(lines.passed(), text.size() - 4);
    EXPECT_LE(lines.MemoryBytes(), 64u);
  }
}

TEST(LineReaderTest, ALineWithoutEndIsGivenOnceAndNotKept) {
  LineReader lines(16);
  const std::string text(100000, 'x');
  EXPECT_THAT(Lines(lines, text, 1000),
              ElementsAre(std::string(16, 'x') + "~"));
  EXPECT_LE(lines.MemoryBytes(), 64u);
  EXPECT_THAT(Lines(lines, "\nnext\n", 100), ElementsAre("next!"));
}

TEST(LineReaderTest, AGapInsideWhatIsSkippedDoesNoHarm) {
  LineReader lines(16);
  lines.Skip(10);
  EXPECT_TRUE(lines.Gap(6));
  EXPECT_THAT(Lines(lines, "1234ok\r\n", 100), ElementsAre("ok"));
  EXPECT_FALSE(lines.Gap(1));
}

TEST(LineReaderTest, TheRestIsWhatWasNotGiven) {
  LineReader lines(16);
  const std::string part = "ab";
  absl::string_view line;
  lines.Add(BytesOf(part));
  EXPECT_FALSE(lines.Next(&line));
  const std::string text = "c\r\nrest";
  lines.Add(BytesOf(text));
  ASSERT_TRUE(lines.Next(&line));
  EXPECT_EQ(line, "abc");
  EXPECT_EQ(lines.rest(), 4u);
}

}  // namespace
}  // namespace tapline
