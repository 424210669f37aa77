#include "common/redact/payload_mask.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tapline {
namespace {

struct Example {
  absl::string_view in;
  absl::string_view out;
};

TEST(PayloadMaskTest, ArgumentsOfLoginCommandsAreMasked) {
  constexpr Example kExamples[] = {
      {"USER ann\r\nPASS hunter2\r\n",
       "USER ann\r\nPASS [redacted:secret]\r\n"},
      {"pass two words\n", "pass [redacted:secret]\n"},
      {"AUTH PLAIN AGFubgBodW50ZXIy\r\n", "AUTH PLAIN [redacted:secret]\r\n"},
      {"AUTH LOGIN\r\nYW5u\r\n", "AUTH LOGIN\r\nYW5u\r\n"},
      {"AUTH LOGIN\r\nYW5uYW5u\r\nZm9vYmFy\r\nQUIT\r\n",
       "AUTH LOGIN\r\n[redacted:secret]\r\n[redacted:secret]\r\nQUIT\r\n"},
      {"a1 LOGIN ann \"hunter 2\"\r\n", "a1 LOGIN [redacted:secret]\r\n"},
      {"a1 AUTHENTICATE PLAIN AGFubg==\r\n",
       "a1 AUTHENTICATE PLAIN [redacted:secret]\r\n"},
      {"AUTHENTICATE SCRAM-SHA-256 biws\r\n",
       "AUTHENTICATE SCRAM-SHA-256 [redacted:secret]\r\n"},
      {"OPER ann hunter2\r\n", "OPER [redacted:secret]\r\n"},
      {"AUTH hunter2\r\n", "AUTH [redacted:secret]\r\n"},
      {"*3\r\n$4\r\nAUTH\r\n$3\r\nann\r\n$7\r\nhunter2\r\n*1\r\n$4\r\nPING\r\n",
       "*3\r\n$4\r\nAUTH\r\n$3\r\n[redacted:secret]\r\n$7\r\n"
       "[redacted:secret]\r\n*1\r\n$4\r\nPING\r\n"},
      {"aHVudGVyMg==\r\n", "[redacted:secret]\r\n"},
      {"GET /?password=hunter2 HTTP/1.1\r\n",
       "GET /?password=[redacted:secret] HTTP/1.1\r\n"},
  };
  for (const Example& example : kExamples) {
    EXPECT_EQ(MaskPayload(example.in, false), example.out);
  }
}

TEST(PayloadMaskTest, OrdinaryLinesStay) {
  for (const absl::string_view text :
       {"STARTTLS\r\n", "220 mail.example ESMTP\r\n", "PASS\r\n",
        "EHLO a.b\r\n", "GET /login HTTP/1.1\r\nHost: example.com\r\n\r\n",
        "*1\r\n$4\r\nPING\r\n", "334 VXNlcm5hbWU6\r\n",
        "Hallo Welt, AUTH im Text\n", ""}) {
    EXPECT_EQ(MaskPayload(text, false), text);
  }
}

TEST(PayloadMaskTest, ACutTextLosesItsLastWord) {
  const std::string text =
      "Authorization: Bearer abcdefghijkl\r\nHost: example";
  for (size_t size = 0; size <= text.size(); ++size) {
    const std::string out = MaskPayload(text.substr(0, size), true);
    EXPECT_FALSE(absl::StrContains(out, "abc")) << out;
  }
  EXPECT_EQ(MaskPayload("see ftp://ann:hun", true), "see [redacted:secret]");
  EXPECT_EQ(MaskPayload("key ghp_", true), "key [redacted:secret]");
  EXPECT_EQ(MaskPayload("whole ", true), "whole ");
  const std::string content(10'000, 'x');
  EXPECT_EQ(MaskPayload(content, true), content);
}

TEST(PayloadMaskTest, SpansAreAscendingAndApart) {
  const std::string text =
      "PASS password=hunter2 token=abc\r\nAUTH PLAIN secret=1\r\n";
  size_t last = 0;
  const std::vector<SecretSpan> spans = FindPayloadSecrets(text, true);
  ASSERT_FALSE(spans.empty());
  for (const SecretSpan& span : spans) {
    EXPECT_TRUE(span.begin > last || span.begin == 0);
    EXPECT_LT(span.begin, span.end);
    EXPECT_LE(span.end, text.size());
    last = span.end;
  }
}

}  // namespace
}  // namespace tapline
