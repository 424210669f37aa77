#include "common/filter/near_names.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace tapline::filter {
namespace {

constexpr size_t kMaxNear = 8;
constexpr size_t kMaxCompared = 64;

// Letters to insert, delete, replace or swap with the next.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> before(b.size() + 1), row(b.size() + 1), above;
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    above = std::exchange(before, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = before[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replace, before[j] + 1, row[j - 1] + 1});
      const bool swapped =
          i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], above[j - 2] + 1);
    }
  }
  return row[b.size()];
}

absl::string_view LastWord(absl::string_view name) {
  return name.substr(name.rfind('.') + 1);
}

// Without the digits of a version ("smb2", "http2").
absl::string_view Protocol(absl::string_view name) {
  name = name.substr(0, name.find('.'));
  while (name.size() > 1 && absl::ascii_isdigit(name.back())) {
    name.remove_suffix(1);
  }
  return name;
}

// One begins with the other ("file", "filename").
bool ShareBeginning(absl::string_view a, absl::string_view b) {
  constexpr size_t kLetters = 4;
  const size_t shorter = std::min(a.size(), b.size());
  return shorter >= kLetters && a.substr(0, shorter) == b.substr(0, shorter);
}

// How two names are alike, the closest first.
enum Likeness : size_t {
  kFewLettersApart,
  // Of one protocol, with the same last word.
  kSameEnds,
  // Of one protocol, with last words that begin alike.
  kSimilarEnd,
  kSameLastWord,
  kSameProtocol,
  kUnlike,
};

Likeness Compare(absl::string_view wrong, absl::string_view name,
                 size_t distance) {
  if (distance <= 1 + wrong.size() / 5) return kFewLettersApart;
  const bool last = LastWord(name) == LastWord(wrong);
  const bool dotted = absl::StrContains(wrong, '.');
  if (dotted && Protocol(name) == Protocol(wrong)) {
    if (last) return kSameEnds;
    return ShareBeginning(LastWord(name), LastWord(wrong)) ? kSimilarEnd
                                                           : kSameProtocol;
  }
  if (last) return kSameLastWord;
  return Protocol(name) == Protocol(wrong) ? kSameProtocol : kUnlike;
}

}  // namespace

NearNames FindNear(absl::string_view wrong,
                   const std::vector<absl::string_view>& names) {
  NearNames near;
  if (wrong.empty() || wrong.size() > kMaxCompared) return near;
  std::vector<std::tuple<Likeness, size_t, absl::string_view>> found;
  for (const absl::string_view name : names) {
    if (name.size() > kMaxCompared) continue;
    const size_t distance = Distance(wrong, name);
    const Likeness likeness = Compare(wrong, name, distance);
    if (likeness != kUnlike) found.emplace_back(likeness, distance, name);
  }
  std::sort(found.begin(), found.end());
  // The closest is meant when no other is as close; of a protocol any may be.
  const auto likeness = [&found](size_t i) { return std::get<0>(found[i]); };
  const bool clear =
      !found.empty() &&
      (found.size() == 1 || likeness(0) == kFewLettersApart ||
       (likeness(0) != kSameProtocol && likeness(1) != likeness(0)));
  if (clear) near.best = std::string(std::get<2>(found[0]));
  for (size_t i = 0; i < std::min(found.size(), kMaxNear); ++i) {
    near.all.emplace_back(std::get<2>(found[i]));
  }
  return near;
}

}  // namespace tapline::filter
