#include "common/filter/bound_of.h"

#include <cstdint>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/filter/limits.h"

namespace tapline::filter {
namespace {

// Conditions around a part of the filter: `may` holds for all records it takes,
// `must` only for such. Negation swaps them.
struct Both {
  Bound may;
  Bound must;
};

Both Known(Bound exact) { return {exact, exact}; }
Both Nothing() { return Known(Bound::False()); }
Both And(Both a, Both b) {
  return {Bound::And(std::move(a.may), std::move(b.may)),
          Bound::And(std::move(a.must), std::move(b.must))};
}
Both Or(Both a, Both b) {
  return {Bound::Or(std::move(a.may), std::move(b.may)),
          Bound::Or(std::move(a.must), std::move(b.must))};
}
Both Not(Both a) {
  return {Bound::Not(std::move(a.must)), Bound::Not(std::move(a.may))};
}

struct ColumnRow {
  absl::string_view path;
  Column column;
  // The column says all about the field. Else it only bounds it: an id is
  // stored as a number, an unset time as 1970.
  bool exact;
};

// By path in the record.
constexpr ColumnRow kColumns[] = {
    {"flow.originator.address", Column::kSourceAddress, true},
    {"event.originator.address", Column::kSourceAddress, true},
    {"alert.source.address", Column::kSourceAddress, true},
    {"flow.responder.address", Column::kTargetAddress, true},
    {"event.responder.address", Column::kTargetAddress, true},
    {"alert.target.address", Column::kTargetAddress, true},
    {"flow.originator.port", Column::kSourcePort, true},
    {"event.originator.port", Column::kSourcePort, true},
    {"alert.source.port", Column::kSourcePort, true},
    {"flow.responder.port", Column::kTargetPort, true},
    {"event.responder.port", Column::kTargetPort, true},
    {"alert.target.port", Column::kTargetPort, true},
    {"flow.transport", Column::kTransport, true},
    {"event.transport", Column::kTransport, true},
    {"flow.application.protocol", Column::kProtocol, true},
    {"alert.severity", Column::kSeverity, true},
    {"alert.rule", Column::kRule, true},
    {"observed_at", Column::kObservedAt, false},
    {"received_at", Column::kReceivedAt, false},
    {"flow.id", Column::kId, false},
    {"event.id", Column::kId, false},
    {"alert.id", Column::kId, false},
};

const ColumnRow* FindColumn(const Source& source) {
  if (!source.others.empty()) return nullptr;
  const std::string path = source.Path();
  for (const ColumnRow& row : kColumns) {
    if (row.path == path) return &row;
  }
  return nullptr;
}

AddressRange AllOf(Address::Family family) {
  Address first, last;
  first.family = last.family = family;
  last.bits = absl::Uint128Max() >> (128 - first.Bits());
  return {first, last};
}

Bound In(Column column) {
  Bound bound;
  bound.kind = Bound::Kind::kIn;
  bound.column = column;
  return bound;
}

class Bounder {
 public:
  explicit Bounder(v1::RecordKind kind) : kind_(kind) {}

  Both Of(const Expression& e) {
    switch (e.kind) {
      case Expression::Kind::kAnd:
        return Fold(e, &And, Known(Bound::True()));
      case Expression::Kind::kOr:
        return Fold(e, &Or, Nothing());
      case Expression::Kind::kXor:
        // Exact, it would double with each part.
        return Perhaps();
      case Expression::Kind::kNot:
        return Not(Of(*e.parts[0]));
      case Expression::Kind::kPresent:
        return Present(e.operand);
      case Expression::Kind::kCondition:
        return ConditionOf(e);
      case Expression::Kind::kPair:
        return Perhaps(And(HasValue(e.operand), HasValue(e.other)));
    }
    return Perhaps();
  }

 private:
  using Combine = Both (*)(Both, Both);
  Both Fold(const Expression& e, Combine combine, Both first) {
    for (const ExpressionPtr& part : e.parts) {
      first = combine(std::move(first), Of(*part));
    }
    return first;
  }

  // At most that.
  static Both Perhaps(Both both) {
    return {std::move(both.may), Bound::False()};
  }
  static Both Perhaps() { return {Bound::True(), Bound::False()}; }

  // Null when no column says anything about it.
  const ColumnRow* ColumnOf(const Source& source) const {
    const ColumnRow* const row = FindColumn(source);
    // An alert is stored under the time of its first revision.
    const bool first = row != nullptr && row->column == Column::kObservedAt &&
                       kind_ == v1::RECORD_KIND_ALERT;
    return first ? nullptr : row;
  }

  bool OfKind(const Source& source) const {
    return source.kind == v1::RECORD_KIND_UNSPECIFIED || source.kind == kind_;
  }

  // That there are the messages around the source's values, and the record is
  // about what it must be.
  Both Around(const Source& source) {
    Both around = Perhaps();
    const bool in_arm = source.kind == v1::RECORD_KIND_EVENT &&
                        source.steps.size() > 1 &&
                        source.steps[1]->containing_oneof() != nullptr;
    if (in_arm && ++leaves_ <= kMaxBoundLeaves) {
      around.may.kind = Bound::Kind::kArm;
      around.may.arm = source.steps[1]->name();
    }
    if (source.about == nullptr) return around;
    Both about = Nothing();
    for (const Source& way : source.about->sources) {
      about = Or(std::move(about), PresentAt(way));
    }
    return And(std::move(around), std::move(about));
  }

  // A leaf on the column, with what the source asks for besides.
  Both OnColumn(const Source& source, const ColumnRow& row, Bound leaf) {
    if (++leaves_ > kMaxBoundLeaves) return Perhaps();
    Both both = Known(std::move(leaf));
    if (!row.exact) both.must = Bound::False();
    if (source.about == nullptr) return both;
    const Both around = Around(source);
    // `about` alone decides: its own arms are no part of these fields.
    return {Bound::And(std::move(both.may), around.may),
            Bound::And(std::move(both.must), AboutMust(source))};
  }
  Bound AboutMust(const Source& source) {
    Both about = Nothing();
    for (const Source& way : source.about->sources) {
      about = Or(std::move(about), PresentAt(way));
    }
    return std::move(about.must);
  }

  // That the operand has a value, whatever it is.
  Both HasValue(const Operand& operand) {
    const bool steps = !operand.steps.empty();
    if (steps && operand.steps[0].function == Function::kCount) {
      return HasSources(operand) ? Perhaps() : Nothing();
    }
    Both out = Nothing();
    for (const Source& source : operand.field->sources) {
      if (OfKind(source)) out = Or(std::move(out), HasValueAt(source));
    }
    return steps ? Perhaps(std::move(out)) : out;
  }

  Both HasValueAt(const Source& source) {
    const ColumnRow* row = ColumnOf(source);
    if (row == nullptr) return Around(source);
    return row->exact ? HasColumn(source, *row) : Perhaps();
  }

  Both HasColumn(const Source& source, const ColumnRow& row) {
    Bound leaf;
    switch (row.column) {
      case Column::kSourceAddress:
      case Column::kTargetAddress:
        // A MAC address is a value, too, which the column has not.
        if (source.view == View::kPlain || source.view == View::kMac) {
          return Perhaps();
        }
        if (source.view == View::kIp) {
          leaf.kind = Bound::Kind::kHas;
          leaf.column = row.column;
          break;
        }
        leaf = In(row.column);
        leaf.addresses = {AllOf(source.view == View::kIpv4 ? Address::kIpv4
                                                           : Address::kIpv6)};
        break;
      case Column::kSourcePort:
      case Column::kTargetPort:
        leaf.kind = Bound::Kind::kHas;
        leaf.column = row.column;
        break;
      case Column::kProtocol:
      case Column::kRule:
        leaf = In(row.column);
        leaf.texts = {""};
        leaf = Bound::Not(std::move(leaf));
        break;
      default:
        leaf = In(row.column);
        leaf.whole = {{0, 0}};
        leaf = Bound::Not(std::move(leaf));
    }
    return OnColumn(source, row, std::move(leaf));
  }

  // That the source has a value that is not zero.
  Both PresentAt(const Source& source) {
    if (!OfKind(source)) return Nothing();
    if (source.view == View::kThere && source.steps.size() == 1) {
      return Known(Bound::True());
    }
    const ColumnRow* row = ColumnOf(source);
    if (row == nullptr) return Around(source);
    Bound leaf = In(row->column);
    if (source.view == View::kIsText) {
      leaf.texts = {source.text};
      return OnColumn(source, *row, std::move(leaf));
    }
    if (source.view == View::kIsNumber) {
      leaf.whole = {{source.number, source.number}};
      return OnColumn(source, *row, std::move(leaf));
    }
    return HasNonZero(source, *row);
  }

  Both HasNonZero(const Source& source, const ColumnRow& row) {
    const bool port =
        row.column == Column::kSourcePort || row.column == Column::kTargetPort;
    if (!port) return HasValueAt(source);
    Bound leaf = In(row.column);
    leaf.whole = {{1, INT64_MAX}};
    return OnColumn(source, row, std::move(leaf));
  }

  Both Present(const Operand& operand) {
    if (!operand.steps.empty()) return Perhaps(HasValue(operand));
    Both out = Nothing();
    for (const Source& source : operand.field->sources) {
      out = Or(std::move(out), PresentAt(source));
    }
    return out;
  }

  Both ConditionOf(const Expression& e) {
    if (!e.operand.steps.empty()) return Perhaps(HasValue(e.operand));
    if (!e.negated) {
      const Both any = AnyFulfils(e);
      // All of them is at most one of them.
      return e.all ? Perhaps(any) : any;
    }
    const Both has = HasValue(e.operand);
    if (!e.all) return Perhaps(has);
    return And(has, Not(AnyFulfils(e)));
  }

  bool HasSources(const Operand& operand) const {
    for (const Source& source : operand.field->sources) {
      if (OfKind(source)) return true;
    }
    return false;
  }

  Both AnyFulfils(const Expression& e) {
    Both out = Nothing();
    for (const Source& source : e.operand.field->sources) {
      if (!OfKind(source)) continue;
      out = Or(std::move(out), Fulfils(source, e.condition));
    }
    return out;
  }

  // The condition on the values of one source.
  Both Fulfils(const Source& source, const Condition& condition) {
    const ColumnRow* row = ColumnOf(source);
    if (row == nullptr || source.view == View::kMac) return Around(source);
    Bound leaf = In(row->column);
    switch (row->column) {
      case Column::kSourceAddress:
      case Column::kTargetAddress:
        return OnAddress(source, *row, condition);
      case Column::kProtocol:
      case Column::kRule:
        if (!condition.is_choice()) return Perhaps(HasColumn(source, *row));
        leaf.texts = condition.texts();
        break;
      case Column::kId:
        if (!condition.is_choice()) return Perhaps();
        leaf.texts = condition.texts();
        break;
      case Column::kTransport:
      case Column::kSeverity:
        // An enum that is unspecified has no value.
        leaf.whole = Clipped(condition, INT32_MIN, -1);
        for (const WholeRange& range : Clipped(condition, 1, INT32_MAX)) {
          leaf.whole.push_back(range);
        }
        break;
      default:
        leaf.whole = Clipped(condition, INT64_MIN, INT64_MAX);
    }
    const bool empty = leaf.whole.empty() && leaf.texts.empty();
    return empty ? Nothing() : OnColumn(source, *row, std::move(leaf));
  }

  // Only IP addresses are in the column; a MAC address is none of its values.
  Both OnAddress(const Source& source, const ColumnRow& row,
                 const Condition& condition) {
    Bound leaf = In(row.column);
    bool mac = false;
    for (const AddressRange& range : condition.addresses()) {
      const Address::Family family = range.low.family;
      if (family == Address::kMac) {
        mac = mac || source.view == View::kPlain;
      } else if (source.view == View::kPlain || source.view == View::kIp ||
                 (source.view == View::kIpv4) == (family == Address::kIpv4)) {
        leaf.addresses.push_back(range);
      }
    }
    if (mac) return Perhaps();
    if (leaf.addresses.empty()) return Nothing();
    return OnColumn(source, row, std::move(leaf));
  }

  static std::vector<WholeRange> Clipped(const Condition& condition,
                                         int64_t least, int64_t most) {
    std::vector<WholeRange> out;
    for (WholeRange range : condition.whole()) {
      if (range.low < least) range.low = least;
      if (range.high > most) range.high = most;
      if (range.low <= range.high) out.push_back(range);
    }
    return out;
  }

  const v1::RecordKind kind_;
  size_t leaves_ = 0;
};

}  // namespace

Bound BoundOf(const Expression& expression, v1::RecordKind kind) {
  return Bounder(kind).Of(expression).may;
}

}  // namespace tapline::filter
