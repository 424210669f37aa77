// Tells the log when the interface of a live capture goes and when it is back.

#ifndef TAPLINE_SENSORD_CONTROL_OUTAGE_TELLER_H_
#define TAPLINE_SENSORD_CONTROL_OUTAGE_TELLER_H_

#include <functional>
#include <string>

#include "common/log/log.h"

namespace tapline {

// For LiveOptions::on_outage: one warning when an outage begins, one line when
// it is over, each with what the capture does about it. A link that is first
// down and then gone is one outage; the second reason is told without a
// warning. Null without a log, which must outlive it.
std::function<void(const char* reason)> OutageTeller(
    const std::string& interface, Log* log);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CONTROL_OUTAGE_TELLER_H_
