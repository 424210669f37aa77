// Appending network-order integers and length-prefixed blocks to a string.
#ifndef TAPLINE_TESTS_BENCH_TRAFFIC_BYTES_H_
#define TAPLINE_TESTS_BENCH_TRAFFIC_BYTES_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/traffic/rng.h"

namespace tapline::bench {

inline void Put8(std::string& out, uint32_t value) {
  out.push_back(static_cast<char>(value));
}
inline void Put16(std::string& out, uint32_t value) {
  Put8(out, value >> 8);
  Put8(out, value);
}
inline void Put24(std::string& out, uint32_t value) {
  Put8(out, value >> 16);
  Put16(out, value);
}
inline void Put32(std::string& out, uint32_t value) {
  Put16(out, value >> 16);
  Put16(out, value);
}
// `value` behind its length in 1, 2 or 3 bytes.
inline void PutBlock8(std::string& out, std::string_view value) {
  Put8(out, static_cast<uint32_t>(value.size()));
  out.append(value);
}
inline void PutBlock16(std::string& out, std::string_view value) {
  Put16(out, static_cast<uint32_t>(value.size()));
  out.append(value);
}
inline void PutBlock24(std::string& out, std::string_view value) {
  Put24(out, static_cast<uint32_t>(value.size()));
  out.append(value);
}
inline std::string RandomBytes(Rng& rng, size_t size) {
  std::string out(size, '\0');
  rng.Fill(reinterpret_cast<uint8_t*>(out.data()), size);
  return out;
}

}  // namespace tapline::bench

#endif  // TAPLINE_TESTS_BENCH_TRAFFIC_BYTES_H_
