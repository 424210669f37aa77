// Little-endian numbers, and parts of a message named by offset and size.

#ifndef TAPLINE_SENSORD_ANALYZERS_LITTLE_ENDIAN_H_
#define TAPLINE_SENSORD_ANALYZERS_LITTLE_ENDIAN_H_

#include <cstddef>
#include <cstdint>

#include "sensord/analyzers/analyzer.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline {

// The caller has checked the bounds.
inline uint64_t LoadLittle64(const uint8_t* p) {
  return uint64_t{LoadLittle32(p + 4)} << 32 | LoadLittle32(p);
}

// A ByteCursor for little-endian numbers: the first read past the end fails,
// gives zero, and so do all after it.
class LittleCursor {
 public:
  explicit LittleCursor(Bytes bytes) : cursor_(bytes.data(), bytes.size()) {}

  bool ok() const { return cursor_.ok(); }
  size_t left() const { return cursor_.left(); }
  bool Skip(size_t n) { return cursor_.Skip(n); }
  // Empty when there are fewer.
  Bytes Take(size_t n) {
    const uint8_t* p = cursor_.Take(n);
    return p == nullptr ? Bytes() : Bytes(p, n);
  }
  uint8_t U8() { return cursor_.U8(); }
  uint16_t U16() {
    const uint8_t* p = cursor_.Take(2);
    return p == nullptr ? uint16_t{0} : LoadLittle16(p);
  }
  uint32_t U32() {
    const uint8_t* p = cursor_.Take(4);
    return p == nullptr ? 0 : LoadLittle32(p);
  }
  uint64_t U64() {
    const uint8_t* p = cursor_.Take(8);
    return p == nullptr ? 0 : LoadLittle64(p);
  }
  // What was not read yet.
  Bytes rest() const { return {cursor_.position(), cursor_.left()}; }

 private:
  ByteCursor cursor_;
};

// The `size` bytes at `offset`. False, and *part is empty, when they are not
// all there.
inline bool PartOf(Bytes all, size_t offset, size_t size, Bytes* part) {
  *part = Bytes();
  if (offset > all.size() || size > all.size() - offset) return false;
  *part = all.subspan(offset, size);
  return true;
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_LITTLE_ENDIAN_H_
