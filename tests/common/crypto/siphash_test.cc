#include "common/crypto/siphash.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace tapline {
namespace {

// Key 00 01 ... 0f, message 00 01 ... (n - 1), as in the reference
// implementation's vectors.
constexpr SipKey kKey = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

template <typename Sip>
uint64_t HashOfLength(size_t n) {
  uint8_t message[64];
  for (size_t i = 0; i < 64; ++i) message[i] = static_cast<uint8_t>(i);
  return SipHashBytes<Sip>(kKey, message, n);
}

TEST(SipHashTest, ReferenceVectorsOfSipHash24Match) {
  EXPECT_EQ(HashOfLength<SipHash24>(0), 0x726fdb47dd0e0e31u);
  EXPECT_EQ(HashOfLength<SipHash24>(1), 0x74f839c593dc67fdu);
  EXPECT_EQ(HashOfLength<SipHash24>(7), 0xab0200f58b01d137u);
  EXPECT_EQ(HashOfLength<SipHash24>(8), 0x93f5f5799a932462u);
  // The paper's example, appendix A.
  EXPECT_EQ(HashOfLength<SipHash24>(15), 0xa129ca6149be45e5u);
}

// Made with the reference implementation, key 0.
TEST(SipHashTest, ReferenceVectorsOfSipHash13Match) {
  const uint8_t zero = 0;
  EXPECT_EQ(SipHashBytes<SipHash13>(SipKey(), &zero, 0), 0xd1fba762150c532cu);
  EXPECT_EQ(SipHashBytes<SipHash13>(SipKey(), &zero, 1), 0x68a914128e01e473u);
  EXPECT_EQ(HashOfLength<SipHash13>(0), 0xabac0158050fc4dcu);
}

TEST(SipHashTest, ForkedStateContinuesAsTheWholeMessage) {
  SipHash13 sip(kKey);
  sip.Absorb(0x0706050403020100);
  SipHash13 fork = sip;
  fork.Absorb(0x0f0e0d0c0b0a0908);
  EXPECT_EQ(fork.Finish(0, 16), HashOfLength<SipHash13>(16));
  EXPECT_EQ(sip.Finish(8, 9), HashOfLength<SipHash13>(9));
}

}  // namespace
}  // namespace tapline
