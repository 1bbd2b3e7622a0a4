// Early return on error, for functions that return absl::Status or absl::StatusOr.
#ifndef TRELLIS_COMMON_BASE_STATUS_MACROS_H_
#define TRELLIS_COMMON_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define TRELLIS_RETURN_IF_ERROR(expr)                 \
  do {                                                \
    if (absl::Status trellis_status_ = (expr);        \
        !trellis_status_.ok()) [[unlikely]] {         \
      return trellis_status_;                         \
    }                                                 \
  } while (false)

#define TRELLIS_CONCAT_INNER_(a, b) a##b
#define TRELLIS_CONCAT_(a, b) TRELLIS_CONCAT_INNER_(a, b)
#define TRELLIS_ASSIGN_OR_RETURN_(tmp, lhs, expr) \
  auto tmp = (expr);                              \
  if (!tmp.ok()) [[unlikely]] {                   \
    return std::move(tmp).status();               \
  }                                               \
  lhs = *std::move(tmp)

// TRELLIS_ASSIGN_OR_RETURN(auto row, store.Load(id));
// A left side with commas needs parentheses around the expression only, not around the name.
#define TRELLIS_ASSIGN_OR_RETURN(lhs, ...) \
  TRELLIS_ASSIGN_OR_RETURN_(TRELLIS_CONCAT_(trellis_or_, __LINE__), lhs, (__VA_ARGS__))

#endif  // TRELLIS_COMMON_BASE_STATUS_MACROS_H_
