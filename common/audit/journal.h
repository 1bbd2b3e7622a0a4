// The journal: where records are made durable, in the transaction of the change or many together. From here the chainer
// gives them their places.
#ifndef TRELLIS_COMMON_AUDIT_JOURNAL_H_
#define TRELLIS_COMMON_AUDIT_JOURNAL_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/base/id.h"

namespace trellis::db {
class Session;
}

namespace trellis::audit {

struct JournalRow {
  Id record;
  Id organization;   // whose chain; nil: that of no organization
  std::string body;  // the record's bytes
};

// Writes the rows into the transaction of `tx`. Errors: those of Session.
absl::Status Append(db::Session& tx, absl::Span<const JournalRow> rows);

}  // namespace trellis::audit

#endif  // TRELLIS_COMMON_AUDIT_JOURNAL_H_
