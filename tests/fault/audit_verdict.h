// Compares what clients were told with what the audit says of it.
#ifndef TRELLIS_TESTS_FAULT_AUDIT_VERDICT_H_
#define TRELLIS_TESTS_FAULT_AUDIT_VERDICT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/fault/fleet.h"

namespace trellis::fault {

// Of the writes of one method. A write that is carried out has one record, written with the change; each further answer
// to the same request has another one, which says that it repeats.
struct AuditCount {
  int acknowledged = 0;
  int records = 0;   // of writes carried out
  int repeated = 0;  // of answers given again
  int missing = 0;   // acknowledged, and no record
  int doubled = 0;   // more than one record of a write carried out
  int unasked = 0;   // a record of a request that nobody made
};

// asked: all requests that were made, by request_id; true where one was acknowledged. The load has ended; waits until
// the journal is empty. Error: DEADLINE_EXCEEDED where it does not become so.
absl::StatusOr<AuditCount> CountAuditRecords(Fleet& fleet, const std::string& service, const std::string& method,
                                             const std::map<std::string, bool>& asked);

// How many of these calls of one method, each known by its trace, were answered well and left no record. Waits as
// above.
absl::StatusOr<int> CountUnrecorded(Fleet& fleet, const std::string& service, const std::string& method,
                                    const std::vector<std::string>& traces);

// Waits until all records of a service stand in their chains. Error: DEADLINE_EXCEEDED.
absl::Status AwaitChains(Fleet& fleet, const std::string& service);

}  // namespace trellis::fault

#endif  // TRELLIS_TESTS_FAULT_AUDIT_VERDICT_H_
