#include "sensord/dissect/hex_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/output/layer_text.h"
#include "common/redact/redactor.h"
#include "tapline/v1/layer.pb.h"

namespace tapline {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

google::protobuf::RepeatedPtrField<v1::HexLine> View(
    const std::string& text, size_t payload = 0, absl::string_view flags = "") {
  google::protobuf::RepeatedPtrField<v1::HexLine> lines;
  WriteHexView({reinterpret_cast<const uint8_t*>(text.data()), text.size()},
               payload, flags, lines);
  return lines;
}

TEST(HexViewTest, LinesHave16BytesAndAnAsciiColumn) {
  EXPECT_EQ(HexText(View(std::string("GET / HTTP/1.1\r\nA\0\xff", 19))),
            "0000  47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a  "
            "GET / HTTP/1.1..\n"
            "0010  41 00 ff                                         A..\n");
  EXPECT_EQ(HexText(View("")), "");
}

TEST(HexViewTest, ASecretIsBlankInBothColumnsAlsoOverLines) {
  const std::string text =
      HexText(View("Authorization: Bearer abcdefghijklmnop\r\nHost: a"));
  EXPECT_THAT(text, HasSubstr("Authorization: B"));
  EXPECT_THAT(text, HasSubstr("earer **********"));
  EXPECT_THAT(text, Not(HasSubstr("abc")));
  EXPECT_THAT(text, Not(HasSubstr("61 62 63")));
  EXPECT_THAT(text, HasSubstr("6f 73 74 3a 20 61"));
}

TEST(HexViewTest, ALoginIsLookedForWhereThePayloadBegins) {
  const std::string frame = "0123456789PASS hunter2\r\n";
  EXPECT_THAT(View(frame)[0].ascii(), HasSubstr("PASS h"));
  const auto lines = View(frame, 10);
  EXPECT_EQ(lines[0].ascii(), "0123456789PASS *");
  EXPECT_EQ(lines[1].ascii(), "******..");
  EXPECT_EQ(View(frame, 10'000)[0].ascii(), "0123456789PASS h");
}

TEST(HexViewTest, WhatTheGuardFlagsIsBlank) {
  const std::string flags("\0\1\2", 3);
  EXPECT_EQ(View("0123abcdef", 4, flags)[0].ascii(), "0123a**def");
  EXPECT_EQ(View("0123", 4, flags)[0].ascii(), "0123");
}

TEST(HexViewTest, WhatIsCutMidwayIsNotShown) {
  const std::string text =
      std::string(kMaxHexBytes - 5, ' ') + "ghp_0123456789abcdef";
  const auto lines = View(text);
  EXPECT_EQ(lines.rbegin()->ascii(), "           *****");
}

TEST(HexViewTest, ABoundedPartIsShown) {
  const auto lines = View(std::string(100'000, 'x'));
  EXPECT_EQ(lines.size(), static_cast<int>(kMaxHexBytes / 16));
}

TEST(HexViewTest, TheRedactorLetsItThroughOnlyWherePayloadMayLeave) {
  v1::HexLine line = View("password=hunter2")[0];
  EXPECT_EQ(Redactor().Apply(line).get().hex(), "");
  const v1::HexLine full = Redactor(v1::CAPTURE_MODE_FULL).Apply(line).get();
  EXPECT_EQ(full.ascii(), "password=*******");
  EXPECT_EQ(full.hex(), line.hex());
}

}  // namespace
}  // namespace tapline
