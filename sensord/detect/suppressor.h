// The policy's suppressions, ready to be matched against an alert.

#ifndef TAPLINE_SENSORD_DETECT_SUPPRESSOR_H_
#define TAPLINE_SENSORD_DETECT_SUPPRESSOR_H_

#include <optional>
#include <string>
#include <vector>

#include "common/filter/filter.h"
#include "common/net/ip_address.h"
#include "common/time/clock.h"
#include "tapline/v1/alert.pb.h"
#include "tapline/v1/config.pb.h"

namespace tapline {

// Expiry is compared with the clock of the signals: the same as wall time on
// live traffic, and what was in force then when old traffic is replayed.
// Thread safety: one thread.
class Suppressor {
 public:
  // An entry that names nothing (no CIDR, port, rule or filter) or has a CIDR
  // or filter that does not parse matches nothing.
  void Configure(const v1::Config& config);
  // The first one in force that matches; null when none. A CIDR never matches
  // an absent source or target, nor a port an absent target. A filter is asked
  // about a record with this alert and nothing else.
  const std::string* Match(const v1::Alert& alert, UnixNanos clock) const;

 private:
  struct Entry {
    std::string id;
    std::optional<Cidr> cidr;
    uint32_t port = 0;
    std::string rule;
    v1::Direction direction = v1::DIRECTION_ANY;
    UnixNanos expires_at = 0;
    // Null: takes all.
    FilterPtr filter;
  };
  static bool Matches(const Entry& entry, const v1::Alert& alert);

  std::vector<Entry> entries_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_SUPPRESSOR_H_
