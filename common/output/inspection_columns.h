// How inspections are shown: findings, timelines, conversations, turns.

#ifndef TAPLINE_COMMON_OUTPUT_INSPECTION_COLUMNS_H_
#define TAPLINE_COMMON_OUTPUT_INSPECTION_COLUMNS_H_

#include <string>
#include <vector>

#include "common/output/printer.h"
#include "common/redact/redacted.h"
#include "tapline/v1/conversation.pb.h"
#include "tapline/v1/finding.pb.h"
#include "tapline/v1/timeline.pb.h"
#include "tapline/v1/turn.pb.h"

namespace tapline {

std::vector<Column<v1::Finding>> FindingColumns();
// "retransmissions 12 (at least 3), originator 5 of 120 packets".
std::string EvidenceText(const v1::Finding& finding);
std::vector<Column<v1::TimelineEntry>> TimelineColumns();
std::vector<Column<v1::Conversation>> ConversationColumns();
// The whole list; for people previews stand under their turns, in lines of
// their own.
std::string TurnsText(const std::vector<Redacted<v1::Turn>>& turns,
                      bool previews, const PrintOptions& options);

}  // namespace tapline

#endif  // TAPLINE_COMMON_OUTPUT_INSPECTION_COLUMNS_H_
