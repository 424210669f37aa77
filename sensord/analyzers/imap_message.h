// The pieces of IMAP lines that are kept.

#ifndef TAPLINE_SENSORD_ANALYZERS_IMAP_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_IMAP_MESSAGE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace tapline::imap {

enum class Verb : uint8_t {
  // Known, and of no matter here.
  kOther,
  kCapability,
  kId,
  kStartTls,
  kAuthenticate,
  kLogin,
  // Possible only for somebody who is logged in.
  kWork,
  // All that follows is compressed (RFC 4978).
  kCompress,
  kUnknown,
};

// Any case.
Verb VerbOf(absl::string_view word);

// 1 to 64 characters that may stand in a tag (RFC 9051 9).
bool IsTag(absl::string_view word);

// What the end of a line says about bytes behind it: "{123}" or "{123+}".
enum class Literal : uint8_t { kNone, kBytes, kBad };
Literal LiteralAtEnd(absl::string_view line, uint64_t* bytes);

// The next argument, in quotes or not; empty for a literal.
std::string TakeString(absl::string_view* text);

// Name and version of the list of ID: ("name" "x" "version" "1") gives "x 1".
std::string ClientOfId(absl::string_view list);

}  // namespace tapline::imap

#endif  // TAPLINE_SENSORD_ANALYZERS_IMAP_MESSAGE_H_
