// EXPECT_OK, ASSERT_OK and StatusIs for absl::Status and StatusOr.

#ifndef TAPLINE_TESTS_SUPPORT_STATUS_MATCHERS_H_
#define TAPLINE_TESTS_SUPPORT_STATUS_MATCHERS_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tapline::testing {

inline const absl::Status& GetStatus(const absl::Status& s) { return s; }
template <typename T>
const absl::Status& GetStatus(const absl::StatusOr<T>& s) {
  return s.status();
}

MATCHER(IsOkMatcher, "is OK") {
  *result_listener << GetStatus(arg).ToString();
  return GetStatus(arg).ok();
}

// Code and a substring of the message.
MATCHER_P2(StatusIs, code, text, "") {
  *result_listener << GetStatus(arg).ToString();
  return GetStatus(arg).code() == code &&
         std::string(GetStatus(arg).message()).find(text) !=
             std::string::npos;
}

}  // namespace tapline::testing

#define EXPECT_OK(expr) EXPECT_THAT((expr), ::tapline::testing::IsOkMatcher())
#define ASSERT_OK(expr) ASSERT_THAT((expr), ::tapline::testing::IsOkMatcher())

#endif  // TAPLINE_TESTS_SUPPORT_STATUS_MATCHERS_H_
