#include "common/redact/personal_mask.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace tapline {
namespace {

constexpr size_t kMinCard = 13;
constexpr size_t kMaxCard = 19;
constexpr size_t kMinPhone = 8;
constexpr size_t kMaxPhone = 15;
constexpr size_t kMaxIban = 34;
// RFC 5321 4.5.3.1.
constexpr size_t kMaxLocalPart = 64;

bool IsDigit(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c));
}
bool IsAlnum(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c));
}
bool IsUpper(char c) {
  return absl::ascii_isupper(static_cast<unsigned char>(c));
}

// Of the part before '@' (RFC 5322 3.2.3), without what separates in URLs and
// lists. '*' stands where somebody masked before.
bool IsLocal(char c) {
  return IsAlnum(c) || c == '.' || c == '_' || c == '-' || c == '+' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Behind '@' of somebody's address: labels of letters, digits and hyphens, two
// at least, the last one of letters.
bool IsDomain(absl::string_view text) {
  size_t end = 0;
  while (end < text.size() &&
         (IsAlnum(text[end]) || text[end] == '-' || text[end] == '.')) {
    ++end;
  }
  // The end of a sentence.
  while (end > 0 && text[end - 1] == '.') --end;
  const absl::string_view domain = text.substr(0, end);
  const size_t dot = domain.rfind('.');
  if (dot == absl::string_view::npos || dot == 0) return false;
  // Algorithms of SSH have names like addresses (RFC 4251 6).
  if (domain == "openssh.com" || domain == "libssh.org") return false;
  const absl::string_view top = domain.substr(dot + 1);
  return top.size() >= 2 && std::all_of(top.begin(), top.end(), [](char c) {
           return absl::ascii_isalpha(static_cast<unsigned char>(c));
         });
}

// Groups of digits with separators between them: one may belong to a number and
// the next one not.
struct Number {
  std::string digits;
  // How many of the digits there are with each group, and where it ends. The
  // last one does not end inside a word.
  struct Group {
    size_t digits;
    size_t end;
  };
  std::vector<Group> groups;
};

// Goes on until there are more than `most` digits.
Number ReadNumber(absl::string_view text, size_t at,
                  absl::string_view separators, size_t most) {
  Number number;
  const auto end_group = [&] {
    const bool new_one = number.groups.empty() ||
                         number.groups.back().digits != number.digits.size();
    if (new_one && !number.digits.empty()) {
      number.groups.push_back({number.digits.size(), at});
    }
  };
  size_t run = 0;
  for (; at < text.size() && number.digits.size() <= most; ++at) {
    if (IsDigit(text[at])) {
      number.digits += text[at];
      run = 0;
      continue;
    }
    if (run == 0 && !IsAlnum(text[at])) end_group();
    if (separators.find(text[at]) == absl::string_view::npos || ++run > 2) {
      return number;
    }
  }
  if (at == text.size() && run == 0) end_group();
  return number;
}

bool HasCheckDigit(absl::string_view digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    int value = digits[digits.size() - 1 - i] - '0';
    if (i % 2 == 1) value = value > 4 ? 2 * value - 9 : 2 * value;
    sum += value;
  }
  return sum % 10 == 0;
}

// Ranges that the large issuers have (ISO/IEC 7812), first and last four digits
// and the lengths they use.
bool IsIssued(absl::string_view digits) {
  struct Range {
    int first;
    int last;
    size_t min;
    size_t max;
  };
  constexpr Range kRanges[] = {
      {2221, 2720, 16, 16}, {3000, 3059, 14, 19}, {3400, 3499, 15, 15},
      {3528, 3589, 16, 19}, {3600, 3699, 14, 19}, {3700, 3799, 15, 15},
      {3800, 3999, 14, 19}, {4000, 4999, 13, 19}, {5100, 5599, 16, 16},
      {6011, 6011, 16, 19}, {6200, 6299, 16, 19}, {6440, 6599, 16, 19}};
  int begin = 0;
  for (int i = 0; i < 4; ++i) {
    begin = begin * 10 + (digits[static_cast<size_t>(i)] - '0');
  }
  for (const Range& range : kRanges) {
    if (begin >= range.first && begin <= range.last) {
      return digits.size() >= range.min && digits.size() <= range.max;
    }
  }
  return false;
}

// The registry's countries with the length of their numbers.
size_t IbanLength(absl::string_view country) {
  struct Row {
    absl::string_view country;
    size_t length;
  };
  constexpr Row kRows[] = {
      {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20},
      {"BE", 16}, {"BG", 22}, {"BH", 22}, {"BR", 29}, {"BY", 28}, {"CH", 21},
      {"CR", 22}, {"CY", 28}, {"CZ", 24}, {"DE", 22}, {"DK", 18}, {"DO", 28},
      {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18}, {"FO", 18}, {"FR", 27},
      {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27}, {"GT", 28},
      {"HR", 21}, {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26},
      {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32},
      {"LI", 21}, {"LT", 20}, {"LU", 20}, {"LV", 21}, {"MC", 27}, {"MD", 24},
      {"ME", 22}, {"MK", 19}, {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NL", 18},
      {"NO", 15}, {"PK", 24}, {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29},
      {"RO", 24}, {"RS", 22}, {"SA", 24}, {"SC", 31}, {"SE", 24}, {"SI", 19},
      {"SK", 24}, {"SM", 27}, {"ST", 25}, {"SV", 28}, {"TL", 23}, {"TN", 24},
      {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}};
  for (const Row& row : kRows) {
    if (row.country == country) return row.length;
  }
  return 0;
}

// End of the account number that begins at `at`; 0 for none.
size_t IbanEnd(absl::string_view text, size_t at) {
  const size_t length = IbanLength(text.substr(at, 2));
  if (length == 0) return 0;
  std::string number;
  size_t end = at;
  for (; end < text.size() && number.size() < length; ++end) {
    if (text[end] == ' ' && number.size() % 4 == 0 && !number.empty()) continue;
    if (!IsDigit(text[end]) && !IsUpper(text[end])) return 0;
    number += text[end];
  }
  if (number.size() < length || number.size() > kMaxIban) return 0;
  // ISO/IEC 7064 MOD 97-10 with the first four characters at the end.
  std::rotate(number.begin(), number.begin() + 4, number.end());
  uint32_t rest = 0;
  for (const char c : number) {
    rest = IsDigit(c) ? rest * 10 + static_cast<uint32_t>(c - '0')
                      : rest * 100 + static_cast<uint32_t>(c - 'A' + 10);
    rest %= 97;
  }
  return rest == 1 ? end : 0;
}

// Walks the text and notes what to replace, with its class.
class Scan {
 public:
  struct Find {
    SecretSpan span;
    absl::string_view kind;
  };

  explicit Scan(absl::string_view text) : text_(text) {}

  std::vector<Find> Run() {
    for (at_ = 0; at_ < text_.size();) {
      const char c = text_[at_];
      if (c == '@') {
        Email();
      } else if (c == '+' && IsBoundary()) {
        Phone();
      } else if (IsDigit(c) && IsBoundary()) {
        Card();
      } else if (IsUpper(c) && IsBoundary()) {
        Iban();
      } else {
        ++at_;
      }
    }
    return std::move(found_);
  }

 private:
  // No letter or digit is before it.
  bool IsBoundary() const { return at_ == 0 || !IsAlnum(text_[at_ - 1]); }
  bool Ends(size_t end) const {
    return end == text_.size() || !IsAlnum(text_[end]);
  }

  void Note(size_t begin, size_t end, absl::string_view kind) {
    found_.push_back({{begin, end}, kind});
    at_ = end;
  }

  void Email() {
    const size_t from = found_.empty() ? 0 : found_.back().span.end;
    const size_t oldest =
        std::max(from, at_ > kMaxLocalPart ? at_ - kMaxLocalPart : 0);
    size_t begin = at_;
    while (begin > oldest && IsLocal(text_[begin - 1])) --begin;
    const bool whole = begin < at_ && IsDomain(text_.substr(at_ + 1, 256));
    const size_t at = at_;
    if (whole) Note(begin, at, "email");
    at_ = at + 1;
  }

  // Of the ends a number may have, the last one that `good` takes.
  template <typename Good>
  bool Mask(const Number& number, absl::string_view kind, const Good& good) {
    for (size_t i = number.groups.size(); i-- > 0;) {
      const Number::Group& group = number.groups[i];
      if (!good(absl::string_view(number.digits).substr(0, group.digits))) {
        continue;
      }
      Note(at_, group.end, kind);
      return true;
    }
    return false;
  }

  void Phone() {
    const Number number = ReadNumber(text_, at_ + 1, " -.()", kMaxPhone);
    const bool phone = Mask(number, "phone", [](absl::string_view digits) {
      return digits.size() >= kMinPhone && digits.size() <= kMaxPhone &&
             digits[0] != '0';
    });
    if (!phone) ++at_;
  }

  void Card() {
    const Number number = ReadNumber(text_, at_, " -", kMaxCard);
    const bool card = Mask(number, "card", [](absl::string_view digits) {
      return digits.size() >= kMinCard && digits.size() <= kMaxCard &&
             IsIssued(digits) && HasCheckDigit(digits);
    });
    if (card) return;
    while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
  }

  void Iban() {
    const size_t end = IbanEnd(text_, at_);
    if (end != 0 && Ends(end)) {
      Note(at_, end, "iban");
    } else {
      ++at_;
    }
  }

  const absl::string_view text_;
  size_t at_ = 0;
  std::vector<Find> found_;
};

}  // namespace

bool SurelyNotPersonal(absl::string_view text) {
  constexpr size_t kShortest = 6;  // "a@b.cc"
  if (text.size() < kShortest) return true;
  if (std::memchr(text.data(), '@', text.size()) != nullptr) return false;
  // All others have so many digits, and a sign or a letter or more of them.
  if (text.size() <= kMinPhone) return true;
  size_t digits = 0;
  for (const char c : text) digits += c >= '0' && c <= '9';
  return digits < kMinPhone;
}

std::string MaskPersonal(absl::string_view text) {
  if (SurelyNotPersonal(text)) return std::string(text);
  std::string out;
  size_t at = 0;
  for (const Scan::Find& find : Scan(text).Run()) {
    absl::StrAppend(&out, text.substr(at, find.span.begin - at),
                    "[redacted:", find.kind, "]");
    at = find.span.end;
  }
  absl::StrAppend(&out, text.substr(at));
  return out;
}

std::vector<SecretSpan> FindPersonal(absl::string_view text) {
  std::vector<SecretSpan> spans;
  if (SurelyNotPersonal(text)) return spans;
  for (const Scan::Find& find : Scan(text).Run()) spans.push_back(find.span);
  return spans;
}

}  // namespace tapline
