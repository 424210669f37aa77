// Ring sizes for journals of tests.

#ifndef TAPLINE_TESTS_SUPPORT_RINGS_H_
#define TAPLINE_TESTS_SUPPORT_RINGS_H_

#include <cstdint>

#include "tapline/v1/config.pb.h"

namespace tapline::testing {

// The same number of entries for every kind of record.
inline v1::RingConfig Rings(uint32_t entries) {
  v1::RingConfig rings;
  rings.set_alerts(entries);
  rings.set_flows(entries);
  rings.set_events(entries);
  rings.set_packets(entries);
  rings.set_stats(entries);
  return rings;
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_RINGS_H_
