#include "common/filter/near_names.h"

#include <algorithm>
#include <utility>

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

absl::string_view FirstWord(absl::string_view name) {
  return name.substr(0, name.find('.'));
}

}  // namespace

NearNames FindNear(absl::string_view wrong,
                   const std::vector<absl::string_view>& names) {
  NearNames near;
  if (wrong.empty() || wrong.size() > kMaxCompared) return near;
  const size_t tolerance = 1 + wrong.size() / 5;
  // By how far off they are.
  std::vector<std::pair<size_t, absl::string_view>> found;
  for (const absl::string_view name : names) {
    if (name.size() > kMaxCompared) continue;
    const size_t distance = Distance(wrong, name);
    if (distance <= tolerance) {
      found.emplace_back(distance, name);
    } else if (LastWord(name) == LastWord(wrong)) {
      found.emplace_back(100, name);
    } else if (FirstWord(name) == FirstWord(wrong)) {
      found.emplace_back(200 + distance, name);
    }
  }
  std::sort(found.begin(), found.end());
  const bool clear =
      !found.empty() && (found.size() == 1 || found[0].first <= tolerance ||
                         (found[0].first == 100 && found[1].first != 100));
  if (clear) near.best = std::string(found[0].second);
  for (size_t i = 0; i < std::min(found.size(), kMaxNear); ++i) {
    near.all.emplace_back(found[i].second);
  }
  return near;
}

}  // namespace tapline::filter
