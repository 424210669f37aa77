#include "sensord/policy/filters.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/filter/lexer.h"
#include "common/filter/limits.h"
#include "common/status/macros.h"

namespace tapline {
namespace {

constexpr size_t kMaxNameBytes = 64;
constexpr size_t kMaxCommentBytes = 1024;

absl::Status At(absl::string_view where, const absl::Status& status) {
  absl::Status out(status.code(), absl::StrCat(where, ": ", status.message()));
  status.ForEachPayload([&out](absl::string_view url, const absl::Cord& value) {
    out.SetPayload(url, value);
  });
  return out;
}

bool IsName(absl::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes) return false;
  for (const char c : name) {
    if (!absl::ascii_isalnum(c) && c != '-' && c != '_') return false;
  }
  return true;
}

// Replaces each @name by its text in parentheses.
absl::StatusOr<std::string> Replaced(absl::string_view text,
                                     const filter::SavedFilters& saved) {
  ASSIGN_OR_RETURN(const std::vector<filter::Lexeme> lexemes,
                   filter::Split(text));
  std::string out;
  size_t copied = 0;
  for (const filter::Lexeme& lexeme : lexemes) {
    if (lexeme.token != filter::Token::kSaved) continue;
    const std::optional<std::string> inner = saved(lexeme.value);
    if (!inner) return absl::NotFoundError(lexeme.value);
    absl::StrAppend(&out, text.substr(copied, lexeme.offset - copied), "(",
                    *inner, ")");
    copied = lexeme.offset + 1 + lexeme.value.size();
  }
  return absl::StrCat(out, text.substr(copied));
}

}  // namespace

absl::StatusOr<FilterPtr> CompileSuppressionFilter(absl::string_view text) {
  ASSIGN_OR_RETURN(FilterPtr filter, Filter::Compile(text, {}));
  if (!filter->CanMatch(v1::RECORD_KIND_ALERT)) {
    return absl::InvalidArgumentError(
        "the filter asks only for fields that alerts have not, so it hides "
        "none");
  }
  return filter;
}

absl::Status CheckSuppressionFilters(const v1::Config& config) {
  for (int i = 0; i < config.suppressions_size(); ++i) {
    const std::string& text = config.suppressions(i).filter();
    if (text.empty()) continue;
    const absl::Status status = CompileSuppressionFilter(text).status();
    if (!status.ok()) {
      return At(absl::StrCat("suppressions: entry ", i + 1, ": filter"),
                status);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> WithoutNames(absl::string_view text,
                                         const Filter::Options& options) {
  RETURN_IF_ERROR(Filter::Compile(text, options).status());
  if (!absl::StrContains(text, '@')) return std::string(text);
  ASSIGN_OR_RETURN(std::string out, Replaced(text, options.saved));
  if (out.size() > filter::kMaxTextBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("with the saved filters it names it is longer than ",
                     filter::kMaxTextBytes, " bytes"));
  }
  return out;
}

absl::Status PrepareSavedFilter(const filter::SavedFilters& saved,
                                v1::SavedFilter& filter) {
  if (!IsName(filter.name())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "name: 1 to ", kMaxNameBytes, " letters, digits, - and _ are needed"));
  }
  absl::Status comment = CheckText("comment", filter.comment());
  if (comment.ok() && filter.comment().size() > kMaxCommentBytes) {
    comment = absl::InvalidArgumentError("longer than 1024 bytes");
  }
  if (!comment.ok()) return At("comment", comment);
  Filter::Options options;
  // Any time will do to see whether it compiles.
  options.now = absl::UnixEpoch();
  options.saved = saved;
  absl::StatusOr<std::string> text = WithoutNames(filter.filter(), options);
  if (!text.ok()) return text.status();
  filter.set_filter(*std::move(text));
  return absl::OkStatus();
}

}  // namespace tapline
