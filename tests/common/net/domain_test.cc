#include "common/net/domain.h"

#include <gtest/gtest.h>

#include <string>

namespace tapline {
namespace {

TEST(DomainTest, OneLabelBelowThePublicSuffixIsRegistrable) {
  EXPECT_EQ(RegistrableDomain("www.example.com"), "example.com");
  EXPECT_EQ(RegistrableDomain("a.b.c.example.co.uk"), "example.co.uk");
  EXPECT_EQ(RegistrableDomain("example.com"), "example.com");
}

TEST(DomainTest, PublicSuffixesAndSingleLabelsAreReturnedWhole) {
  for (const char* name : {"com", "co.uk", "localhost", ""}) {
    EXPECT_EQ(RegistrableDomain(name), name);
  }
}

TEST(DomainTest, ResultIsAViewIntoTheName) {
  const std::string name = "x.y.example.org";
  EXPECT_EQ(RegistrableDomain(name).data(), name.data() + 4);
}

TEST(DomainTest, UnknownTopLevelsCountAsSuffixes) {
  EXPECT_EQ(RegistrableDomain("a.b.notatld"), "b.notatld");
}

TEST(DomainTest, HostileNamesNeitherCrashNorLeaveTheName) {
  const std::string names[] = {std::string(100'000, '.'),
                               std::string(100'000, 'a'),
                               ".com",
                               "..",
                               std::string("a\0b.com", 7),
                               "\xff\xfe.com",
                               "example.com."};
  for (const std::string& name : names) {
    const absl::string_view domain = RegistrableDomain(name);
    EXPECT_GE(domain.data(), name.data());
    EXPECT_EQ(domain.data() + domain.size(), name.data() + name.size());
  }
}

}  // namespace
}  // namespace tapline
