// The rules by number, from detectors.def.

#ifndef TAPLINE_SENSORD_DETECT_RULES_H_
#define TAPLINE_SENSORD_DETECT_RULES_H_

#include <cstdint>

namespace tapline {

enum class Rule : uint8_t {
#define DETECTOR(rule, version, severity, technique, description) rule,
#include "sensord/detect/detectors.def"
#undef DETECTOR
  kCount,
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_RULES_H_
