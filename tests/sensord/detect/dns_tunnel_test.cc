#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/sensord/detect/traffic.h"

namespace tapline {
namespace {

const IpAddress kClient = Ip("192.0.2.10");

std::string Long(int n, absl::string_view domain = "tunnel.example") {
  return absl::StrCat(std::string(45, 'a'), 100 + n, ".", domain);
}

TEST(DnsTunnelTest, TenthLongNameRaisesMedium) {
  Traffic t;
  DetectRun run;
  for (int i = 0; i < 9; ++i) t.Wait(absl::Seconds(2)).Query(kClient, Long(i));
  EXPECT_EQ(run.Feed(t).RuleNames(), "");
  t.Wait(absl::Seconds(2)).Query(kClient, Long(9));
  ASSERT_EQ(run.Feed(t).RuleNames(), "dns_tunnel");
  const v1::Alert alert = run.Alerts()[0];
  EXPECT_EQ(alert.severity(), v1::SEVERITY_MEDIUM);
  EXPECT_EQ(alert.source().address(), "192.0.2.10");
  const v1::DnsTunnelEvidence& e = alert.evidence().dns_tunnel();
  EXPECT_EQ(e.domain(), "tunnel.example");
  EXPECT_EQ(e.distinct_names(), 10u);
  EXPECT_EQ(e.longest_name_bytes(), 63u);
  EXPECT_TRUE(e.length_sign());
  EXPECT_FALSE(e.rate_sign());
}

TEST(DnsTunnelTest, NineLongNamesRepeatedAreSilent) {
  Traffic t;
  for (int i = 0; i < 100; ++i) {
    t.Wait(absl::Milliseconds(100)).Query(kClient, Long(i % 9));
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(DnsTunnelTest, NamesOfFiftyBytesAreNotLong) {
  Traffic t;
  for (int i = 0; i < 30; ++i) {
    const std::string name =
        absl::StrCat(std::string(35, 'a'), 10 + i, ".example.com.");
    t.Wait(absl::Seconds(1)).Query(kClient, name.substr(0, 50));
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(DnsTunnelTest, LongNamesOfDifferentDomainsAreSilent) {
  Traffic t;
  for (int i = 0; i < 60; ++i) {
    t.Query(kClient, Long(1, absl::StrCat("shop", i, ".co.uk")));
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(DnsTunnelTest, MinDistinctNamesOfOneRaisesAtTheFirstLongName) {
  v1::Config config = DetectTestConfig();
  config.mutable_detect()->mutable_dns_tunnel()->set_min_distinct_names(1);
  Traffic t;
  t.Query(kClient, Long(1));
  EXPECT_EQ(DetectRun(config).Feed(t).RuleNames(), "dns_tunnel");
}

TEST(DnsTunnelTest, TwentyNewNamesASecondRaiseAndNineteenAreSilent) {
  for (int n : {19, 20}) {
    Traffic t;
    for (int i = 0; i < n; ++i) {
      t.Wait(absl::Milliseconds(10));
      t.Query(kClient, absl::StrCat("x", i, ".tunnel.example"));
    }
    DetectRun run;
    run.Feed(t).Finish();
    EXPECT_EQ(run.RuleNames(), n == 20 ? "dns_tunnel" : "");
    if (n == 20) {
      EXPECT_TRUE(run.Alerts()[0].evidence().dns_tunnel().rate_sign());
      EXPECT_EQ(run.Alerts()[0].count(), 20u);
    }
  }
}

TEST(DnsTunnelTest, SecondSignEscalatesToCriticalAtOnce) {
  Traffic t;
  DetectRun run;
  for (int i = 0; i < 40; ++i) {
    t.Wait(absl::Milliseconds(10)).Query(kClient, Long(i));
  }
  run.Feed(t);
  ASSERT_EQ(run.detections.size(), 2u);
  EXPECT_EQ(run.detections[0].alert.severity(), v1::SEVERITY_MEDIUM);
  EXPECT_EQ(run.detections[1].alert.severity(), v1::SEVERITY_CRITICAL);
  EXPECT_EQ(run.detections[1].alert.revision(), 2u);
  EXPECT_EQ(run.detections[1].alert.id(), run.detections[0].alert.id());
}

TEST(DnsTunnelTest, BrowsingThatRepeatsShortNamesIsSilent) {
  Traffic t;
  for (int i = 0; i < 3000; ++i) {
    t.Wait(absl::Milliseconds(10));
    t.Query(kClient, absl::StrCat("cdn", i % 12, ".example.com"));
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(DnsTunnelTest, ReverseLookupsAndAnnouncementsAreSilent) {
  Traffic t;
  for (int i = 0; i < 250; ++i) {
    t.Wait(absl::Milliseconds(2));
    t.Query(kClient, absl::StrCat(i, ".100.51.198.in-addr.arpa"));
    t.Query(kClient, absl::StrCat("a.", std::string(60, '0'), i, ".ip6.arpa"));
    t.Query(kClient, absl::StrCat(std::string(60, 'p'), i, "._ipp.local"));
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(DnsTunnelTest, TrustedDomainAndResponsesAreNotJudged) {
  v1::Config config = DetectTestConfig();
  config.mutable_detect()->mutable_dns_tunnel()->add_trusted_domains(
      "tunnel.example");
  Traffic t;
  for (int i = 0; i < 100; ++i) {
    t.Query(kClient, Long(i));
    t.Query(kClient, Long(i, "other.example"));
    t.batch.dns.back().response = true;
  }
  EXPECT_EQ(DetectRun(config).Feed(t).Finish().RuleNames(), "");
}

}  // namespace
}  // namespace tapline
