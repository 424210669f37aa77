#include "sensord/service/cursor.h"

#include <openssl/sha.h>

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sensord/service/errors.h"

namespace tapline {
namespace {

constexpr size_t kMaxCursorBytes = 256;

std::string Check(absl::string_view sensor_id, absl::string_view body) {
  std::string text = absl::StrCat(sensor_id, ".", body);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         digest);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<char*>(digest), 4));
}

absl::Status Invalid(absl::string_view why) {
  return Refuse(Reason::kCURSOR_INVALID, absl::StrCat("cursor: ", why),
                {{"field", "range.cursor"}});
}

}  // namespace

std::string CursorToText(const Cursor& cursor, absl::string_view sensor_id) {
  std::string body = absl::StrCat("1.", static_cast<int>(cursor.kind), ".",
                                  cursor.epoch, ".", cursor.sequence);
  std::string text;
  absl::WebSafeBase64Escape(absl::StrCat(body, ".", Check(sensor_id, body)),
                            &text);
  return text;
}

absl::StatusOr<Cursor> CursorFromText(absl::string_view text,
                                      v1::RecordKind kind,
                                      absl::string_view sensor_id) {
  std::string raw;
  if (text.size() > kMaxCursorBytes ||
      !absl::WebSafeBase64Unescape(text, &raw)) {
    return Invalid("not one that a checkpoint gave");
  }
  std::vector<std::string> parts = absl::StrSplit(raw, '.');
  Cursor cursor;
  int number = 0;
  if (parts.size() != 5 || parts[0] != "1" ||
      !absl::SimpleAtoi(parts[1], &number) ||
      !absl::SimpleAtoi(parts[2], &cursor.epoch) ||
      !absl::SimpleAtoi(parts[3], &cursor.sequence)) {
    return Invalid("not one that a checkpoint gave");
  }
  std::string body =
      absl::StrCat("1.", number, ".", cursor.epoch, ".", cursor.sequence);
  if (Check(sensor_id, body) != parts[4]) {
    return Invalid("damaged, or given by another sensor");
  }
  if (number != static_cast<int>(kind)) {
    return Invalid("given by a watch of another kind");
  }
  cursor.kind = kind;
  return cursor;
}

}  // namespace tapline
