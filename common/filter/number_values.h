// What numbers of the schema can be and what they are called
// (number_values.def).

#ifndef TAPLINE_COMMON_FILTER_NUMBER_VALUES_H_
#define TAPLINE_COMMON_FILTER_NUMBER_VALUES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace tapline::filter {

struct ValueName {
  absl::string_view name;
  int64_t number;
};
using ValueNames = std::vector<ValueName>;

// The largest number the field can hold; absent where the table has none.
std::optional<uint64_t> MostOf(const google::protobuf::FieldDescriptor& field);
// Null where its numbers have no names. Lives as long as the program.
const ValueNames* NamesOf(const google::protobuf::FieldDescriptor& field);

// Rows that name no field of the schema, or no table with values. Always empty
// in a release: a test sees to it.
std::vector<std::string> NumberValueErrors();

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_NUMBER_VALUES_H_
