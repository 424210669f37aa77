#include <gtest/gtest.h>

#include "tests/sensord/detect/traffic.h"

namespace tapline {
namespace {

const IpAddress kGateway = Ip("192.0.2.1");
const IpAddress kVictim = Ip("192.0.2.10");

TEST(ArpSpoofTest, AddressGivenAwayAndBackRaises) {
  Traffic t;
  DetectRun run;
  t.ArpReply(kGateway, Mac(1), kVictim);
  t.Wait(absl::Seconds(1)).ArpReply(kGateway, Mac(66), kVictim);
  EXPECT_EQ(run.Feed(t).RuleNames(), "");
  t.Wait(absl::Seconds(1)).ArpRequest(kGateway, Mac(1), kVictim);
  ASSERT_EQ(run.Feed(t).RuleNames(), "arp_spoof");
  const v1::Alert alert = run.Alerts()[0];
  EXPECT_EQ(alert.severity(), v1::SEVERITY_HIGH);
  EXPECT_EQ(alert.source().address(), "02:00:00:00:00:42");
  EXPECT_EQ(alert.target().address(), "192.0.2.1");
  EXPECT_EQ(alert.evidence().arp_spoof().previous_mac(), "02:00:00:00:00:01");
  EXPECT_EQ(alert.evidence().arp_spoof().new_mac(), "02:00:00:00:00:42");
  EXPECT_EQ(alert.evidence().arp_spoof().changes(), 2u);
}

TEST(ArpSpoofTest, LongSpoofIsOneAlert) {
  Traffic t;
  for (int i = 0; i < 100; ++i) {
    t.Wait(absl::Seconds(2)).ArpReply(kGateway, Mac(i % 2 ? 66 : 1), kVictim);
  }
  DetectRun run;
  ASSERT_EQ(run.Feed(t).Finish().RuleNames(), "arp_spoof");
  EXPECT_EQ(run.Alerts()[0].evidence().arp_spoof().changes(), 99u);
}

TEST(ArpSpoofTest, FailoverIsSilent) {
  Traffic t;
  for (int i = 0; i < 10; ++i) t.ArpReply(kGateway, Mac(1), kVictim);
  for (int i = 0; i < 10; ++i) t.Gratuitous(kGateway, Mac(2));
  t.Wait(absl::Seconds(90));
  for (int i = 0; i < 10; ++i) t.Gratuitous(kGateway, Mac(1));
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(ArpSpoofTest, ProbesForAFreeAddressAreSilent) {
  Traffic t;
  for (int i = 0; i < 50; ++i) {
    t.ArpRequest(Ip("0.0.0.0"), Mac(static_cast<uint8_t>(i)), kVictim);
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(ArpSpoofTest, SameAddressOnTwoVlansIsSilent) {
  Traffic t;
  for (int i = 0; i < 20; ++i) {
    const uint8_t vlan = i % 2;
    t.ArpReply(kGateway, Mac(vlan), kVictim);
    t.batch.arps.back().context = vlan;
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

}  // namespace
}  // namespace tapline
