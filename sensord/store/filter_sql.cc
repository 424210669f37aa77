#include "sensord/store/filter_sql.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "sensord/store/columns.h"

namespace tapline {
namespace {

using filter::Address;
using filter::Bound;
using filter::Column;

bool MayBeNull(Column column) {
  return column == Column::kSourceAddress || column == Column::kTargetAddress ||
         column == Column::kSourcePort || column == Column::kTargetPort;
}

// As stored: 4 or 16 bytes in network order.
std::string BytesOf(const Address& address) {
  const int size = address.Bits() / 8;
  std::string bytes;
  for (int i = size - 1; i >= 0; --i) {
    bytes += static_cast<char>(absl::Uint128Low64(address.bits >> (8 * i)));
  }
  return bytes;
}

class Writer {
 public:
  SqlFilter Run(const Bound& bound) {
    Write(bound);
    return std::move(sql_);
  }

 private:
  void Append(absl::string_view text) { absl::StrAppend(&sql_.where, text); }
  void Int(int64_t value) {
    sql_.values.push_back({SqlFilter::Value::kInt, value, ""});
  }

  void Write(const Bound& bound) {
    switch (bound.kind) {
      case Bound::Kind::kTrue:
        return Append("1");
      case Bound::Kind::kFalse:
        return Append("0");
      case Bound::Kind::kAnd:
        return WriteParts(bound.parts, 0, bound.parts.size(), " AND ");
      case Bound::Kind::kOr:
        return WriteParts(bound.parts, 0, bound.parts.size(), " OR ");
      case Bound::Kind::kNot:
        Append("NOT(");
        Write(bound.parts[0]);
        return Append(")");
      case Bound::Kind::kHas:
        return Append(absl::StrCat(NameOf(bound.column), " IS NOT NULL"));
      case Bound::Kind::kArm:
        return WriteArm(bound.arm);
      case Bound::Kind::kIn:
        return WriteIn(bound);
    }
  }

  // By halves: SQLite bounds how deep an expression is.
  void WriteParts(const std::vector<Bound>& parts, size_t begin, size_t end,
                  const char* word) {
    if (end - begin == 1) return Write(parts[begin]);
    const size_t middle = begin + (end - begin) / 2;
    Append("(");
    WriteParts(parts, begin, middle, word);
    Append(word);
    WriteParts(parts, middle, end, word);
    Append(")");
  }

  void WriteArm(const std::string& arm) {
    const absl::string_view protocol = ProtocolOfArm(arm);
    if (protocol.empty()) return Append("1");
    Append("protocol=?");
    sql_.values.push_back({SqlFilter::Value::kText, 0, std::string(protocol)});
  }

  // Never unknown: a column without value is not in the choice.
  void WriteIn(const Bound& bound) {
    Append(MayBeNull(bound.column) ? "ifnull(" : "(");
    const char* const name = NameOf(bound.column);
    const size_t begin = sql_.where.size();
    const auto alternative = [&](absl::string_view condition) {
      if (sql_.where.size() > begin) Append(" OR ");
      Append(condition);
    };
    WriteTexts(bound, alternative);
    for (const filter::WholeRange& range : bound.whole) {
      alternative(absl::StrCat(name, " BETWEEN ? AND ?"));
      Int(Clip(range.low));
      Int(Clip(range.high));
    }
    for (const filter::AddressRange& range : bound.addresses) {
      alternative(absl::StrCat("(length(", name, ")=? AND ", name,
                               " BETWEEN ? AND ?)"));
      Int(range.low.Bits() / 8);
      for (const Address& end : {range.low, range.high}) {
        sql_.values.push_back({SqlFilter::Value::kBlob, 0, BytesOf(end)});
      }
    }
    Append(MayBeNull(bound.column) ? ",0)" : ")");
  }

  template <typename Alternative>
  void WriteTexts(const Bound& bound, const Alternative& alternative) {
    if (bound.texts.empty()) return;
    std::string list = absl::StrCat(NameOf(bound.column), " IN(");
    for (const std::string& text : bound.texts) {
      absl::StrAppend(&list, list.back() == '(' ? "?" : ",?");
      if (bound.column == Column::kId) {
        Int(OrderedId(text));
      } else {
        sql_.values.push_back({SqlFilter::Value::kText, 0, text});
      }
    }
    alternative(list + ")");
  }

  static int64_t Clip(absl::int128 value) {
    if (value < INT64_MIN) return INT64_MIN;
    return value > INT64_MAX ? INT64_MAX : static_cast<int64_t>(value);
  }

  SqlFilter sql_;
};

}  // namespace

SqlFilter FilterSql(const filter::Bound& bound) { return Writer().Run(bound); }

}  // namespace tapline
