// SipHash-c-d (Aumasson and Bernstein, 2012), a keyed hash that a sender of
// hostile input cannot steer into collisions without the key.

#ifndef TAPLINE_COMMON_CRYPTO_SIPHASH_H_
#define TAPLINE_COMMON_CRYPTO_SIPHASH_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tapline {

struct SipKey {
  uint64_t k0 = 0;
  uint64_t k1 = 0;
};

// Incremental over 64-bit little-endian words of the message. Copying forks the
// state: messages with a common prefix share its work.
template <int kCompressRounds, int kFinishRounds>
class SipHash {
 public:
  explicit SipHash(const SipKey& key)
      : v0_(key.k0 ^ 0x736f6d6570736575),
        v1_(key.k1 ^ 0x646f72616e646f6d),
        v2_(key.k0 ^ 0x6c7967656e657261),
        v3_(key.k1 ^ 0x7465646279746573) {}

  // The next 8 bytes of the message.
  void Absorb(uint64_t word) {
    v3_ ^= word;
    for (int i = 0; i < kCompressRounds; ++i) Round();
    v0_ ^= word;
  }

  // `tail` holds the last length % 8 bytes of a message of `length` bytes.
  // Ends this state.
  uint64_t Finish(uint64_t tail, size_t length) {
    Absorb(tail | static_cast<uint64_t>(length) << 56);
    v2_ ^= 0xff;
    for (int i = 0; i < kFinishRounds; ++i) Round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  static uint64_t Rotate(uint64_t v, int by) {
    return v << by | v >> (64 - by);
  }
  void Round() {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = Rotate(v1_, 13) ^ v0_;
    v3_ = Rotate(v3_, 16) ^ v2_;
    v0_ = Rotate(v0_, 32);
    v2_ += v1_;
    v0_ += v3_;
    v1_ = Rotate(v1_, 17) ^ v2_;
    v3_ = Rotate(v3_, 21) ^ v0_;
    v2_ = Rotate(v2_, 32);
  }

  uint64_t v0_, v1_, v2_, v3_;
};

// Hash tables: enough against flooding, and half the work of 2-4.
using SipHash13 = SipHash<1, 3>;
using SipHash24 = SipHash<2, 4>;

// Of a whole message.
template <typename Sip>
uint64_t SipHashBytes(const SipKey& key, const uint8_t* data, size_t size) {
  Sip sip(key);
  size_t i = 0;
  uint64_t word = 0;
  for (; i + 8 <= size; i += 8) {
    std::memcpy(&word, data + i, 8);
    sip.Absorb(word);
  }
  word = 0;
  for (size_t j = 0; i + j < size; ++j) {
    word |= static_cast<uint64_t>(data[i + j]) << (8 * j);
  }
  return sip.Finish(word, size);
}

}  // namespace tapline

#endif  // TAPLINE_COMMON_CRYPTO_SIPHASH_H_
