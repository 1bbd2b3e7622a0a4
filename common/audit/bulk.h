// Many rows in few statements. Statements are prepared by their text, so they come in a few sizes only.
#ifndef TRELLIS_COMMON_AUDIT_BULK_H_
#define TRELLIS_COMMON_AUDIT_BULK_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/base/id.h"
#include "common/db/session.h"

namespace trellis::audit {

// Appends the values of one row.
template <typename... Values>
void AddRow(std::vector<db::Value>& out, Values&&... values) {
  (out.emplace_back(std::forward<Values>(values)), ...);
}

// `into`: "INSERT INTO t (a, b)"; `values`: the rows one after the other, `columns` values each.
absl::Status InsertRows(db::Session& tx, absl::string_view into, std::size_t columns,
                        absl::Span<const db::Value> values);

// `from`: "DELETE FROM t WHERE id". INTERNAL unless each id was there.
absl::Status DeleteRows(db::Session& tx, absl::string_view from, absl::Span<const db::Value> ids);

}  // namespace trellis::audit

#endif  // TRELLIS_COMMON_AUDIT_BULK_H_
