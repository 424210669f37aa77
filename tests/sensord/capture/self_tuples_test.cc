#include "sensord/capture/self_tuples.h"

#include <gtest/gtest.h>

#include <string>

namespace tapline {
namespace {

const IpAddress kA = IpAddress::FromV4(0x0a000001);
const IpAddress kB = IpAddress::FromV4(0x0a000002);

void Set16(std::string& bytes, size_t at, uint16_t v) {
  bytes[at] = static_cast<char>(v >> 8);
  bytes[at + 1] = static_cast<char>(v);
}

// IPv4 and TCP headers.
std::string Tcp4(const IpAddress& from, const IpAddress& to, uint16_t source,
                 uint16_t destination) {
  std::string ip(40, '\0');
  ip[0] = 0x45;
  ip[9] = 6;
  ip.replace(12, 4, reinterpret_cast<const char*>(from.v4_bytes()), 4);
  ip.replace(16, 4, reinterpret_cast<const char*>(to.v4_bytes()), 4);
  Set16(ip, 20, source);
  Set16(ip, 22, destination);
  return ip;
}

Frame FrameOf(const std::string& bytes, uint16_t link_type) {
  Frame frame;
  frame.data = reinterpret_cast<const uint8_t*>(bytes.data());
  frame.captured_bytes = static_cast<uint32_t>(bytes.size());
  frame.link_type = link_type;
  return frame;
}

std::string Ethernet(const std::string& payload, int tags = 0) {
  std::string frame(12, '\0');
  for (int i = 0; i < tags; ++i) frame += std::string("\x81\x00\x00\x05", 4);
  return frame + std::string("\x08\x00", 2) + payload;
}

class SelfTuplesTest : public ::testing::Test {
 protected:
  bool IsOwn(const std::string& bytes, uint16_t link_type = 1) {
    filter_.Refresh();
    return filter_.IsOwn(FrameOf(bytes, link_type));
  }
  SelfTuples tuples_;
  SelfFilter filter_{&tuples_};
};

TEST_F(SelfTuplesTest, BothDirectionsOfAConnectionAreOwn) {
  tuples_.Add({kA, kB, 50051, 40000});
  EXPECT_TRUE(IsOwn(Ethernet(Tcp4(kA, kB, 50051, 40000))));
  EXPECT_TRUE(IsOwn(Ethernet(Tcp4(kB, kA, 40000, 50051))));
}

TEST_F(SelfTuplesTest, OtherConnectionsAreNot) {
  tuples_.Add({kA, kB, 50051, 40000});
  EXPECT_FALSE(IsOwn(Ethernet(Tcp4(kA, kB, 50051, 40001))));
  EXPECT_FALSE(IsOwn(Ethernet(Tcp4(kB, kA, 50051, 40000))));
  EXPECT_FALSE(IsOwn(Ethernet(Tcp4(kA, kA, 50051, 40000))));
}

TEST_F(SelfTuplesTest, RemovedConnectionsAreSeenAgain) {
  tuples_.Add({kA, kB, 1, 2});
  EXPECT_TRUE(IsOwn(Ethernet(Tcp4(kA, kB, 1, 2))));
  tuples_.Remove({kB, kA, 2, 1});
  EXPECT_FALSE(IsOwn(Ethernet(Tcp4(kA, kB, 1, 2))));
}

TEST_F(SelfTuplesTest, TagsAndOtherLinkLayersAreSeenThrough) {
  tuples_.Add({kA, kB, 1, 2});
  const std::string ip = Tcp4(kA, kB, 1, 2);
  EXPECT_TRUE(IsOwn(Ethernet(ip, 2)));
  EXPECT_TRUE(IsOwn(ip, 101));
  EXPECT_TRUE(
      IsOwn(std::string(14, '\0') + std::string("\x08\x00", 2) + ip, 113));
  EXPECT_TRUE(
      IsOwn(std::string("\x08\x00", 2) + std::string(18, '\0') + ip, 276));
  EXPECT_TRUE(IsOwn(std::string(4, '\0') + ip, 0));
  EXPECT_FALSE(IsOwn(ip, 127));
}

TEST_F(SelfTuplesTest, Ipv6ConnectionsAreOwn) {
  uint8_t bytes[16] = {0x20, 0x01, 0x0d, 0xb8};
  const IpAddress a = IpAddress::FromV6(bytes);
  bytes[15] = 1;
  const IpAddress b = IpAddress::FromV6(bytes);
  tuples_.Add({a, b, 7, 8});
  std::string ip(60, '\0');
  ip[0] = 0x60;
  ip[6] = 6;
  ip.replace(8, 16, reinterpret_cast<const char*>(a.bytes()), 16);
  ip.replace(24, 16, reinterpret_cast<const char*>(b.bytes()), 16);
  Set16(ip, 40, 7);
  Set16(ip, 42, 8);
  EXPECT_TRUE(IsOwn(ip, 101));
}

TEST_F(SelfTuplesTest, NoTruncationIsReadPastItsEndOrTakenForOwn) {
  tuples_.Add({kA, kB, 1, 2});
  const std::string whole = Ethernet(Tcp4(kA, kB, 1, 2), 2);
  filter_.Refresh();
  for (size_t size = 0; size < 46; ++size) {
    const std::string cut(whole.data(), size);
    EXPECT_FALSE(filter_.IsOwn(FrameOf(cut, 1))) << size;
  }
}

TEST_F(SelfTuplesTest, LaterFragmentsAndOtherProtocolsAreNot) {
  tuples_.Add({kA, kB, 1, 2});
  std::string fragment = Tcp4(kA, kB, 1, 2);
  fragment[7] = 1;
  EXPECT_FALSE(IsOwn(Ethernet(fragment)));
  std::string udp = Tcp4(kA, kB, 1, 2);
  udp[9] = 17;
  EXPECT_FALSE(IsOwn(Ethernet(udp)));
}

}  // namespace
}  // namespace tapline
