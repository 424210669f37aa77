// Columns of single kinds of records. Internal to common/output.

#ifndef TAPLINE_COMMON_OUTPUT_RECORD_COLUMNS_H_
#define TAPLINE_COMMON_OUTPUT_RECORD_COLUMNS_H_

#include <cstddef>
#include <vector>

#include "common/output/printer.h"
#include "tapline/v1/record.pb.h"

namespace tapline::internal {

// Enough digits of an id for people; the API takes any unique beginning.
inline constexpr size_t kBriefId = 8;

std::vector<Column<v1::Record>> EventColumns();
std::vector<Column<v1::Record>> PacketColumns();
std::vector<Column<v1::Record>> StatsColumns();

}  // namespace tapline::internal

#endif  // TAPLINE_COMMON_OUTPUT_RECORD_COLUMNS_H_
