// From text to a syntax tree.
//
//   filter   = or
//   or       = xor { ("or" | "||") xor }
//   xor      = and { ("xor" | "^^") and }
//   and      = unary { ("and" | "&&") unary }
//   unary    = ("not" | "!") unary | "(" or ")" | "@" name | relation
//   relation = [ "any" | "all" ] term
//              [ comparison term | [ "not" ] "in" set | text-op term ]
//   term     = ( word | string | word "(" [ term { "," term } ] ")" )
//              [ "&" term ]
//   set      = "{" item { [ "," ] item } "}"
//   item     = term [ ".." term ]

#ifndef TAPLINE_COMMON_FILTER_PARSER_H_
#define TAPLINE_COMMON_FILTER_PARSER_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/filter/syntax.h"

namespace tapline::filter {

// The text of a saved filter; absent when there is none of that name.
using SavedFilters =
    std::function<std::optional<std::string>(absl::string_view name)>;

// InvalidArgument (ErrorAt). `saved` may be null: then there are none.
absl::StatusOr<SyntaxPtr> Parse(absl::string_view text,
                                const SavedFilters& saved);

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_PARSER_H_
