// Types of the constants in fields/<file>.h, made from <file>.proto:
// what an analyzer names a field of its event by.

#ifndef TAPLINE_SENSORD_EVENT_EVENT_FIELD_H_
#define TAPLINE_SENSORD_EVENT_EVENT_FIELD_H_

#include <cstdint>

namespace tapline {

// The field of Event.kind that holds the message.
struct EventArm {
  uint32_t number;
};

// uint32, uint64 and enums.
struct UintField {
  uint32_t number;
};
struct BoolField {
  uint32_t number;
};
struct DoubleField {
  uint32_t number;
};
struct TextField {
  uint32_t number;
};
// google.protobuf.Timestamp.
struct TimeField {
  uint32_t number;
};
struct MessageField {
  uint32_t number;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_EVENT_EVENT_FIELD_H_
