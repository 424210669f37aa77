#include "common/filter/filter.h"

#include <utility>

#include "absl/strings/cord.h"
#include "common/filter/bound_of.h"
#include "common/filter/canonical.h"
#include "common/filter/checker.h"
#include "common/filter/evaluate.h"
#include "common/filter/field_table.h"
#include "common/status/macros.h"

namespace tapline {
namespace {

constexpr char kTooCostlyUrl[] = "tapline/filter-too-costly";

}  // namespace

Filter::Filter(std::unique_ptr<const filter::Expression> expression)
    : expression_(std::move(expression)),
      canonical_(filter::Canonical(*expression_)) {}

Filter::~Filter() = default;

absl::StatusOr<FilterPtr> Filter::Compile(absl::string_view text,
                                          const Options& options) {
  const absl::StatusOr<filter::SyntaxPtr> syntax =
      filter::Parse(text, options.saved);
  if (!syntax.ok()) return filter::WithColumn(syntax.status(), text);
  absl::StatusOr<filter::ExpressionPtr> expression =
      filter::Check(**syntax, filter::FieldTable::Get(), options.now);
  if (!expression.ok()) return filter::WithColumn(expression.status(), text);
  return FilterPtr(new Filter(*std::move(expression)));
}

absl::StatusOr<bool> Filter::Judge(const v1::Record& record) const {
  const filter::Verdict verdict = filter::Evaluate(*expression_, record);
  if (!verdict.given_up) return verdict.matches;
  given_up_.fetch_add(1, std::memory_order_relaxed);
  return TooCostly();
}

bool Filter::Matches(const v1::Record& record) const {
  const absl::StatusOr<bool> verdict = Judge(record);
  return verdict.ok() && *verdict;
}

absl::Status TooCostly() {
  absl::Status status = absl::ResourceExhaustedError(
      "the filter costs too much on one of the records; ask for less with "
      "matches and with comparisons of fields, or put a comparison with a "
      "value before them");
  status.SetPayload(kTooCostlyUrl, absl::Cord());
  return status;
}

bool IsTooCostly(const absl::Status& status) {
  return status.GetPayload(kTooCostlyUrl).has_value();
}

bool Filter::CanMatch(v1::RecordKind kind) const {
  return !BoundOf(kind).is_false();
}

filter::Bound Filter::BoundOf(v1::RecordKind kind) const {
  return filter::BoundOf(*expression_, kind);
}

}  // namespace tapline
