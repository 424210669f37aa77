// The summary of an analysis for people, several lines.

#ifndef TAPLINE_SENSORD_ANALYZE_SUMMARY_TEXT_H_
#define TAPLINE_SENSORD_ANALYZE_SUMMARY_TEXT_H_

#include <string>

#include "tapline/v1/record.pb.h"

namespace tapline {

std::string SummaryText(const v1::Summary& summary);

// With a filter: what is of the whole capture, then what matches
// (MatchCount::Of(whole)).
std::string FilteredSummaryText(const v1::Summary& whole,
                                const v1::Summary& matching);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZE_SUMMARY_TEXT_H_
