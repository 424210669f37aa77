#include "sensord/analyzers/masked_url.h"

#include <gtest/gtest.h>

namespace tapline {
namespace {

TEST(MaskedTargetTest, ValuesParametersAndFragmentsGo) {
  const char* const kCases[][2] = {
      {"/", "/"},
      {"*", "*"},
      {"", ""},
      {"/a/b.html", "/a/b.html"},
      {"/r?token=abc&id=7", "/r?token=[..]&id=[..]"},
      {"/r?abc", "/r?[..]"},
      {"/r?a=1&&b=2", "/r?a=[..]&[..]&b=[..]"},
      {"/r?", "/r?"},
      {"/r?a b=1", "/r?[..]"},
      {"/r?0123456789abcdef=1", "/r?[..]"},
      {"/a;jsessionid=4711/b;x?k=v", "/a/b?k=[..]"},
      {"/a#secret", "/a"},
      {"/a?k=v#secret", "/a?k=[..]"},
      {"/reset/9f8e7d/x", "/reset/[redacted:opaque]/x"},
      {"/u/ann@example.org", "/u/[redacted:email]@example.org"},
  };
  for (const auto& row : kCases) EXPECT_EQ(MaskedTarget(row[0]), row[1]);
}

TEST(MaskedTargetTest, ItIsBounded) {
  EXPECT_LT(MaskedTarget("/?" + std::string(100000, '&')).size(), 400u);
  EXPECT_LT(MaskedTarget("/" + std::string(100000, 'a')).size(), 100u);
}

TEST(MaskedProductTest, IdsAndAddressesGoAndProductsStay) {
  const char* const kCases[][2] = {
      {"Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0",
       "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 "
       "Firefox/115.0"},
      {"app/1 (356938035643809)", "app/1 ([redacted:opaque])"},
      {"curl/7.88.1", "curl/7.88.1"},
      {"app/1 (ann@example.org)", "app/1 ([redacted:email])"},
      {"app/1 f81d4fae-7dec-11d0-a765-00a0c91e6bf6 x",
       "app/1 [redacted:opaque] x"},
      {"", ""},
  };
  for (const auto& row : kCases) EXPECT_EQ(MaskedProduct(row[0]), row[1]);
}

TEST(MaskedProductTest, AWordCutByTheLimitIsHidden) {
  EXPECT_EQ(MaskedProduct("abc defgh", 6), "abc [redacted:opaque]");
}

TEST(SplitAuthorityTest, HostAndPortWithoutUser) {
  const struct {
    const char* text;
    const char* host;
    int port;
  } kCases[] = {
      {"a.b", "a.b", 0},
      {"a.b:80", "a.b", 80},
      {"u:p@a.b:80", "a.b", 80},
      {"[2001:db8::1]:443", "2001:db8::1", 443},
      {"[2001:db8::1]", "2001:db8::1", 0},
      {"a:99999", "a", 0},
      {"a:8x", "a", 0},
      {"a:", "a", 0},
      {"", "", 0},
      {"[", "[", 0},
      {":", "", 0},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(SplitAuthority(c.text).host, c.host) << c.text;
    EXPECT_EQ(SplitAuthority(c.text).port, c.port) << c.text;
  }
}

TEST(SplitUrlTest, OnlyUrlsWithASchemeAreSplit) {
  AbsoluteUrl url;
  ASSERT_TRUE(SplitUrl("http://u@h.x:8080/p?q#f", &url));
  EXPECT_EQ(url.scheme, "http");
  EXPECT_EQ(url.authority.host, "h.x");
  EXPECT_EQ(url.authority.port, 8080);
  EXPECT_EQ(url.target, "/p?q#f");
  ASSERT_TRUE(SplitUrl("http://h?q", &url));
  EXPECT_EQ(url.authority.host, "h");
  EXPECT_EQ(url.target, "?q");
  for (const char* text : {"/p", "h:80", "://h", "a b://h", "http:/h", ""}) {
    EXPECT_FALSE(SplitUrl(text, &url)) << text;
  }
}

}  // namespace
}  // namespace tapline
