#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/filter/bound_of.h"
#include "common/filter/canonical.h"
#include "common/filter/expression.h"
#include "common/filter/filter.h"
#include "common/net/wire_text.h"
#include "common/schema/field_info.h"

namespace tapline {
namespace filter {
namespace {

constexpr v1::RecordKind kKinds[] = {
    v1::RECORD_KIND_ALERT, v1::RECORD_KIND_FLOW, v1::RECORD_KIND_EVENT,
    v1::RECORD_KIND_PACKET, v1::RECORD_KIND_STATS};

std::string KindName(v1::RecordKind kind) {
  std::string name = LowerEnumName(*v1::RecordKind_descriptor(), kind);
  return kind == v1::RECORD_KIND_STATS ? name : name + "s";
}

// "is 5", "contains ...": what follows a value.
std::string ConditionWords(Token op, const std::string& shown, bool negated) {
  const char* const no = negated ? "not " : "";
  switch (op) {
    case Token::kEqual:
      return absl::StrCat(
          "is ", no,
          absl::StrContains(shown, '/') && shown[0] != '"' ? "within " : "",
          shown);
    case Token::kIn:
      return absl::StrCat("is ", no, "one of ", shown);
    case Token::kLess:
      return absl::StrCat("is below ", shown);
    case Token::kLessEqual:
      return absl::StrCat("is at most ", shown);
    case Token::kGreater:
      return absl::StrCat("is above ", shown);
    case Token::kGreaterEqual:
      return absl::StrCat("is at least ", shown);
    case Token::kContains:
      return absl::StrCat("has ", shown, " in it");
    case Token::kStartsWith:
      return absl::StrCat("begins with ", shown);
    case Token::kEndsWith:
      return absl::StrCat("ends with ", shown);
    default:
      return absl::StrCat("matches the pattern ", shown);
  }
}

std::string RelationWords(const Expression& e) {
  const std::string operand = OperandText(e.operand);
  if (e.kind == Expression::Kind::kPresent) {
    if (e.operand.info.type == Type::kPresence) {
      return absl::StrCat("there is ", operand);
    }
    return e.operand.info.type == Type::kBool
               ? absl::StrCat(operand, " is true")
               : absl::StrCat(operand, " is there and not zero or empty");
  }
  const bool pair = e.kind == Expression::Kind::kPair;
  const std::string words =
      pair ? ConditionWords(e.op, OperandText(e.other), e.negated)
           : ConditionWords(e.condition.op(), e.condition.shown(), e.negated);
  // One value needs no "each" and "any".
  const bool several = e.operand.field->sources.size() > 1 || e.quantified;
  if (e.all) {
    return absl::StrCat(several ? "each value of " : "", operand, " ", words,
                        ", and it has one");
  }
  return absl::StrCat(several ? "any value of " : "", operand, " ", words);
}

void AppendWords(const Expression& e, size_t depth, std::string& out) {
  absl::StrAppend(&out, std::string(2 * depth, ' '));
  const char* title = nullptr;
  switch (e.kind) {
    case Expression::Kind::kAnd:
      title = "all of these:";
      break;
    case Expression::Kind::kOr:
      title = "at least one of these:";
      break;
    case Expression::Kind::kXor:
      title = e.parts.size() == 2 ? "exactly one of these:"
                                  : "an odd number of these:";
      break;
    case Expression::Kind::kNot:
      title = "not this:";
      break;
    default:
      break;
  }
  absl::StrAppend(
      &out, title != nullptr ? std::string(title) : RelationWords(e),
      e.saved.empty() ? "" : absl::StrCat("  (@", e.saved, ")"), "\n");
  for (const ExpressionPtr& part : e.parts) AppendWords(*part, depth + 1, out);
}

struct ByName {
  bool operator()(const Field* a, const Field* b) const {
    return a->name < b->name;
  }
};
using FieldSet = std::set<const Field*, ByName>;

void Collect(const Expression& e, FieldSet& fields) {
  if (e.operand.field != nullptr) fields.insert(e.operand.field);
  if (e.other.field != nullptr) fields.insert(e.other.field);
  for (const ExpressionPtr& part : e.parts) Collect(*part, fields);
}

std::string KindNames(const std::vector<v1::RecordKind>& kinds) {
  std::vector<std::string> names;
  for (const v1::RecordKind kind : kinds) names.push_back(KindName(kind));
  return absl::StrJoin(names, ", ");
}

std::string FieldWords(const Field& field) {
  std::string out =
      absl::StrCat("  ", field.name, ": ", TypeName(field.type),
                   field.unit.empty() ? "" : ", ", field.unit, "; ");
  const std::vector<v1::RecordKind> kinds = field.Kinds();
  absl::StrAppend(&out, kinds.empty() ? "all records" : KindNames(kinds), ". ",
                  field.meaning, "\n");
  return out;
}

}  // namespace
}  // namespace filter

std::string ExplainFilter(const Filter& filter) {
  std::string out = absl::StrCat("Filter: ", filter.canonical(),
                                 "\nIt takes a record when this holds:\n");
  filter::AppendWords(filter.expression(), 1, out);
  out += "Fields:\n";
  filter::FieldSet fields;
  filter::Collect(filter.expression(), fields);
  for (const filter::Field* field : fields) out += filter::FieldWords(*field);
  std::vector<v1::RecordKind> kinds;
  for (const v1::RecordKind kind : filter::kKinds) {
    if (filter.CanMatch(kind)) kinds.push_back(kind);
  }
  absl::StrAppend(&out, "It can take: ",
                  kinds.empty() ? "nothing" : filter::KindNames(kinds), "\n",
                  "The store is searched for:\n");
  for (const v1::RecordKind kind : kinds) {
    if (kind == v1::RECORD_KIND_PACKET) continue;
    const filter::Bound bound = filter.BoundOf(kind);
    absl::StrAppend(
        &out, "  ", filter::KindName(kind), " WHERE ", filter::BoundText(bound),
        bound.is_true() ? "  (all: no column says more)" : "", "\n");
  }
  return out;
}

std::string PointAt(absl::string_view text, const absl::Status& error) {
  return PointAt(text, FilterErrorOf(error).column);
}

std::string PointAt(absl::string_view text, size_t column) {
  // A mark needs one line in which a character is a column.
  if (column == 0 || column > text.size() + 1 || text.size() > 512 ||
      text.find('\n') != text.npos || PrintableText(text) != text) {
    return "";
  }
  return absl::StrCat("  ", text, "\n  ", std::string(column - 1, ' '), "^\n");
}

}  // namespace tapline
