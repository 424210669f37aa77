#include "common/output/value_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tapline {
namespace {

// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
constexpr int64_t kFirstSecond = -62135596800;
constexpr int64_t kLastSecond = 253402300799;
constexpr int64_t kDaySeconds = 86400;

void AppendPadded(int64_t value, int digits, std::string& out) {
  std::array<char, 20> text;
  for (int i = digits - 1; i >= 0; --i) {
    text[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(text.data(), digits);
}

// Fraction of a second with 3, 6 or 9 digits; nothing for 0.
void AppendFraction(int32_t nanos, std::string& out) {
  nanos = std::clamp(nanos, 0, 999'999'999);
  if (nanos == 0) return;
  out += '.';
  if (nanos % 1'000'000 == 0) return AppendPadded(nanos / 1'000'000, 3, out);
  if (nanos % 1'000 == 0) return AppendPadded(nanos / 1'000, 6, out);
  AppendPadded(nanos, 9, out);
}

// Proleptic Gregorian date of a day since 1970-01-01 (Hinnant, "chrono-
// Compatible Low-Level Date Algorithms", civil_from_days).
void AppendDate(int64_t day, std::string& out) {
  const int64_t z = day + 719468;
  const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const int64_t doe = z - era * 146097;
  const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const int64_t mp = (5 * doy + 2) / 153;
  const int64_t month = mp < 10 ? mp + 3 : mp - 9;
  AppendPadded(yoe + era * 400 + (month <= 2 ? 1 : 0), 4, out);
  out += '-';
  AppendPadded(month, 2, out);
  out += '-';
  AppendPadded(doy - (153 * mp + 2) / 5 + 1, 2, out);
}

std::string Scaled(double value, double step, const char* const* units) {
  int unit = 0;
  while (std::abs(value) >= step && units[unit + 1] != nullptr) {
    value /= step;
    ++unit;
  }
  const int digits = unit == 0 ? 0 : value < 10 ? 2 : 1;
  return absl::StrFormat("%.*f%s", digits, value, units[unit]);
}

}  // namespace

void AppendTimestamp(const google::protobuf::Timestamp& time,
                     std::string& out) {
  const int64_t seconds = std::clamp(time.seconds(), kFirstSecond, kLastSecond);
  int64_t day = seconds / kDaySeconds;
  int64_t second = seconds % kDaySeconds;
  if (second < 0) {
    second += kDaySeconds;
    --day;
  }
  AppendDate(day, out);
  out += 'T';
  AppendPadded(second / 3600, 2, out);
  out += ':';
  AppendPadded(second / 60 % 60, 2, out);
  out += ':';
  AppendPadded(second % 60, 2, out);
  AppendFraction(time.nanos(), out);
  out += 'Z';
}

std::string TimestampText(const google::protobuf::Timestamp& time) {
  std::string out;
  AppendTimestamp(time, out);
  return out;
}

void AppendDuration(const google::protobuf::Duration& duration,
                    std::string& out) {
  if (duration.seconds() < 0 || duration.nanos() < 0) out += '-';
  // Through unsigned: the least int64_t has no positive counterpart.
  const auto seconds = static_cast<uint64_t>(duration.seconds());
  absl::StrAppend(&out, duration.seconds() < 0 ? ~seconds + 1 : seconds);
  const int32_t nanos = std::max(duration.nanos(), -999'999'999);
  AppendFraction(nanos < 0 ? -nanos : nanos, out);
  out += 's';
}

void AppendDouble(double value, std::string& out) {
  if (std::isnan(value)) value = 0;
  if (std::isinf(value)) {
    value = std::copysign(std::numeric_limits<double>::max(), value);
  }
  std::array<char, 40> text;
  const auto result =
      std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), result.ptr - text.data());
}

std::string HumanCount(double value) {
  static constexpr const char* kUnits[] = {"", " k", " M", " G", " T", nullptr};
  return Scaled(value, 1000, kUnits);
}

std::string HumanBytes(double value) {
  static constexpr const char* kUnits[] = {" B",   " KiB", " MiB",
                                           " GiB", " TiB", nullptr};
  return Scaled(value, 1024, kUnits);
}

std::string HumanBitRate(double bits_per_second) {
  static constexpr const char* kUnits[] = {" bit/s",  " kbit/s", " Mbit/s",
                                           " Gbit/s", " Tbit/s", nullptr};
  return Scaled(bits_per_second, 1000, kUnits);
}

std::string HumanSeconds(double seconds) {
  if (!(seconds >= 0)) seconds = 0;
  if (seconds < 1) return absl::StrFormat("%.0fms", seconds * 1000);
  if (seconds < 60) return absl::StrFormat("%.1fs", seconds);
  const auto whole = static_cast<int64_t>(std::min(seconds, 1e15));
  if (whole < 3600) return absl::StrFormat("%dm%02ds", whole / 60, whole % 60);
  if (whole < kDaySeconds) {
    return absl::StrFormat("%dh%02dm", whole / 3600, whole / 60 % 60);
  }
  return absl::StrFormat("%dd%02dh", whole / kDaySeconds, whole / 3600 % 24);
}

}  // namespace tapline
