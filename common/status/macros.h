// RETURN_IF_ERROR and ASSIGN_OR_RETURN over absl::Status.

#ifndef TAPLINE_COMMON_STATUS_MACROS_H_
#define TAPLINE_COMMON_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define TAPLINE_CONCAT_INNER_(a, b) a##b
#define TAPLINE_CONCAT_(a, b) TAPLINE_CONCAT_INNER_(a, b)

#define RETURN_IF_ERROR(expr)                   \
  do {                                          \
    absl::Status tapline_status = (expr);       \
    if (!tapline_status.ok()) return tapline_status; \
  } while (false)

#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_(TAPLINE_CONCAT_(tapline_or_, __LINE__), lhs, expr)

#define ASSIGN_OR_RETURN_(var, lhs, expr) \
  auto var = (expr);                      \
  if (!var.ok()) return var.status();     \
  lhs = *std::move(var)

#endif  // TAPLINE_COMMON_STATUS_MACROS_H_
