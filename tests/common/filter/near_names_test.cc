#include "common/filter/near_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tapline::filter {
namespace {

const std::vector<absl::string_view> kNames = {
    "dns.qry.name", "dns.qry.type", "ip.addr", "ip.dst",
    "ip.src",       "tcp.port",     "tls.sni", "udp.port"};

TEST(NearNamesTest, AFewLettersApartIsMeant) {
  EXPECT_EQ(FindNear("tls.snj", kNames).best, "tls.sni");
  EXPECT_EQ(FindNear("ip.sre", kNames).best, "ip.src");
  EXPECT_EQ(FindNear("dns.qry.naem", kNames).best, "dns.qry.name");
}

TEST(NearNamesTest, TheSameLastWordIsMeantWhenOnlyOneHasIt) {
  EXPECT_EQ(FindNear("ssl.sni", kNames).best, "tls.sni");
  const NearNames ports = FindNear("quic.port", kNames);
  EXPECT_EQ(ports.best, "");
  EXPECT_THAT(ports.all, ::testing::ElementsAre("udp.port", "tcp.port"));
}

TEST(NearNamesTest, ANameOfTheSameProtocolIsNearerThanOneOfAnother) {
  const std::vector<absl::string_view> names = {
      "amqp.version", "smb.file", "smb.share", "tls.sni", "tls.version"};
  EXPECT_EQ(FindNear("tls.server.version", names).best, "tls.version");
  EXPECT_EQ(FindNear("smb2.create.filename", names).best, "smb.file");
  EXPECT_EQ(FindNear("mqtt.protocol.version", names).best, "");
  EXPECT_THAT(FindNear("tls.handshake.random", names).all,
              ::testing::UnorderedElementsAre("tls.sni", "tls.version"));
}

TEST(NearNamesTest, TheSameBeginningIsListed) {
  const NearNames near = FindNear("dns.something.else", kNames);
  EXPECT_EQ(near.best, "");
  EXPECT_THAT(near.all,
              ::testing::UnorderedElementsAre("dns.qry.name", "dns.qry.type"));
}

TEST(NearNamesTest, NothingIsNearToNoiseAndLongText) {
  EXPECT_THAT(FindNear("zzzzzz", kNames).all, ::testing::IsEmpty());
  EXPECT_THAT(FindNear(std::string(5000, 'i'), kNames).all,
              ::testing::IsEmpty());
  EXPECT_THAT(FindNear("", kNames).all, ::testing::IsEmpty());
}

}  // namespace
}  // namespace tapline::filter
