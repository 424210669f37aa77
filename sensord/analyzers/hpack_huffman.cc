#include "sensord/analyzers/hpack_huffman.h"

#include <array>
#include <cstdint>

namespace tapline {
namespace {

constexpr int kSymbols = 257;
constexpr int kEndOfString = 256;
constexpr int kMinBits = 5;
constexpr int kMaxBits = 30;

// Bits of each symbol's code. Codes of one length follow one another in the
// order of their symbols, shorter ones come first: the lengths say it all.
constexpr std::array<uint8_t, kSymbols> kBits = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,  //
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,  //
    6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,   //
    5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8,  15, 6,  12, 10,  //
    13, 6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,   //
    7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14, 6,   //
    15, 5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,   //
    6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7,  15, 11, 14, 13, 28,  //
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,  //
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,  //
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,  //
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,  //
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,  //
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,  //
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,  //
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,  //
    30};

struct Code {
  // Symbols in the order of their codes.
  std::array<uint16_t, kSymbols> symbols = {};
  // Of each length: the first code that is longer, as 32 bits from the top; and
  // what a code of it less the first one of it is added to for its symbol.
  std::array<uint64_t, kMaxBits + 1> limit = {};
  std::array<uint32_t, kMaxBits + 1> first_code = {};
  std::array<uint16_t, kMaxBits + 1> first_index = {};
  // The codes fill the space: every run of 30 bits begins with one.
  bool complete = false;
};

constexpr Code MakeCode() {
  Code out;
  uint16_t index = 0;
  uint32_t code = 0;
  for (int bits = 1; bits <= kMaxBits; ++bits) {
    code <<= 1;
    out.first_code[bits] = code;
    out.first_index[bits] = index;
    for (int symbol = 0; symbol < kSymbols; ++symbol) {
      if (kBits[symbol] != bits) continue;
      out.symbols[index++] = static_cast<uint16_t>(symbol);
      ++code;
    }
    out.limit[bits] = uint64_t{code} << (32 - bits);
  }
  out.complete = code == uint32_t{1} << kMaxBits;
  return out;
}

constexpr Code kCode = MakeCode();
static_assert(kCode.complete);

}  // namespace

bool DecodeHuffman(Bytes code, std::string* out) {
  out->clear();
  // The next bits to decode, from the top.
  uint64_t window = 0;
  int held = 0;
  size_t at = 0;
  while (true) {
    while (held <= 56 && at < code.size()) {
      window |= uint64_t{code[at++]} << (56 - held);
      held += 8;
    }
    if (held < kMinBits) break;
    const uint64_t top = window >> 32;
    int bits = kMinBits;
    while (bits < kMaxBits && top >= kCode.limit[bits]) ++bits;
    if (bits > held) break;
    const auto value = static_cast<uint32_t>(top >> (32 - bits));
    const uint16_t symbol =
        kCode.symbols[kCode.first_index[bits] + value - kCode.first_code[bits]];
    if (symbol == kEndOfString) return false;
    *out += static_cast<char>(symbol);
    window <<= bits;
    held -= bits;
  }
  // RFC 7541 5.2: the rest is the beginning of the end-of-string symbol.
  if (held > 7) return false;
  return held == 0 || window >> (64 - held) == (uint64_t{1} << held) - 1;
}

}  // namespace tapline
