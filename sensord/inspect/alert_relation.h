// Which flows an alert is about.

#ifndef TAPLINE_SENSORD_INSPECT_ALERT_RELATION_H_
#define TAPLINE_SENSORD_INSPECT_ALERT_RELATION_H_

#include "tapline/v1/alert.pb.h"
#include "tapline/v1/flow.pb.h"

namespace tapline {

// Whether the alert is about the flow: every side it names is one of the
// flow's, its evidence may rest on such a flow (transport, ports, who began),
// and it was open within a minute of it.
bool IsAbout(const v1::Alert& alert, const v1::Flow& flow);
// As much of an alert as IsAbout reads, for who keeps many.
v1::Alert WhatIsAboutReads(const v1::Alert& alert);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_ALERT_RELATION_H_
