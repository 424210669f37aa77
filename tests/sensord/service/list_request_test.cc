#include "sensord/service/list_request.h"

#include <gtest/gtest.h>

#include "tapline/v1/history_service.pb.h"
#include "tests/support/status_matchers.h"

namespace tapline::testing {
namespace {

TEST(ListRequestTest, PageSizeHasADefaultAndAMaximum) {
  EXPECT_EQ(PageSize(0), 100u);
  EXPECT_EQ(PageSize(1), 1u);
  EXPECT_EQ(PageSize(1000), 1000u);
  EXPECT_EQ(PageSize(4000000000), 1000u);
}

TEST(ListRequestTest, OrderIsOneOfFour) {
  EXPECT_EQ(*OrderBy(""), "received_at desc");
  EXPECT_EQ(*OrderBy("observed_at"), "observed_at");
  EXPECT_THAT(OrderBy("id; DROP TABLE flows"),
              StatusIs(absl::StatusCode::kInvalidArgument, "order_by"));
}

TEST(ListRequestTest, RangeThatEndsBeforeItBeginsIsRefused) {
  v1::TimeRange range;
  range.mutable_since()->set_seconds(10);
  range.mutable_until()->set_seconds(9);
  EXPECT_THAT(CheckRange(range),
              StatusIs(absl::StatusCode::kInvalidArgument, "after until"));
  range.mutable_until()->set_seconds(300000000000);
  EXPECT_THAT(CheckRange(range),
              StatusIs(absl::StatusCode::kInvalidArgument, "9999"));
}

TEST(PageTokensTest, TokenBelongsToItsRequestAndAnyPageSize) {
  const PageTokens tokens = *PageTokens::Create();
  v1::ListAlertsRequest request;
  request.mutable_selector()->add_ports(22);
  std::string token = tokens.Make(request, "pos");
  EXPECT_EQ(*tokens.Open(request, token), "pos");
  request.set_page_size(7);
  request.set_page_token(token);
  EXPECT_EQ(*tokens.Open(request, token), "pos");
  request.mutable_selector()->set_ports(0, 23);
  EXPECT_THAT(tokens.Open(request, token),
              StatusIs(absl::StatusCode::kInvalidArgument, "another request"));
  // The same fields in a request of another kind.
  v1::ListEventsRequest other;
  other.mutable_selector()->add_ports(22);
  EXPECT_FALSE(tokens.Open(other, token).ok());
}

TEST(PageTokensTest, WithoutRandomBytesThereIsNoKey) {
  const auto fails = [](unsigned char*, int) { return 0; };
  EXPECT_THAT(PageTokens::Create(fails).status(),
              StatusIs(absl::StatusCode::kUnavailable, "no random bytes"));
}

TEST(PageTokensTest, ForgedDamagedAndForeignTokensAreRefused) {
  const PageTokens tokens = *PageTokens::Create();
  v1::ListAlertsRequest request;
  std::string token = tokens.Make(request, "pos");
  EXPECT_FALSE(PageTokens::Create()->Open(request, token).ok());
  for (size_t i = 0; i < token.size(); ++i) {
    std::string bad = token;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    auto opened = tokens.Open(request, bad);
    EXPECT_TRUE(!opened.ok() || *opened == "pos") << i;
    EXPECT_FALSE(tokens.Open(request, token.substr(0, i)).ok() && i > 0);
  }
  EXPECT_EQ(*tokens.Open(request, ""), "");
  EXPECT_EQ(tokens.Make(request, ""), "");
}

}  // namespace
}  // namespace tapline::testing
