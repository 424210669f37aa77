// Paths of files and resources, without what identifies people or opens doors.

#ifndef TAPLINE_SENSORD_ANALYZERS_MASKED_PATH_H_
#define TAPLINE_SENSORD_ANALYZERS_MASKED_PATH_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace tapline {

inline constexpr size_t kMaxMaskedPath = 1024;

// True for text that looks made by a machine to be unguessable or unique: a
// UUID, six digits or more, 16 hex digits or base64 characters or more, a JWT,
// or over 20 characters of more than 3.5 bits each that are not words.
bool LooksOpaque(absl::string_view text);

// A path of segments between slashes, in which opaque segments, and those after
// "reset", "token", "share" and the like, are "[redacted:opaque]" and e-mail
// addresses "[redacted:email]@domain". Percent escapes are looked through once,
// of slashes too.
// Reads the first kMaxMaskedPath bytes, and hides a segment cut by that.
std::string MaskedPath(absl::string_view path);

// The same for paths of files and shares: backslashes separate too, the name of
// the user whose home it is in is "[user]", and "share" opens nothing.
std::string MaskedFilePath(absl::string_view path);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_MASKED_PATH_H_
