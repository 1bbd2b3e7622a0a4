// `trellis-<service> audit-verify`: holds the audit in the database against its checkpoints. Asks no running service
// and needs no right but to read.
#ifndef TRELLIS_COMMON_RUNTIME_AUDIT_VERIFY_H_
#define TRELLIS_COMMON_RUNTIME_AUDIT_VERIFY_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace trellis::db {
class Pool;
}

namespace trellis::runtime {

struct AuditVerification {
  std::string trust_domain;
  std::string public_key;          // base64 of its 32 bytes; empty: the chains alone
  std::vector<std::string> files;  // with checkpoints
};

// Prints a line for each chain, each problem and the sum. DATA_LOSS where there are problems.
absl::Status VerifyAudit(absl::string_view service, const AuditVerification& wanted, db::Pool& pool, std::ostream& out);

}  // namespace trellis::runtime

#endif  // TRELLIS_COMMON_RUNTIME_AUDIT_VERIFY_H_
