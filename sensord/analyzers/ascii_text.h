// Small helpers of the protocols that are lines of ASCII.

#ifndef TAPLINE_SENSORD_ANALYZERS_ASCII_TEXT_H_
#define TAPLINE_SENSORD_ANALYZERS_ASCII_TEXT_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sensord/analyzers/analyzer.h"

namespace tapline {

// Takes the first word off *text, and the blanks behind it.
absl::string_view TakeWord(absl::string_view* text);

// Without regard to case.
bool ContainsNoCase(absl::string_view text, absl::string_view part);

// What a probe thinks of text that has to begin with one of `verbs` (any case)
// and then a blank or the end of the line; kMore while it may still become so.
Match MatchVerb(absl::string_view text,
                absl::Span<const absl::string_view> verbs);

// The same for text that has to begin with `prefix` exactly.
Match MatchPrefix(absl::string_view text, absl::string_view prefix);

// Without the empty lines in front that some send between messages (RFC 9112
// 2.2, RFC 3261 7.5). 16 bytes of them at most: what has more is no message.
absl::string_view SkipEmptyLines(absl::string_view text);

// True when all is printable ASCII.
bool IsPrintable(absl::string_view text);

// "220 text", or "220-text" when more lines of the same reply follow (RFC 5321
// 4.2.1, RFC 959 4.2).
struct ReplyLine {
  // 100..699.
  int code = 0;
  bool last = true;
  absl::string_view text;

  // False when the line does not begin with a code.
  bool Read(absl::string_view line);
  bool IsPositive() const { return code >= 200 && code < 300; }
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_ASCII_TEXT_H_
