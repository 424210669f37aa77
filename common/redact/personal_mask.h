// Finds what identifies people in free text: e-mail addresses, payment cards,
// bank accounts, telephone numbers. Hand-written, linear, total: any bytes in.

#ifndef TAPLINE_COMMON_REDACT_PERSONAL_MASK_H_
#define TAPLINE_COMMON_REDACT_PERSONAL_MASK_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/redact/secret_mask.h"

namespace tapline {

// True when the text has none of what MaskPersonal would look at closer: the
// common case, a few nanoseconds.
bool SurelyNotPersonal(absl::string_view text);

// Replaces by "[redacted:<class>]", class email, card, iban or phone:
// - of an address "ann@example.org" the part before '@';
// - 13 to 19 digits, single blanks or hyphens between them, that begin as the
//   issuers' do (ISO/IEC 7812) and whose check digit is right;
// - account numbers of the IBAN registry (ISO 13616) whose check digits are
//   right, with or without blanks;
// - telephone numbers in international form, '+' and 8 to 15 digits (E.164).
// None is found inside a longer word or number. Idempotent.
std::string MaskPersonal(absl::string_view text);

// What MaskPersonal would replace, ascending.
std::vector<SecretSpan> FindPersonal(absl::string_view text);

}  // namespace tapline

#endif  // TAPLINE_COMMON_REDACT_PERSONAL_MASK_H_
