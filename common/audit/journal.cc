#include "common/audit/journal.h"

#include "common/audit/bulk.h"

namespace trellis::audit {

absl::Status Append(db::Session& tx, absl::Span<const JournalRow> rows) {
  std::vector<db::Value> values;
  values.reserve(3 * rows.size());
  for (const JournalRow& row : rows) {
    values.emplace_back(row.record);
    values.emplace_back(row.organization);
    values.emplace_back(row.body);
  }
  return InsertRows(tx, "INSERT INTO audit_journal (record_id, organization_id, body)", 3, values);
}

}  // namespace trellis::audit
