// The rules in force: configuration, run-time settings, suppressions.

#ifndef TAPLINE_SENSORD_POLICY_POLICY_H_
#define TAPLINE_SENSORD_POLICY_POLICY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/net/ip_address.h"
#include "tapline/v1/config.pb.h"

namespace tapline {

// One immutable revision. Shared between threads; the only shared_ptr of the
// design.
struct Policy {
  uint64_t revision = 0;
  // "default", "file" or "rpc": where the newest change came from.
  std::string origin;
  // Complete: defaults, then the file, then run-time settings.
  v1::Config config;
};

using PolicyPtr = std::shared_ptr<const Policy>;

}  // namespace tapline

#endif  // TAPLINE_SENSORD_POLICY_POLICY_H_
