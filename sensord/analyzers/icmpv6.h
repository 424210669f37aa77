// ICMPv6 (RFC 4443): read as icmp.h says.

#ifndef TAPLINE_SENSORD_ANALYZERS_ICMPV6_H_
#define TAPLINE_SENSORD_ANALYZERS_ICMPV6_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::icmpv6 {

const AnalyzerUnit& Unit();

}  // namespace tapline::icmpv6

#endif  // TAPLINE_SENSORD_ANALYZERS_ICMPV6_H_
