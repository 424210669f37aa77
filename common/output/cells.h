// Cells that the columns of many tables share.

#ifndef TAPLINE_COMMON_OUTPUT_CELLS_H_
#define TAPLINE_COMMON_OUTPUT_CELLS_H_

#include <cstdint>
#include <string>
#include <utility>

#include "common/output/printer.h"
#include "google/protobuf/timestamp.pb.h"

namespace tapline {

inline Cell TextCell(std::string text) {
  return {std::move(text), Color::kNone, ""};
}
Cell NumberCell(uint64_t value);
// "1.2 kB"; CSV gets the number.
Cell BytesCell(uint64_t value);
// "12.5%" of 0.125; CSV gets the ratio.
Cell RatioCell(double value);
// With milliseconds always, so that columns line up; "" for an unset time.
Cell TimeCell(const google::protobuf::Timestamp& time);

}  // namespace tapline

#endif  // TAPLINE_COMMON_OUTPUT_CELLS_H_
