#include "common/filter/operand.h"

#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/filter/error.h"
#include "common/filter/near_names.h"
#include "common/filter/number_text.h"
#include "common/net/wire_text.h"
#include "common/status/macros.h"

namespace tapline::filter {
namespace {

struct FunctionRow {
  absl::string_view name;
  Function function;
};

constexpr FunctionRow kFunctions[] = {
    {"len", Function::kLen},       {"lower", Function::kLower},
    {"upper", Function::kUpper},   {"count", Function::kCount},
    {"string", Function::kString}, {"observed", Function::kObserved},
};

constexpr char kFunctionNames[] = "len, lower, upper, count, string, observed";

TypeInfo Number() {
  return {Type::kInteger, nullptr, "", 0, std::numeric_limits<uint64_t>::max()};
}

absl::Status Refuse(const Term& term, absl::string_view needs,
                    const Operand& operand) {
  return ErrorAt(term.offset, absl::StrCat(term.text, "() ", needs, ", ",
                                           operand.field->name, " is ",
                                           TypeName(operand.info.type)));
}

absl::Status Apply(Function function, const Term& call, Operand& operand) {
  const Type type = operand.info.type;
  switch (function) {
    case Function::kLen:
      if (type != Type::kText) return Refuse(call, "asks for text", operand);
      operand.info = Number();
      break;
    case Function::kLower:
    case Function::kUpper:
      if (type != Type::kText) return Refuse(call, "asks for text", operand);
      break;
    case Function::kString:
      if (type == Type::kPresence) {
        return Refuse(call, "asks for a value", operand);
      }
      operand.info = {Type::kText, nullptr, "", 0, 0};
      break;
    case Function::kCount:
    case Function::kObserved:
      if (!operand.steps.empty()) {
        return ErrorAt(call.offset,
                       absl::StrCat(call.text, "() asks for a field"));
      }
      operand.info = Number();
      if (function == Function::kObserved) operand.info.type = Type::kBool;
      break;
    case Function::kMask:
      break;
  }
  operand.steps.push_back({function, 0});
  return absl::OkStatus();
}

absl::StatusOr<Operand> Call(const Term& call, const FieldTable& fields) {
  const std::string name = absl::AsciiStrToLower(call.text);
  for (const FunctionRow& row : kFunctions) {
    if (row.name != name) continue;
    if (call.arguments.size() != 1) {
      return ErrorAt(call.offset, absl::StrCat(row.name, "() takes one field"));
    }
    ASSIGN_OR_RETURN(Operand operand, MakeOperand(call.arguments[0], fields));
    RETURN_IF_ERROR(Apply(row.function, call, operand));
    return operand;
  }
  return ErrorAt(call.offset,
                 absl::StrCat("there is no function ",
                              PrintableText(call.text.substr(0, 64)),
                              "; there are ", kFunctionNames));
}

absl::Status ApplyMask(const Term& mask, Operand& operand) {
  const std::optional<absl::int128> bits = ParseWhole(mask.text);
  if (operand.info.type != Type::kInteger) {
    return ErrorAt(mask.offset, absl::StrCat("& asks for a whole number, ",
                                             operand.field->name, " is ",
                                             TypeName(operand.info.type)));
  }
  if (mask.kind != Term::Kind::kWord || !bits || *bits <= 0 ||
      *bits > std::numeric_limits<uint64_t>::max()) {
    return ErrorAt(mask.offset, "the mask after & is a number such as 0x12");
  }
  operand.steps.push_back({Function::kMask, *bits});
  operand.info = Number();
  return absl::OkStatus();
}

}  // namespace

absl::string_view FunctionName(Function function) {
  for (const FunctionRow& row : kFunctions) {
    if (row.function == function) return row.name;
  }
  return "&";
}

bool IsOperand(const Term& term, const FieldTable& fields) {
  if (term.kind == Term::Kind::kCall) return true;
  return term.kind == Term::Kind::kWord && fields.Find(term.text) != nullptr;
}

absl::Status NoSuchField(const Term& term, const FieldTable& fields) {
  const std::string shown =
      PrintableText(absl::string_view(term.text).substr(0, 64));
  if (term.kind == Term::Kind::kString) {
    return ErrorAt(term.offset, "a string stands where a field should");
  }
  const std::string lower = absl::AsciiStrToLower(term.text);
  const absl::string_view instead = FieldTable::InsteadOf(lower);
  if (!instead.empty()) {
    return ErrorAt(term.offset,
                   absl::StrCat("there is no field ", shown, ": ", instead));
  }
  // By the name that its protocol has here.
  const std::string renamed = FieldTable::Renamed(lower);
  const bool found = fields.Find(renamed) != nullptr;
  NearNames near = FindNear(renamed.empty() ? lower : renamed, fields.Names());
  if (found) near.best = renamed;
  FilterError details{0, near.best, {}};
  for (const std::string& name : near.all) {
    if (name != near.best) details.near.push_back(name);
  }
  return ErrorAt(term.offset, absl::StrCat("there is no field ", shown),
                 details);
}

absl::StatusOr<Operand> MakeOperand(const Term& term,
                                    const FieldTable& fields) {
  Operand operand;
  if (term.kind == Term::Kind::kCall) {
    ASSIGN_OR_RETURN(operand, Call(term, fields));
  } else {
    operand.field =
        term.kind == Term::Kind::kWord ? fields.Find(term.text) : nullptr;
    if (operand.field == nullptr) return NoSuchField(term, fields);
    operand.info = InfoOf(*operand.field);
  }
  if (!term.mask.empty()) RETURN_IF_ERROR(ApplyMask(term.mask[0], operand));
  return operand;
}

}  // namespace tapline::filter
