// Reads BER and DER (ITU-T X.690) without trusting it: definite lengths of up
// to four bytes, tag numbers below 128, nothing beyond the bytes at hand.
//
//   BerReader message(bytes);
//   BerReader fields = message.Enter(kBerSequence);
//   const int64_t version = fields.Integer();
//   const Bytes community = fields.Octets();
//   if (!fields.ok()) ...
//
// The first read that finds something else fails; it and all after it give
// nothing. A reader made by Enter of a failed one has failed too.

#ifndef TAPLINE_SENSORD_ANALYZERS_BER_H_
#define TAPLINE_SENSORD_ANALYZERS_BER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "sensord/analyzers/analyzer.h"

namespace tapline {

// Identifier octets. A tag number of 31 to 127 makes two (X.690 8.1.2.4): the
// first is then the upper byte.
using BerTag = uint16_t;
inline constexpr BerTag kBerBoolean = 0x01;
inline constexpr BerTag kBerInteger = 0x02;
inline constexpr BerTag kBerBitString = 0x03;
inline constexpr BerTag kBerOctets = 0x04;
inline constexpr BerTag kBerNull = 0x05;
inline constexpr BerTag kBerOid = 0x06;
inline constexpr BerTag kBerEnumerated = 0x0a;
inline constexpr BerTag kBerSequence = 0x30;
inline constexpr BerTag kBerSet = 0x31;
// Context-specific, with a value of its own or with others inside.
constexpr BerTag BerContext(int number) {
  return static_cast<BerTag>(0x80 | number);
}
constexpr BerTag BerContextOf(int number) {
  return static_cast<BerTag>(0xa0 | number);
}
constexpr BerTag BerApplicationOf(int number) {
  return static_cast<BerTag>(0x60 | number);
}

// Head of the element at the beginning of some bytes.
struct BerHead {
  enum State : uint8_t { kWhole, kNeedsMore, kBroken };
  State state = kBroken;
  BerTag tag = 0;
  // Of tag and length; then of the contents.
  size_t head_bytes = 0;
  size_t content_bytes = 0;

  size_t size() const { return head_bytes + content_bytes; }
};

// kWhole: the head is there; the contents need not be.
BerHead ReadBerHead(Bytes bytes);

class BerReader {
 public:
  // Reads what is between the first and the last byte. `cut`: the end is
  // missing, an element may be longer than what is there.
  explicit BerReader(Bytes bytes, bool cut = false) : left_(bytes), cut_(cut) {}

  bool ok() const { return !failed_; }
  bool AtEnd() const { return failed_ || left_.empty(); }
  // Tag of the next element; 0 at the end or when it is broken.
  BerTag Peek() const;

  // The contents of the next element, which must have this tag.
  Bytes Take(BerTag tag);
  // The next element, whatever it is.
  Bytes TakeAny(BerTag* tag);
  Bytes TakeAny() {
    BerTag tag;
    return TakeAny(&tag);
  }
  void Skip() { TakeAny(); }
  // Its contents are elements.
  BerReader Enter(BerTag tag) { return Inner(Take(tag)); }
  // The next element if it has this tag, else nothing is read: an empty reader,
  // which has not failed.
  BerReader EnterOptional(BerTag tag) {
    return Peek() == tag ? Enter(tag) : BerReader(Bytes());
  }

  // From here on it has failed: what an inner reader found is wrong.
  void Break() { Fail(); }

  // Two's complement of at most 8 bytes.
  int64_t Integer(BerTag tag = kBerInteger);
  Bytes Octets() { return Take(kBerOctets); }
  // "1.3.6.1..."; at most 64 components.
  std::string Oid();

  // What was not read yet.
  Bytes rest() const { return left_; }

 private:
  BerReader Inner(Bytes contents) const {
    BerReader inner(contents, cut_);
    inner.failed_ = failed_;
    return inner;
  }
  Bytes Fail() {
    failed_ = true;
    left_ = Bytes();
    return {};
  }

  Bytes left_;
  bool cut_ = false;
  bool failed_ = false;
};

// X.690 8.19; "" when it is malformed.
std::string OidText(Bytes contents);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_BER_H_
