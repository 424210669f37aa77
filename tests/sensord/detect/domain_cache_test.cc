#include "sensord/detect/domain_cache.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/net/domain.h"

namespace tapline {
namespace {

TEST(DomainCacheTest, EveryNameHasTheDomainTheListGivesIt) {
  const std::vector<std::string> ends = {"com",
                                         "example.com",
                                         "co.uk",
                                         "github.io",
                                         "s3.amazonaws.com",
                                         "compute.amazonaws.com",
                                         "ck",
                                         "www.ck",
                                         "kawasaki.jp",
                                         "notatld",
                                         "city.kawasaki.jp",
                                         "b.example.kawasaki.jp",
                                         "xn--p1ai",
                                         "elb.amazonaws.com.cn",
                                         "localhost"};
  DomainCache cache;
  // Twice: from the list and from memory.
  for (int round = 0; round < 2; ++round) {
    for (const std::string& end : ends) {
      for (const char* start :
           {"", "a.", "www.", "a.b.", "a.b.c.", "a.b.c.d."}) {
        const std::string name = absl::StrCat(start, end);
        EXPECT_EQ(cache.Registrable(name), RegistrableDomain(name)) << name;
      }
    }
  }
}

TEST(DomainCacheTest, SiblingsShareWhatFollowsTheirFirstLabel) {
  DomainCache cache;
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = absl::StrCat("n", i, ".t.example.org");
    ASSERT_EQ(cache.Registrable(name), "example.org");
  }
}

TEST(DomainCacheTest, OddNamesStayWithinThemselves) {
  DomainCache cache;
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string(".com"),
        std::string("com."), std::string("a..com"), std::string(300, '.'),
        std::string(255, 'a')}) {
    const absl::string_view domain = cache.Registrable(name);
    EXPECT_LE(domain.size(), name.size());
    EXPECT_EQ(domain,
              absl::string_view(name).substr(name.size() - domain.size()));
  }
}

}  // namespace
}  // namespace tapline
