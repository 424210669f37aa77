// How findings are shown.

#ifndef TAPLINE_NETCTL_COMMANDS_FINDINGS_H_
#define TAPLINE_NETCTL_COMMANDS_FINDINGS_H_

#include <string>
#include <vector>

#include "common/output/printer.h"
#include "tapline/v1/finding.pb.h"

namespace tapline {

std::vector<Column<v1::Finding>> FindingColumns();

// "retransmissions 12 (at least 3), originator 5 of 120 packets".
std::string EvidenceText(const v1::Finding& finding);

}  // namespace tapline

#endif  // TAPLINE_NETCTL_COMMANDS_FINDINGS_H_
