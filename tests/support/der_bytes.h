// Messages in DER for tests, piece by piece (ITU-T X.690).

#ifndef TAPLINE_TESTS_SUPPORT_DER_BYTES_H_
#define TAPLINE_TESTS_SUPPORT_DER_BYTES_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {

// An element; identifier octets of one or two bytes.
inline std::string Der(uint32_t tag, absl::string_view contents) {
  std::string out = Big(tag, tag > 0xff ? 2 : 1);
  if (contents.size() < 0x80) {
    absl::StrAppend(&out, Big8(contents.size()), contents);
  } else if (contents.size() < 0x100) {
    absl::StrAppend(&out, "\x81", Big8(contents.size()), contents);
  } else {
    absl::StrAppend(&out, "\x82", Big16(contents.size()), contents);
  }
  return out;
}

// Not negative.
inline std::string DerInteger(uint64_t value, uint32_t tag = 2) {
  size_t size = 1;
  while (size < 8 && value >> (8 * size - 1) != 0) ++size;
  return Der(tag, Big(value, size));
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_DER_BYTES_H_
