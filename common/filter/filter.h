// Filters: expressions over the fields of records, in the syntax of Wireshark's
// display filters.
//
//   tls.sni contains "example" and not ip.dst == 10.0.0.0/8
//
// A field may have several values (`ip.addr` has those of both sides); then
//   ==  in  <  contains  ...   hold when one of them does,
//   !=  not in                 hold when there is one and none is equal,
//   ===                        holds when there is one and all are equal,
//   !==                        holds when one of them differs,
// and `any` or `all` before a comparison says otherwise. A field of another
// kind of record has no values: no comparison with it holds, so `not` in front
// of one does. An empty text and an unspecified enum count as no value. A bare
// field holds when it has a value that is not zero, false or empty.

#ifndef TAPLINE_COMMON_FILTER_FILTER_H_
#define TAPLINE_COMMON_FILTER_FILTER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/filter/bound.h"
#include "common/filter/error.h"
#include "common/filter/parser.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

namespace filter {
struct Expression;
}  // namespace filter

// Thread safety: constant after construction.
class Filter {
 public:
  struct Options {
    // What "now" means; the infinite past: it must not be used.
    absl::Time now = absl::InfinitePast();
    // Where @names come from; null: there are none.
    filter::SavedFilters saved;
  };

  // InvalidArgument: "column 5: ...", with FilterErrorOf.
  static absl::StatusOr<std::unique_ptr<const Filter>> Compile(
      absl::string_view text, const Options& options);
  ~Filter();
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  // ResourceExhausted (IsTooCostly): the record costs more than the step
  // budget, and nobody knows.
  absl::StatusOr<bool> Judge(const v1::Record& record) const;
  // The same where what nobody knows counts as no match.
  bool Matches(const v1::Record& record) const;
  // Records of which nobody knows, so far.
  uint64_t given_up() const { return given_up_.load(); }

  // The filter as the language itself would write it, without @names and "now".
  const std::string& canonical() const { return canonical_; }
  // Whether it can take any record of the kind.
  bool CanMatch(v1::RecordKind kind) const;
  // A condition on the columns of stored records of the kind, which all records
  // it takes fulfil.
  filter::Bound BoundOf(v1::RecordKind kind) const;

  const filter::Expression& expression() const { return *expression_; }

 private:
  explicit Filter(std::unique_ptr<const filter::Expression> expression);

  const std::unique_ptr<const filter::Expression> expression_;
  const std::string canonical_;
  mutable std::atomic<uint64_t> given_up_{0};
};

using FilterPtr = std::unique_ptr<const Filter>;

// What Judge says of a record that costs too much, and whether a status is
// that.
absl::Status TooCostly();
bool IsTooCostly(const absl::Status& status);

// For people: the expression in words, what its fields mean, which records it
// can take, and how the store narrows a search for them.
std::string ExplainFilter(const Filter& filter);

// The text with a mark under the column, from 1, or the one an error tells;
// empty when it tells none, and for text that does not fit one line.
std::string PointAt(absl::string_view text, size_t column);
std::string PointAt(absl::string_view text, const absl::Status& error);

}  // namespace tapline

#endif  // TAPLINE_COMMON_FILTER_FILTER_H_
