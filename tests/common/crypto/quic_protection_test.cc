// Examples of RFC 9001 appendix A and RFC 9369 appendix A.

#include "common/crypto/quic_protection.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"

namespace tapline {
namespace {

std::vector<uint8_t> Hex(absl::string_view digits) {
  const std::string bytes = absl::HexStringToBytes(digits);
  return {bytes.begin(), bytes.end()};
}

template <typename Bytes>
std::string HexOf(const Bytes& bytes) {
  return absl::BytesToHexString(
      {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

constexpr absl::string_view kId = "8394c8f03e515708";
constexpr absl::string_view kServerPacket =
    "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a"
    "5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3"
    "dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84"
    "022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc4"
    "2158407dd074ee";
// Where its packet number begins.
constexpr size_t kServerHead = 18;

TEST(QuicProtectionTest, KeysAreThoseOfTheExamples) {
  const QuicProtection protection;
  QuicKeys keys = protection.Derive(QuicSalt::kV1, Hex(kId), true);
  EXPECT_EQ(HexOf(keys.key), "1f369613dd76d5467730efcbe3b1a22d");
  EXPECT_EQ(HexOf(keys.iv), "fa044b2f42a3fd3b46fb255c");
  EXPECT_EQ(HexOf(keys.header_key), "9f50449e04a0e810283a1e9933adedd2");
  keys = protection.Derive(QuicSalt::kV1, Hex(kId), false);
  EXPECT_EQ(HexOf(keys.key), "cf3a5331653c364c88f0f379b6067e37");
  EXPECT_EQ(HexOf(keys.iv), "0ac1493ca1905853b0bba03e");
  EXPECT_EQ(HexOf(keys.header_key), "c206b8d9b9f0f37644430b490eeaa314");
  keys = protection.Derive(QuicSalt::kV2, Hex(kId), true);
  EXPECT_EQ(HexOf(keys.key), "8b1a0bc121284290a29e0971b5cd045d");
  EXPECT_EQ(HexOf(keys.iv), "91f73e2351d8fa91660e909f");
  EXPECT_EQ(HexOf(keys.header_key), "45b95e15235d6f45a6b19cbcb0294ba9");
  keys = protection.Derive(QuicSalt::kV2, Hex(kId), false);
  EXPECT_EQ(HexOf(keys.key), "82db637861d55e1d011f19ea71d5d2a7");
  EXPECT_EQ(HexOf(keys.iv), "dd13c276499c0249d3310652");
  EXPECT_EQ(HexOf(keys.header_key), "edf6d05c83121201b436e16877593c3a");
}

// Computed apart from this code; they open a packet that Facebook's client
// sent.
TEST(QuicProtectionTest, KeysOfDraft22HaveItsSalt) {
  const QuicProtection protection;
  const QuicKeys keys = protection.Derive(QuicSalt::kDraft22, Hex(kId), true);
  EXPECT_EQ(HexOf(keys.key), "07863d9c083786bc86766ce0d02bf93f");
  EXPECT_EQ(HexOf(keys.iv), "fb33da41a8f297d482df670e");
  EXPECT_EQ(HexOf(keys.header_key), "48dbcf44e335508f7f23fb2c3790a37c");
}

TEST(QuicProtectionTest, TheMaskIsThatOfTheExample) {
  QuicProtection protection;
  const QuicKeys keys = protection.Derive(QuicSalt::kV1, Hex(kId), true);
  const std::vector<uint8_t> hex = Hex("d1b1c98dd7689fb8ec11d242b123dc9b");
  uint8_t sample[16];
  std::copy(hex.begin(), hex.end(), sample);
  EXPECT_EQ(HexOf(protection.HeaderMask(keys, sample)), "437b9aec36");
  // A second time: nothing of the first use is left.
  EXPECT_EQ(HexOf(protection.HeaderMask(keys, sample)), "437b9aec36");
}

TEST(QuicProtectionTest, TheServersPacketOpens) {
  QuicProtection protection;
  const QuicKeys keys = protection.Derive(QuicSalt::kV1, Hex(kId), false);
  const std::vector<uint8_t> packet = Hex(kServerPacket);
  // As the mask uncovers it (A.3).
  std::vector<uint8_t> header = Hex("c1000000010008f067a5502a4262b50040750001");
  const absl::Span<const uint8_t> sealed =
      absl::MakeConstSpan(packet).subspan(kServerHead + 2);
  std::vector<uint8_t> out(sealed.size() - QuicProtection::kTagBytes);
  ASSERT_TRUE(protection.Open(keys, 1, header, sealed, out.data()));
  EXPECT_EQ(HexOf(out),
            "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf739"
            "88cfc79825df566dc5430b9a045a1200130100002e00330024001d00209d3c94"
            "0d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00"
            "020304");
}

TEST(QuicProtectionTest, AnythingElseDoesNotOpen) {
  QuicProtection protection;
  const QuicKeys keys = protection.Derive(QuicSalt::kV1, Hex(kId), false);
  const std::vector<uint8_t> packet = Hex(kServerPacket);
  const std::vector<uint8_t> header =
      Hex("c1000000010008f067a5502a4262b50040750001");
  const std::vector<uint8_t> sealed(packet.begin() + kServerHead + 2,
                                    packet.end());
  std::vector<uint8_t> out(sealed.size());
  EXPECT_FALSE(protection.Open(keys, 2, header, sealed, out.data()));
  EXPECT_FALSE(protection.Open(keys, 1, {}, sealed, out.data()));
  for (size_t size = 0; size < sealed.size(); ++size) {
    const std::vector<uint8_t> part(sealed.begin(),
                                    sealed.begin() + static_cast<long>(size));
    EXPECT_FALSE(protection.Open(keys, 1, header, part, out.data())) << size;
  }
  const QuicKeys other = protection.Derive(QuicSalt::kV1, Hex(kId), true);
  EXPECT_FALSE(protection.Open(other, 1, header, sealed, out.data()));
  // A failure leaves nothing behind.
  EXPECT_TRUE(protection.Open(keys, 1, header, sealed, out.data()));
}

}  // namespace
}  // namespace tapline
