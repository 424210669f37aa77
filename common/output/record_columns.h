// Cells that the columns of several record kinds share. Internal to
// common/output.

#ifndef TAPLINE_COMMON_OUTPUT_RECORD_CELLS_H_
#define TAPLINE_COMMON_OUTPUT_RECORD_CELLS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/output/printer.h"
#include "google/protobuf/descriptor.h"
#include "tapline/v1/record.pb.h"

namespace tapline::internal {

inline Cell Text(std::string text) {
  return {std::move(text), Color::kNone, ""};
}
Cell Number(uint64_t value);
Cell Bytes(uint64_t value);
Cell Ratio(double value);
// With milliseconds always, so that columns line up; "" for an unset time.
Cell Time(const google::protobuf::Timestamp& time);

// Short name in lower case.
std::string Lower(const google::protobuf::EnumDescriptor& type, int number);
std::string TransportText(v1::Transport transport);

std::vector<Column<v1::Record>> EventColumns();
std::vector<Column<v1::Record>> PacketColumns();
std::vector<Column<v1::Record>> StatsColumns();

}  // namespace tapline::internal

#endif  // TAPLINE_COMMON_OUTPUT_RECORD_CELLS_H_
