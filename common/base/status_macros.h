// Early return on error, for functions that return absl::Status or absl::StatusOr.
#ifndef TRELLIS_COMMON_BASE_STATUS_MACROS_H_
#define TRELLIS_COMMON_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define TRELLIS_RETURN_IF_ERROR_(tmp, ...)                  \
  do {                                                      \
    if (absl::Status tmp = (__VA_ARGS__); !tmp.ok()) [[unlikely]] { \
      return tmp;                                           \
    }                                                       \
  } while (false)
// __COUNTER__ and not __LINE__: all that stands in the argument of a macro, a lambda with further macros for example,
// has the line of that macro.
#define TRELLIS_RETURN_IF_ERROR(...) \
  TRELLIS_RETURN_IF_ERROR_(TRELLIS_CONCAT_(trellis_status_, __COUNTER__), __VA_ARGS__)

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
  TRELLIS_ASSIGN_OR_RETURN_(TRELLIS_CONCAT_(trellis_or_, __COUNTER__), lhs, (__VA_ARGS__))

#endif  // TRELLIS_COMMON_BASE_STATUS_MACROS_H_
