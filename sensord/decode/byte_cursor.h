// A bounds-checked reader of network order: a read past the end fails, gives
// zeros, and every later read fails too.

#ifndef TAPLINE_SENSORD_DECODE_BYTE_CURSOR_H_
#define TAPLINE_SENSORD_DECODE_BYTE_CURSOR_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tapline {

// Network order loads; the caller has checked the bounds.
inline uint16_t LoadBig16(const uint8_t* p) {
  return static_cast<uint16_t>(p[0] << 8 | p[1]);
}
inline uint32_t LoadBig32(const uint8_t* p) {
  uint32_t v;
  std::memcpy(&v, p, 4);
  return __builtin_bswap32(v);
}

// The same for the protocols that send the lowest byte first.
inline uint16_t LoadLittle16(const uint8_t* p) {
  return static_cast<uint16_t>(p[1] << 8 | p[0]);
}
inline uint32_t LoadLittle32(const uint8_t* p) {
  uint32_t v;
  std::memcpy(&v, p, 4);
  return v;
}

class ByteCursor {
 public:
  ByteCursor() = default;
  ByteCursor(const uint8_t* data, size_t size)
      : position_(data), end_(data + size) {}

  bool ok() const { return !failed_; }
  size_t left() const { return static_cast<size_t>(end_ - position_); }
  // Where the next read starts.
  const uint8_t* position() const { return position_; }

  // The next n bytes, or nullptr; a failure leaves left() as it was.
  const uint8_t* Take(size_t n) {
    if (failed_ || n > left()) {
      failed_ = true;
      return nullptr;
    }
    const uint8_t* p = position_;
    position_ += n;
    return p;
  }
  // The next n bytes without moving, or nullptr; never fails the cursor.
  const uint8_t* Peek(size_t n) const {
    return n > left() ? nullptr : position_;
  }
  bool Skip(size_t n) { return Take(n) != nullptr; }
  uint8_t U8() {
    const uint8_t* p = Take(1);
    return p == nullptr ? 0 : *p;
  }
  uint16_t U16() {
    const uint8_t* p = Take(2);
    return p == nullptr ? 0 : LoadBig16(p);
  }
  uint32_t U32() {
    const uint8_t* p = Take(4);
    return p == nullptr ? 0 : LoadBig32(p);
  }
  // Drops what lies beyond the next n bytes; no effect with fewer left.
  void Limit(size_t n) {
    if (n < left()) end_ = position_ + n;
  }

 private:
  const uint8_t* position_ = nullptr;
  const uint8_t* end_ = nullptr;
  bool failed_ = false;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DECODE_BYTE_CURSOR_H_
