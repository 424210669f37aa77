#include "sensord/analyzers/http_framing.h"

#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace tapline::http {
namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

// Decimal digits and nothing else (RFC 9110 8.6).
bool ParseLength(absl::string_view text, uint64_t* length) {
  uint64_t value = 0;
  if (text.empty()) return false;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    const uint64_t digit = static_cast<uint64_t>(c - '0');
    if (value > (kNoLimit - digit) / 10) return false;
    value = value * 10 + digit;
  }
  *length = value;
  return true;
}

// A name that lenient readers may take for `plain`, which has letters only.
bool LooksLike(absl::string_view name, absl::string_view plain) {
  size_t at = 0;
  for (const char c : name) {
    const auto u = static_cast<unsigned char>(c);
    if (!absl::ascii_isalpha(u)) continue;
    if (at == plain.size() || absl::ascii_tolower(u) != plain[at]) return false;
    ++at;
  }
  return at == plain.size();
}

// RFC 9112 7, registered transfer codings other than "chunked".
bool IsCompression(absl::string_view coding) {
  for (const char* known :
       {"gzip", "deflate", "compress", "x-gzip", "x-compress"}) {
    if (absl::EqualsIgnoreCase(coding, known)) return true;
  }
  return false;
}

}  // namespace

void FramingFields::Add(const HeadField& field) {
  const bool length = absl::EqualsIgnoreCase(field.name, "content-length");
  const bool coding = absl::EqualsIgnoreCase(field.name, "transfer-encoding");
  if (!length && !coding) {
    if (!field.odd && !field.spaced && !absl::StrContains(field.name, "_")) {
      return;
    }
    ambiguous_ |= LooksLike(field.name, "contentlength") ||
                  LooksLike(field.name, "transferencoding");
    return;
  }
  ambiguous_ |= field.folded || field.spaced || field.odd;
  if (length) {
    AddLength(field.value);
  } else {
    AddCodings(field.value);
  }
  ambiguous_ |= has_length_ && codings_ > 0;
}

void FramingFields::AddLength(absl::string_view value) {
  absl::string_view element;
  if (value.empty()) ambiguous_ = true;
  while (NextElement(&value, &element)) {
    uint64_t length = 0;
    if (!ParseLength(element, &length) || (has_length_ && length != length_)) {
      ambiguous_ = true;
      return;
    }
    length_repeated_ |= has_length_;
    has_length_ = true;
    length_ = length;
  }
}

void FramingFields::AddCodings(absl::string_view value) {
  // Old servers say that they do nothing.
  if (absl::EqualsIgnoreCase(value, "identity") && codings_ == 0) return;
  absl::string_view element;
  if (value.empty()) ambiguous_ = true;
  while (NextElement(&value, &element)) {
    if (codings_ < 255) ++codings_;
    // Nothing may come after it.
    ambiguous_ |= chunked_;
    if (absl::EqualsIgnoreCase(element, "chunked")) {
      chunked_ = true;
    } else {
      ambiguous_ |= !IsCompression(element);
    }
  }
}

void HttpBody::Begin(Kind kind, uint64_t length) {
  *this = HttpBody();
  kind_ = kind;
  left_ = kind == kLength ? length : 0;
  switch (kind) {
    case kNone:
      break;
    case kLength:
      state_ = length == 0 ? kDone : kData;
      break;
    case kChunked:
      state_ = kSize;
      break;
    case kUntilClose:
      state_ = kOpen;
      break;
  }
}

size_t HttpBody::Take(absl::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size() && state_ != kDone && state_ != kBroken) {
    const size_t here = bytes.size() - at;
    if (state_ == kOpen) {
      seen_ += here;
      return bytes.size();
    }
    if (state_ == kData) {
      const size_t taken = std::min<uint64_t>(here, left_);
      left_ -= taken;
      seen_ += taken;
      at += taken;
      if (left_ == 0) state_ = kind_ == kChunked ? kDataCr : kDone;
      continue;
    }
    state_ = Step(bytes[at]);
    // What breaks the rule is not the body's.
    if (state_ != kBroken) ++at;
  }
  return at;
}

bool HttpBody::Skip(uint64_t bytes) {
  if (state_ == kOpen) {
    missing_ += bytes;
    return true;
  }
  if (state_ != kData || bytes > left_) return false;
  left_ -= bytes;
  missing_ += bytes;
  if (left_ == 0) state_ = kind_ == kChunked ? kDataCr : kDone;
  return true;
}

HttpBody::State HttpBody::SizeStep(char c) {
  const auto u = static_cast<unsigned char>(c);
  if (absl::ascii_isxdigit(u)) {
    // 15 digits are beyond any body.
    if (++digits_ > 15) return kBroken;
    const int value = c <= '9' ? c - '0' : absl::ascii_tolower(u) - 'a' + 10;
    left_ = left_ * 16 + static_cast<uint64_t>(value);
    return kSize;
  }
  if (digits_ == 0) return kBroken;
  if (c == ';') return kExtension;
  if (c == '\r') return kSizeLf;
  return c == ' ' || c == '\t' ? kSizeEnd : kBroken;
}

HttpBody::State HttpBody::AfterSize() {
  digits_ = 0;
  if (left_ > 0) return kData;
  extra_ = 0;
  return kTrailer;
}

HttpBody::State HttpBody::Step(char c) {
  switch (state_) {
    case kSize:
      return SizeStep(c);
    case kSizeEnd:
      // Old servers fill the size up with spaces; they end before CR or ";".
      if (++extra_ > kMaxExtensions) return kBroken;
      if (c == ' ' || c == '\t') return kSizeEnd;
      return c == ';' ? kExtension : c == '\r' ? kSizeLf : kBroken;
    case kExtension:
      if (++extra_ > kMaxExtensions || c == '\n' || c == '\0') return kBroken;
      return c == '\r' ? kSizeLf : kExtension;
    case kSizeLf:
      return c == '\n' ? AfterSize() : kBroken;
    case kDataCr:
      return c == '\r' ? kDataLf : kBroken;
    case kDataLf:
      return c == '\n' ? kSize : kBroken;
    case kTrailer:
      return c == '\r' ? kEndLf : c == '\n' ? kBroken : kTrailerRest;
    case kTrailerRest:
      if (++extra_ > kMaxTrailers || c == '\n') return kBroken;
      return c == '\r' ? kTrailerLf : kTrailerRest;
    case kTrailerLf:
      return c == '\n' ? kTrailer : kBroken;
    case kEndLf:
      return c == '\n' ? kDone : kBroken;
    case kDone:
    case kBroken:
    case kData:
    case kOpen:
      break;
  }
  return kBroken;
}

}  // namespace tapline::http
