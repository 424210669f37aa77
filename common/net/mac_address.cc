#include "common/net/mac_address.h"

namespace tapline {

std::string MacAddress::ToString() const {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (uint8_t b : bytes) {
    if (!text.empty()) text += ':';
    text += kHex[b >> 4];
    text += kHex[b & 15];
  }
  return text;
}

}  // namespace tapline
