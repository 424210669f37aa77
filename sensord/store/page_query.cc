#include "sensord/store/page_query.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/macros.h"
#include "sensord/store/columns.h"
#include "sensord/store/filter_sql.h"
#include "sensord/store/row_record.h"
#include "sensord/store/schema.h"

namespace tapline {
namespace {

// FNV-1a (64 bit).
uint64_t Hash(absl::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : text) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  }
  return hash;
}

uint64_t Fingerprint(const StoreQuery& query) {
  return Hash(absl::StrCat(query.kind, "|", query.order_by, "|",
                           query.as_of_epoch, "|", query.as_of_sequence, "|",
                           query.range.SerializeAsString(), "|",
                           query.selector.SerializeAsString()));
}

void BindValue(Statement& statement, int index, const SqlFilter::Value& value) {
  switch (value.type) {
    case SqlFilter::Value::kInt:
      statement.Bind(index, value.number);
      return;
    case SqlFilter::Value::kText:
      statement.Bind(index, value.bytes);
      return;
    case SqlFilter::Value::kBlob:
      statement.BindBlob(index, value.bytes);
      return;
  }
}

}  // namespace

absl::StatusOr<PageQuery> PageQuery::Compile(const StoreQuery& query) {
  PageQuery page;
  page.query_ = query;
  ASSIGN_OR_RETURN(const CompiledSelector selector,
                   CompileSelector(query.selector));
  page.filter_ = PreFilter(selector, query.kind);
  page.NarrowByFilter();
  ASSIGN_OR_RETURN(page.matcher_, SelectorMatcher::Compile(query.selector));
  RETURN_IF_ERROR(page.ParseOrder(query.order_by));
  page.fingerprint_ = Fingerprint(query);
  RETURN_IF_ERROR(page.ParsePosition(query.position));
  return page;
}

// The columns of an alert are those of its newest revision, which says little
// about an earlier one.
void PageQuery::NarrowByFilter() {
  if (query_.filter == nullptr || query_.updates_follow) return;
  SqlFilter sql = FilterSql(query_.filter->BoundOf(query_.kind));
  absl::StrAppend(&filter_.where, " AND ", sql.where);
  for (SqlFilter::Value& value : sql.values) {
    filter_.values.push_back(std::move(value));
  }
}

absl::Status PageQuery::ParseOrder(const std::string& order_by) {
  const std::vector<std::string> words =
      absl::StrSplit(order_by, ' ', absl::SkipEmpty());
  const bool known = !words.empty() && words.size() <= 2 &&
                     (words[0] == "received_at" || words[0] == "observed_at") &&
                     (words.size() == 1 || words[1] == "desc");
  if (!known) {
    return absl::InvalidArgumentError(
        absl::StrCat("order_by \"", order_by.substr(0, 64),
                     "\": received_at or observed_at, with or without desc"));
  }
  key_column_ = words[0];
  descending_ = words.size() == 2;
  return absl::OkStatus();
}

absl::Status PageQuery::ParsePosition(const std::string& position) {
  if (position.empty()) return absl::OkStatus();
  const std::vector<std::string> parts = absl::StrSplit(position, '.');
  uint64_t fingerprint = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &fingerprint) ||
      !absl::SimpleAtoi(parts[1], &key_) ||
      !absl::SimpleAtoi(parts[2], &row_)) {
    return absl::InvalidArgumentError("page token is malformed");
  }
  if (fingerprint != fingerprint_) {
    return absl::InvalidArgumentError("page token belongs to another request");
  }
  has_position_ = true;
  return absl::OkStatus();
}

absl::StatusOr<Statement> PageQuery::Prepare(Database& database,
                                             size_t chunk) const {
  std::vector<SqlFilter::Value> values = filter_.values;
  const auto add_int = [&values](int64_t value) {
    values.push_back({SqlFilter::Value::kInt, value, ""});
  };
  std::string where = filter_.where;
  if (query_.range.has_since()) {
    where += " AND received_at>=?";
    add_int(NanosOf(query_.range.since()));
  }
  if (query_.range.has_until()) {
    where += " AND received_at<?";
    add_int(NanosOf(query_.range.until()));
  }
  if (query_.as_of_sequence != 0) {
    where += " AND (row<? OR row>=?)";
    add_int(RowKey(query_.as_of_epoch, query_.as_of_sequence));
    add_int(RowKey(query_.as_of_epoch + 1, 0));
  }
  if (has_position_) {
    const char* const op = descending_ ? "<" : ">";
    absl::StrAppend(&where, " AND ", key_column_, op, "=? AND (", key_column_,
                    op, "? OR row", op, "?)");
    add_int(key_);
    add_int(key_);
    add_int(row_);
  }
  const char* const direction = descending_ ? " DESC" : "";
  add_int(static_cast<int64_t>(chunk));
  ASSIGN_OR_RETURN(Statement statement,
                   database.Prepare(absl::StrCat(
                       "SELECT ", RowColumns(query_.kind), " FROM ",
                       TableOf(query_.kind), " WHERE ", where, " ORDER BY ",
                       key_column_, direction, ",row", direction, " LIMIT ?")));
  // A blob is borrowed until Reset; those of filter_ live as long as this.
  for (size_t i = 0; i < values.size(); ++i) {
    const bool own = i >= filter_.values.size();
    BindValue(statement, static_cast<int>(i) + 1,
              own ? values[i] : filter_.values[i]);
  }
  return statement;
}

absl::StatusOr<bool> PageQuery::Take(const Statement& row, v1::Record& record) {
  const int64_t row_key = row.Int(kRowKey);
  ASSIGN_OR_RETURN(const bool taken, Judge(row, row_key, record));
  has_position_ = true;
  row_ = row_key;
  key_ =
      row.Int(key_column_ == "received_at" ? kRowReceivedAt : kRowObservedAt);
  return taken;
}

absl::StatusOr<bool> PageQuery::Judge(const Statement& row, int64_t row_key,
                                      v1::Record& record) const {
  absl::StatusOr<v1::Record> newest = RecordOfRow(query_.kind, row, false);
  if (!newest.ok()) return false;
  if (query_.updates_follow && newest->epoch() == query_.as_of_epoch &&
      newest->sequence() >= query_.as_of_sequence) {
    newest = RecordOfRow(query_.kind, row, true);
    if (!newest.ok()) return false;
  }
  if (query_.as_of_sequence != 0) {
    newest->set_epoch(EpochOfRow(row_key));
    newest->set_sequence(SequenceOfRow(row_key));
  }
  *newest->mutable_received_at() = TimeOfNanos(row.Int(kRowReceivedAt));
  if (!matcher_->Matches(*newest)) return false;
  if (query_.filter != nullptr) {
    ASSIGN_OR_RETURN(const bool matches, query_.filter->Judge(*newest));
    if (!matches) return false;
  }
  record = *std::move(newest);
  return true;
}

std::string PageQuery::Position() const {
  return absl::StrCat(fingerprint_, ".", key_, ".", row_);
}

}  // namespace tapline
