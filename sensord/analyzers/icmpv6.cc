#include "sensord/analyzers/icmpv6.h"

#include "sensord/analyzers/icmp.h"

namespace tapline::icmpv6 {

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kIcmpv6,
                                         .ip_protocol = kIpProtoIcmpV6,
                                         .open = icmp::Open};
  return kUnit;
}

}  // namespace tapline::icmpv6
