#include "common/filter/bound.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/filter/lexer.h"
#include "common/filter/value.h"

namespace tapline::filter {
namespace {

std::string RangeText(const char* name, const WholeRange& range) {
  if (range.low == range.high)
    return absl::StrCat(name, "=", WholeText(range.low));
  if (range.low == absl::Int128Min()) {
    return absl::StrCat(name, "<=", WholeText(range.high));
  }
  if (range.high == absl::Int128Max()) {
    return absl::StrCat(name, ">=", WholeText(range.low));
  }
  return absl::StrCat(name, " BETWEEN ", WholeText(range.low), " AND ",
                      WholeText(range.high));
}

std::string RangeText(const char* name, const AddressRange& range) {
  if (range.low == range.high) {
    return absl::StrCat(name, "=", range.low.ToString());
  }
  return absl::StrCat(name, " BETWEEN ", range.low.ToString(), " AND ",
                      range.high.ToString());
}

std::string InText(const Bound& bound) {
  const char* const name = NameOf(bound.column);
  std::vector<std::string> choices;
  for (const WholeRange& range : bound.whole) {
    choices.push_back(RangeText(name, range));
  }
  for (const AddressRange& range : bound.addresses) {
    choices.push_back(RangeText(name, range));
  }
  for (const std::string& text : bound.texts) {
    choices.push_back(absl::StrCat(name, "=", Quoted(text)));
  }
  if (choices.size() == 1) return choices[0];
  return absl::StrCat("(", absl::StrJoin(choices, " OR "), ")");
}

// An arm said twice is said once: fields of the same message ask for the same.
void Append(Bound part, std::vector<Bound>& to) {
  if (part.kind == Bound::Kind::kArm) {
    for (const Bound& other : to) {
      if (other.kind == Bound::Kind::kArm && other.arm == part.arm) return;
    }
  }
  to.push_back(std::move(part));
}

Bound Join(Bound::Kind kind, Bound a, Bound b) {
  Bound out;
  out.kind = kind;
  for (Bound* part : {&a, &b}) {
    if (part->kind != kind) {
      Append(std::move(*part), out.parts);
      continue;
    }
    for (Bound& inner : part->parts) Append(std::move(inner), out.parts);
  }
  if (out.parts.size() > 1) return out;
  return Bound(std::move(out.parts[0]));
}

}  // namespace

const char* NameOf(Column column) {
  switch (column) {
    case Column::kSourceAddress:
      return "a";
    case Column::kTargetAddress:
      return "b";
    case Column::kSourcePort:
      return "a_port";
    case Column::kTargetPort:
      return "b_port";
    case Column::kTransport:
      return "transport";
    case Column::kProtocol:
      return "protocol";
    case Column::kSeverity:
      return "severity";
    case Column::kRule:
      return "rule";
    case Column::kObservedAt:
      return "observed_at";
    case Column::kReceivedAt:
      return "received_at";
    case Column::kId:
      return "id";
  }
  return "";
}

Bound Bound::False() {
  Bound bound;
  bound.kind = Kind::kFalse;
  return bound;
}

Bound Bound::And(Bound a, Bound b) {
  if (a.is_false() || b.is_true()) return a;
  if (b.is_false() || a.is_true()) return b;
  return Join(Kind::kAnd, std::move(a), std::move(b));
}

Bound Bound::Or(Bound a, Bound b) {
  if (a.is_true() || b.is_false()) return a;
  if (b.is_true() || a.is_false()) return b;
  return Join(Kind::kOr, std::move(a), std::move(b));
}

Bound Bound::Not(Bound a) {
  if (a.is_true()) return False();
  if (a.is_false()) return True();
  if (a.kind == Kind::kNot) return std::move(a.parts[0]);
  Bound out;
  out.kind = Kind::kNot;
  out.parts.push_back(std::move(a));
  return out;
}

std::string BoundText(const Bound& bound) {
  switch (bound.kind) {
    case Bound::Kind::kTrue:
      return "1";
    case Bound::Kind::kFalse:
      return "0";
    case Bound::Kind::kNot:
      return absl::StrCat("NOT ", BoundText(bound.parts[0]));
    case Bound::Kind::kHas:
      return absl::StrCat(NameOf(bound.column), " IS NOT NULL");
    case Bound::Kind::kIn:
      return InText(bound);
    case Bound::Kind::kArm:
      return absl::StrCat("arm=", bound.arm);
    case Bound::Kind::kAnd:
    case Bound::Kind::kOr:
      break;
  }
  std::vector<std::string> parts;
  for (const Bound& part : bound.parts) parts.push_back(BoundText(part));
  return absl::StrCat(
      "(",
      absl::StrJoin(parts, bound.kind == Bound::Kind::kAnd ? " AND " : " OR "),
      ")");
}

}  // namespace tapline::filter
