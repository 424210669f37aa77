#include "common/crypto/community_id.h"

#include <gtest/gtest.h>

#include <utility>

#include "common/net/ip_address.h"

namespace tapline {
namespace {

struct Tuple {
  const char* source;
  const char* destination;
  uint8_t ip_protocol;
  uint16_t source_port;
  uint16_t destination_port;
};

// For ICMP the ports are type and code.
std::string IdOf(const Tuple& t) {
  const IpAddress source = IpAddress::Parse(t.source).value();
  const IpAddress destination = IpAddress::Parse(t.destination).value();
  const bool v4 = source.IsV4();
  CommunityTuple tuple;
  tuple.address_bytes = v4 ? 4 : 16;
  tuple.source = v4 ? source.v4_bytes() : source.bytes();
  tuple.destination = v4 ? destination.v4_bytes() : destination.bytes();
  tuple.ip_protocol = t.ip_protocol;
  if (t.ip_protocol == 1 || t.ip_protocol == 58) {
    tuple.icmp_type = static_cast<uint8_t>(t.source_port);
    tuple.icmp_code = static_cast<uint8_t>(t.destination_port);
  } else {
    tuple.source_port = t.source_port;
    tuple.destination_port = t.destination_port;
  }
  std::string id;
  AssignCommunityId(tuple, id);
  return id;
}

// The first three are the specification's own, the others follow from SHA-1
// over the bytes it prescribes, computed with another implementation.
TEST(CommunityIdTest, PublishedFlowsHaveTheirPublishedIds) {
  EXPECT_EQ(IdOf({"128.232.110.120", "66.35.250.204", 6, 34855, 80}),
            "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  EXPECT_EQ(IdOf({"192.168.1.52", "8.8.8.8", 17, 54585, 53}),
            "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
  EXPECT_EQ(IdOf({"192.168.0.89", "192.168.0.1", 1, 8, 0}),
            "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
  EXPECT_EQ(IdOf({"fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 58,
                  135, 0}),
            "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=");
  EXPECT_EQ(IdOf({"192.168.170.8", "192.168.170.56", 132, 7, 7}),
            "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=");
  EXPECT_EQ(IdOf({"10.1.24.4", "10.1.12.1", 46, 0, 0}),
            "1:/nQI4Rh/TtY3mf0R2gJFBkVlgS4=");
}

TEST(CommunityIdTest, BothDirectionsHaveOneId) {
  EXPECT_EQ(IdOf({"10.0.0.1", "10.0.0.2", 6, 1, 2}),
            IdOf({"10.0.0.2", "10.0.0.1", 6, 2, 1}));
  EXPECT_EQ(IdOf({"10.0.0.1", "10.0.0.1", 17, 1, 2}),
            IdOf({"10.0.0.1", "10.0.0.1", 17, 2, 1}));
  EXPECT_EQ(IdOf({"10.0.0.1", "10.0.0.2", 47, 0, 0}),
            IdOf({"10.0.0.2", "10.0.0.1", 47, 0, 0}));
}

TEST(CommunityIdTest, EchoRequestAndReplyHaveOneId) {
  EXPECT_EQ(IdOf({"10.0.0.1", "10.0.0.2", 1, 8, 0}),
            IdOf({"10.0.0.2", "10.0.0.1", 1, 0, 0}));
  EXPECT_EQ(IdOf({"fe80::1", "fe80::2", 58, 128, 0}),
            IdOf({"fe80::2", "fe80::1", 58, 129, 0}));
}

TEST(CommunityIdTest, OneWayIcmpKeepsItsDirection) {
  EXPECT_NE(IdOf({"10.0.0.1", "10.0.0.2", 1, 3, 1}),
            IdOf({"10.0.0.2", "10.0.0.1", 1, 3, 1}));
}

}  // namespace
}  // namespace tapline
