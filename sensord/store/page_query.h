// One list request, walked page by page.
//
// Position: "<fingerprint>.<key>.<row>", decimal; the fingerprint binds it to
// the request, key and row are those of the last row looked at. Rows are walked
// in the order of (key, row), so inserts elsewhere neither repeat nor hide any.

#ifndef TAPLINE_SENSORD_STORE_PAGE_QUERY_H_
#define TAPLINE_SENSORD_STORE_PAGE_QUERY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/sqlite/database.h"
#include "sensord/store/compiled_selector.h"
#include "sensord/store/selector_match.h"
#include "sensord/store/store.h"

namespace tapline {

class PageQuery {
 public:
  // InvalidArgument: a bad selector, order or position. query.filter must
  // outlive the result.
  static absl::StatusOr<PageQuery> Compile(const StoreQuery& query);

  // The next `chunk` rows after the position.
  absl::StatusOr<Statement> Prepare(Database& database, size_t chunk) const;
  // Moves the position to `row`; true when its record is asked for. Errors as
  // of Filter::Judge, and then the position stays.
  absl::StatusOr<bool> Take(const Statement& row, v1::Record& record);
  std::string Position() const;

 private:
  PageQuery() = default;
  void NarrowByFilter();
  absl::StatusOr<bool> Judge(const Statement& row, int64_t row_key,
                             v1::Record& record) const;
  absl::Status ParseOrder(const std::string& order_by);
  absl::Status ParsePosition(const std::string& position);

  StoreQuery query_;
  SqlFilter filter_;
  std::unique_ptr<SelectorMatcher> matcher_;
  std::string key_column_;
  bool descending_ = true;
  uint64_t fingerprint_ = 0;
  bool has_position_ = false;
  int64_t key_ = 0;
  int64_t row_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STORE_PAGE_QUERY_H_
