#include "common/audit/journal.h"

#include "common/audit/bulk.h"

namespace trellis::audit {

absl::Status Append(db::Session& tx, absl::Span<const JournalRow> rows) {
  std::vector<db::Value> values;
  values.reserve(3 * rows.size());
  for (const JournalRow& row : rows) {
    AddRow(values, row.record, row.organization, row.body);
  }
  return InsertRows(tx, "INSERT INTO audit_journal (record_id, organization_id, body)", 3, values);
}

}  // namespace trellis::audit
