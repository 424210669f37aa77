#include "sensord/policy/filters.h"

#include <gtest/gtest.h>

#include "sensord/policy/policy_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace tapline {
namespace {

using testing::StatusIs;
using testing::TempDir;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class PolicyFiltersTest : public ::testing::Test {
 protected:
  std::unique_ptr<PolicyStore> Open(const PolicyStoreOptions& options) {
    auto store = PolicyStore::Open(options, clock_);
    EXPECT_OK(store);
    return *std::move(store);
  }
  static v1::SavedFilter Named(const std::string& name,
                               const std::string& text) {
    v1::SavedFilter filter;
    filter.set_name(name);
    filter.set_filter(text);
    return filter;
  }
  static absl::Status Save(PolicyStore& store, const std::string& name,
                           const std::string& text) {
    return store.SaveFilter(Named(name, text), false, "ann").status();
  }

  const TempDir dir_;
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
};

TEST_F(PolicyFiltersTest, ASavedFilterIsKeptWithWhoSavedIt) {
  const auto store = Open({});
  const uint64_t revision = store->Get()->revision;
  ASSERT_OK(Save(*store, "web", "tcp.port in {80,443}"));
  const auto listed = store->SavedFilters();
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].filter(), "tcp.port in {80,443}") << "as it was written";
  EXPECT_EQ(listed[0].created_by(), "ann");
  EXPECT_EQ(listed[0].created_at().seconds(), 1'700'000'000);
  EXPECT_EQ(store->FilterText("web"), "tcp.port in {80,443}");
  EXPECT_EQ(store->FilterText("other"), std::nullopt);
  EXPECT_EQ(store->Get()->revision, revision) << "no policy changed";
}

TEST_F(PolicyFiltersTest, SavedFiltersSurviveARestart) {
  const PolicyStoreOptions options{.overrides_file = dir_.path() + "/over"};
  ASSERT_OK(Save(*Open(options), "web", "tcp.port == 443"));
  const auto store = Open(options);
  EXPECT_EQ(store->FilterText("web"), "tcp.port == 443");
  ASSERT_OK(store->DeleteFilter("web"));
  EXPECT_TRUE(Open(options)->SavedFilters().empty());
}

TEST_F(PolicyFiltersTest, SavingReplacesAndRemovingTellsWhatIsNotThere) {
  const auto store = Open({});
  ASSERT_OK(Save(*store, "web", "tcp.port == 80"));
  ASSERT_OK(Save(*store, "web", "tcp.port == 443"));
  EXPECT_EQ(store->SavedFilters().size(), 1u);
  EXPECT_EQ(store->FilterText("web"), "tcp.port == 443");
  ASSERT_OK(store->DeleteFilter("web"));
  EXPECT_THAT(store->DeleteFilter("web"),
              StatusIs(absl::StatusCode::kNotFound, "web"));
}

TEST_F(PolicyFiltersTest, NamesInASavedFilterAreReplacedWhenItIsSaved) {
  const auto store = Open({});
  ASSERT_OK(Save(*store, "web", "tcp.port == 80 or tcp.port == 443"));
  ASSERT_OK(Save(*store, "mine", "@web and not ip.src == \"10.0.0.1\""));
  ASSERT_OK(store->DeleteFilter("web"));
  EXPECT_EQ(store->FilterText("mine"),
            "(tcp.port == 80 or tcp.port == 443) and not ip.src == "
            "\"10.0.0.1\"");
  EXPECT_THAT(Save(*store, "self", "tcp or @self"),
              StatusIs(kInvalid, "no saved filter @self"));
}

TEST_F(PolicyFiltersTest, WhatIsWrongWithASavedFilterIsTold) {
  const auto store = Open({});
  for (const char* name : {"", "a b", "a.b", "@a", "\u00e4"}) {
    EXPECT_THAT(Save(*store, name, "tcp"), StatusIs(kInvalid, "name: "));
  }
  EXPECT_THAT(Save(*store, std::string(65, 'a'), "tcp"),
              StatusIs(kInvalid, "name: "));
  const absl::Status wrong = Save(*store, "web", "tcp.prot == 80");
  EXPECT_THAT(wrong, StatusIs(kInvalid, "did you mean tcp.port?"));
  EXPECT_EQ(FilterErrorOf(wrong).column, 1u);
  v1::SavedFilter filter = Named("web", "tcp");
  filter.set_comment("a\x1b[31m");
  EXPECT_THAT(store->SaveFilter(filter, false, "ann"),
              StatusIs(kInvalid, "comment: "));
  filter.set_comment("checked only");
  ASSERT_OK(store->SaveFilter(filter, true, "ann"));
  EXPECT_TRUE(store->SavedFilters().empty());
}

TEST_F(PolicyFiltersTest, ASuppressionOfTheFileMayHaveAFilter) {
  const std::string file = dir_.Write(
      "f.yaml",
      "suppressions:\n"
      "  - {filter: 'rule == port_scan and ip.src == 10.0.0.0/8'}\n");
  const auto store = Open({.config_file = file});
  ASSERT_EQ(store->Suppressions().size(), 1u);
  EXPECT_EQ(store->Suppressions()[0].filter(),
            "rule == port_scan and ip.src == 10.0.0.0/8");
}

TEST_F(PolicyFiltersTest, ABadFilterOfTheFileIsRefusedWithItsEntry) {
  for (const auto& [filter, says] :
       std::vector<std::pair<std::string, std::string>>{
           {"rule = port_scan", "entry 2: filter: column 6: "},
           {"dns.qry.name contains a", "hides none"},
           {"@web", "no saved filter @web"},
           {"alert.first_seen > now-1h", "has no meaning here"}}) {
    const std::string file = dir_.Write(
        "f.yaml", "suppressions: [{port: 80}, {filter: '" + filter + "'}]");
    EXPECT_THAT(PolicyStore::Open({.config_file = file}, clock_),
                StatusIs(kInvalid, says))
        << filter;
  }
}

TEST_F(PolicyFiltersTest, ASuppressionIsKeptWithoutNames) {
  const auto store = Open({});
  ASSERT_OK(Save(*store, "ours", "ip.src == 10.0.0.0/8"));
  v1::Suppression wanted;
  wanted.set_filter("rule == port_scan and @ours");
  const auto added = store->AddSuppression(wanted, false, "ann");
  ASSERT_OK(added);
  EXPECT_EQ(added->filter(), "rule == port_scan and (ip.src == 10.0.0.0/8)");
  wanted.set_filter("rule == port_scan and @theirs");
  EXPECT_EQ(FilterErrorOf(store->AddSuppression(wanted, false, "ann").status())
                .column,
            23u);
  wanted.set_filter("dns.qry.name");
  EXPECT_THAT(store->AddSuppression(wanted, false, "ann"),
              StatusIs(kInvalid, "hides none"));
}

}  // namespace
}  // namespace tapline
