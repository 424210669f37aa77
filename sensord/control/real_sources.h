// The sources of a sensord that runs for real: libpcap, files, netlink.

#ifndef TAPLINE_SENSORD_CONTROL_REAL_SOURCES_H_
#define TAPLINE_SENSORD_CONTROL_REAL_SOURCES_H_

#include "common/time/clock.h"
#include "sensord/capture/self_tuples.h"
#include "sensord/control/sources.h"

namespace tapline {

// Both must outlive what is opened.
Sources RealSources(const SelfTuples& self, const Clock& clock);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CONTROL_REAL_SOURCES_H_
