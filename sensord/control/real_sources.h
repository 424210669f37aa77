// The sources of a sensord that runs for real: libpcap, files, netlink.

#ifndef TAPLINE_SENSORD_CONTROL_REAL_SOURCES_H_
#define TAPLINE_SENSORD_CONTROL_REAL_SOURCES_H_

#include "common/log/log.h"
#include "common/time/clock.h"
#include "sensord/capture/self_tuples.h"
#include "sensord/control/sources.h"

namespace tapline {

// All must outlive what is opened; `log` may be null.
Sources RealSources(const SelfTuples& self, const Clock& clock, Log* log);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CONTROL_REAL_SOURCES_H_
