#include "sensord/service/cursor.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace tapline::testing {
namespace {

TEST(CursorTest, TextGivesBackTheSameCursor) {
  Cursor cursor{v1::RECORD_KIND_FLOW, 7, 123456789012};
  auto parsed =
      CursorFromText(CursorToText(cursor, "s1"), v1::RECORD_KIND_FLOW, "s1");
  ASSERT_OK(parsed);
  EXPECT_EQ(parsed->epoch, 7u);
  EXPECT_EQ(parsed->sequence, 123456789012u);
}

TEST(CursorTest, CursorOfAnotherKindOrSensorIsRefused) {
  std::string text = CursorToText({v1::RECORD_KIND_FLOW, 7, 1}, "s1");
  EXPECT_THAT(CursorFromText(text, v1::RECORD_KIND_ALERT, "s1"),
              StatusIs(absl::StatusCode::kInvalidArgument, "another kind"));
  EXPECT_THAT(CursorFromText(text, v1::RECORD_KIND_FLOW, "s2"),
              StatusIs(absl::StatusCode::kInvalidArgument, "another sensor"));
}

TEST(CursorTest, EveryChangedByteIsRefused) {
  std::string text = CursorToText({v1::RECORD_KIND_FLOW, 7, 42}, "s1");
  for (size_t i = 0; i < text.size(); ++i) {
    std::string bad = text;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    auto parsed = CursorFromText(bad, v1::RECORD_KIND_FLOW, "s1");
    // The last digit may hold bits that base64 ignores.
    if (parsed.ok()) {
      EXPECT_EQ(parsed->sequence, 42u) << i;
    }
    EXPECT_FALSE(
        CursorFromText(text.substr(0, i), v1::RECORD_KIND_FLOW, "s1").ok());
  }
}

}  // namespace
}  // namespace tapline::testing
