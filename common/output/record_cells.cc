#include "common/output/record_cells.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/output/value_text.h"
#include "common/schema/field_info.h"

namespace tapline::internal {

Cell Number(uint64_t value) { return Text(absl::StrCat(value)); }

Cell Bytes(uint64_t value) {
  return {HumanBytes(static_cast<double>(value)), Color::kNone,
          absl::StrCat(value)};
}

Cell Ratio(double value) {
  std::string raw;
  AppendDouble(value, raw);
  return {absl::StrFormat("%.1f%%", value * 100), Color::kNone, raw};
}

Cell Time(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return Text("");
  google::protobuf::Timestamp whole = time;
  whole.set_nanos(0);
  std::string text = TimestampText(whole);
  text.pop_back();
  const int millis = std::clamp(time.nanos(), 0, 999'999'999) / 1'000'000;
  return {absl::StrFormat("%s.%03dZ", text, millis), Color::kNone,
          TimestampText(time)};
}

std::string Lower(const google::protobuf::EnumDescriptor& type, int number) {
  return absl::AsciiStrToLower(ShortEnumName(type, number));
}

std::string TransportText(v1::Transport transport) {
  return Lower(*v1::Transport_descriptor(), transport);
}

}  // namespace tapline::internal
