// What a filter says about the few columns by which records are stored: a
// condition that every record it takes fulfils, and others may.

#ifndef TAPLINE_COMMON_FILTER_BOUND_H_
#define TAPLINE_COMMON_FILTER_BOUND_H_

#include <string>
#include <vector>

#include "common/filter/condition.h"

namespace tapline::filter {

// What a record is stored by.
enum class Column {
  // Of the originator or source, and of the responder or target; no value where
  // it is no IP address.
  kSourceAddress,
  kTargetAddress,
  // No value without that side.
  kSourcePort,
  kTargetPort,
  kTransport,
  // Application protocol of a flow.
  kProtocol,
  kSeverity,
  kRule,
  kObservedAt,
  kReceivedAt,
  // Of an alert, flow or event, in hex.
  kId,
};

// Its name in the store, also in what is printed.
const char* NameOf(Column column);

// A condition on columns. Leaves are false, never unknown, where the column has
// no value.
struct Bound {
  enum class Kind {
    kTrue,
    kFalse,
    kAnd,
    kOr,
    kNot,
    // The column has a value.
    kHas,
    // It is in one of the ranges, or one of the texts.
    kIn,
    // The event has the arm of this name. Stands only where more could be let
    // through: whoever does not know may take it as true.
    kArm,
  };
  Kind kind = Kind::kTrue;
  std::vector<Bound> parts;
  Column column = Column::kSourceAddress;
  std::vector<WholeRange> whole;
  std::vector<AddressRange> addresses;
  std::vector<std::string> texts;
  std::string arm;

  static Bound True() { return {}; }
  static Bound False();
  // These put together, with constants resolved.
  static Bound And(Bound a, Bound b);
  static Bound Or(Bound a, Bound b);
  static Bound Not(Bound a);

  bool is_true() const { return kind == Kind::kTrue; }
  bool is_false() const { return kind == Kind::kFalse; }
};

// Like SQL, with the values in it.
std::string BoundText(const Bound& bound);

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_BOUND_H_
