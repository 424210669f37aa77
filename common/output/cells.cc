#include "common/output/cells.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/output/value_text.h"

namespace tapline {

Cell NumberCell(uint64_t value) { return TextCell(absl::StrCat(value)); }

Cell BytesCell(uint64_t value) {
  return {HumanBytes(static_cast<double>(value)), Color::kNone,
          absl::StrCat(value)};
}

Cell RatioCell(double value) {
  std::string raw;
  AppendDouble(value, raw);
  return {absl::StrFormat("%.1f%%", value * 100), Color::kNone, raw};
}

Cell TimeCell(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return TextCell("");
  google::protobuf::Timestamp whole = time;
  whole.set_nanos(0);
  std::string text = TimestampText(whole);
  text.pop_back();
  const int millis = std::clamp(time.nanos(), 0, 999'999'999) / 1'000'000;
  return {absl::StrFormat("%s.%03dZ", text, millis), Color::kNone,
          TimestampText(time)};
}

}  // namespace tapline
