// Which rows a reader may see, as a piece of SQL that the caller hands in.
#ifndef TRELLIS_SERVICES_CASELOAD_STORAGE_VISIBLE_H_
#define TRELLIS_SERVICES_CASELOAD_STORAGE_VISIBLE_H_

#include <string>
#include <vector>

#include "common/db/value.h"

namespace trellis::caseload {

// A condition on the person column that each query names in its comment, with the arguments for its markers.
struct Visible {
  std::string sql;
  std::vector<db::Value> arguments;
};

// Rows that one look at a list goes over, at most. A list whose reader may see few of many rows gives a short page and
// goes on with the next one, instead of searching for ever.
inline constexpr int kScanWindow = 500;

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_STORAGE_VISIBLE_H_
