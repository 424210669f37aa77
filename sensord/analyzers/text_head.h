// Heads of messages in lines, as HTTP/1, RTSP, SIP and SSDP have them: a start
// line, "Name: value" lines, an empty line (RFC 5322 2.2, RFC 9112 2.1).

#ifndef TAPLINE_SENSORD_ANALYZERS_TEXT_HEAD_H_
#define TAPLINE_SENSORD_ANALYZERS_TEXT_HEAD_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace tapline {

// Length of the head that `text` begins with, its empty line included; npos
// while that has not come. The first `searched` bytes are known to hold no end.
size_t FindHeadEnd(absl::string_view text, size_t searched);

struct HeadField {
  // As it came, without the white space around.
  absl::string_view name;
  // Without the white space around; only the first line of a folded one.
  absl::string_view value;
  // Goes on in a line that begins with white space (RFC 9112 5.2).
  bool folded = false;
  // White space between the name and the colon.
  bool spaced = false;
  // The name is empty or has a byte no name may have, or there is no colon.
  bool odd = false;
};

// Reads a head line by line; what it says borrows from `text`, which may end
// before the empty line.
class HeadReader {
 public:
  explicit HeadReader(absl::string_view text) : rest_(text) {}

  // Call first.
  absl::string_view StartLine();
  // False at the end.
  bool Next(HeadField* field);

  // Seen so far: a line that ends in LF alone; CR within a line; NUL.
  bool bare_lf() const { return bare_lf_; }
  bool bare_cr() const { return bare_cr_; }
  bool nul() const { return nul_; }

 private:
  absl::string_view Line();

  absl::string_view rest_;
  bool bare_lf_ = false;
  bool bare_cr_ = false;
  bool nul_ = false;
};

// Without the spaces and tabs around it.
absl::string_view TrimBlanks(absl::string_view text);

// A byte of a method or header name: "tchar" of RFC 9110 5.6.2.
bool IsTokenChar(char c);
bool IsToken(absl::string_view text);

// The next element of a list that commas separate, trimmed; false at its end.
bool NextElement(absl::string_view* list, absl::string_view* element);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_TEXT_HEAD_H_
