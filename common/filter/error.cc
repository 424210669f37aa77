#include "common/filter/error.h"

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/net/code_point.h"

namespace tapline {
namespace {

constexpr char kOffsetUrl[] = "tapline/filter/offset";
constexpr char kColumnUrl[] = "tapline/filter/column";
constexpr char kSuggestionUrl[] = "tapline/filter/suggestion";
constexpr char kNearUrl[] = "tapline/filter/near";

std::string Payload(const absl::Status& status, const char* url) {
  const absl::optional<absl::Cord> found = status.GetPayload(url);
  return found.has_value() ? std::string(*found) : "";
}

void SetPayload(absl::Status& status, const char* url,
                absl::string_view value) {
  if (!value.empty()) status.SetPayload(url, absl::Cord(value));
}

size_t ColumnOf(absl::string_view text, size_t offset) {
  size_t column = 1;
  for (size_t at = 0; at < offset && at < text.size(); ++column) {
    at += DecodeUtf8(text, at).size;
  }
  return column;
}

}  // namespace

FilterError FilterErrorOf(const absl::Status& status) {
  FilterError error;
  if (!absl::SimpleAtoi(Payload(status, kColumnUrl), &error.column)) {
    error.column = 0;
  }
  error.suggestion = Payload(status, kSuggestionUrl);
  const std::string near = Payload(status, kNearUrl);
  if (!near.empty()) error.near = absl::StrSplit(near, ',');
  return error;
}

namespace filter {

absl::Status ErrorAt(size_t offset, absl::string_view what,
                     const FilterError& details) {
  std::string message(what);
  if (!details.suggestion.empty()) {
    absl::StrAppend(&message, "; did you mean ", details.suggestion, "?");
  }
  if (!details.near.empty()) {
    absl::StrAppend(&message, " Near it: ", absl::StrJoin(details.near, ", "));
  }
  absl::Status status = absl::InvalidArgumentError(message);
  SetPayload(status, kOffsetUrl, absl::StrCat(offset));
  SetPayload(status, kSuggestionUrl, details.suggestion);
  SetPayload(status, kNearUrl, absl::StrJoin(details.near, ","));
  return status;
}

absl::Status WithColumn(const absl::Status& status, absl::string_view text) {
  size_t offset = 0;
  if (!absl::SimpleAtoi(Payload(status, kOffsetUrl), &offset)) return status;
  const size_t column = ColumnOf(text, offset);
  absl::Status out(status.code(),
                   absl::StrCat("column ", column, ": ", status.message()));
  SetPayload(out, kColumnUrl, absl::StrCat(column));
  SetPayload(out, kSuggestionUrl, Payload(status, kSuggestionUrl));
  SetPayload(out, kNearUrl, Payload(status, kNearUrl));
  return out;
}

absl::Status InsideSaved(const absl::Status& status, absl::string_view name,
                         size_t offset) {
  return ErrorAt(offset, absl::StrCat("in @", name, ": ", status.message()));
}

}  // namespace filter
}  // namespace tapline
