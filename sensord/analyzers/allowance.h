// How much of what leads nowhere is read before a flow is given up.

#ifndef TAPLINE_SENSORD_ANALYZERS_ALLOWANCE_H_
#define TAPLINE_SENSORD_ANALYZERS_ALLOWANCE_H_

#include <cstdint>

namespace tapline {

// Units of a protocol (lines, messages) that are malformed or unknown, or steps
// of an exchange that has few; nothing gives them back. Thread safety:
// single-threaded.
class Allowance {
 public:
  static constexpr uint8_t kUnits = 16;

  // One more. False: nothing more is to be read.
  bool Take() {
    if (taken_ == kUnits) return false;
    ++taken_;
    return true;
  }

 private:
  uint8_t taken_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_ALLOWANCE_H_
