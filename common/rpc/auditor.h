// How calls are recorded. The implementation lives in common/audit; this is all that the pipeline needs.
#ifndef TRELLIS_COMMON_RPC_AUDITOR_H_
#define TRELLIS_COMMON_RPC_AUDITOR_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/base/id.h"

namespace google::protobuf {
class Message;
}

namespace trellis::rpc {

class CallContext;

// The purpose in the audit record of a call that only emergency access lets through (audit_record.proto).
inline constexpr char kEmergencyPurpose[] = "BTG";

// What stages and handlers know that request and answer do not show. Part of the call's context.
struct AuditNotes {
  Id organization;        // of a call without a token: whose user it turned out to concern
  Id user;                // the same: who it is
  std::string purpose;    // why it is allowed, where not for the usual reason: kEmergencyPurpose
  Id owner;               // whose data are shown, where the caller's organization is another
  Id consent;             // under which consent
  bool recorded = false;  // the record was written together with the change
};

// What will be kept of one call. Belongs to the auditor that made it.
class AuditEntry {
 public:
  virtual ~AuditEntry() = default;
};

// Thread-safe.
class Auditor {
 public:
  virtual ~Auditor() = default;

  // Takes down what is to be kept, while request and answer are at hand. `request` is null where the call ended before
  // it was read, `response` where it did not succeed. Null: nothing needs to be recorded. Fast; touches no database.
  virtual std::unique_ptr<AuditEntry> Describe(const CallContext& call, const google::protobuf::Message* request,
                                               const google::protobuf::Message* response,
                                               const absl::Status& outcome) = 0;

  // Makes the entry durable. Calls `done` exactly once, on any thread: OK, or why it could not be done.
  using Done = std::function<void(const absl::Status& written)>;
  virtual void Write(std::unique_ptr<AuditEntry> entry, Done done) = 0;
};

}  // namespace trellis::rpc

#endif  // TRELLIS_COMMON_RPC_AUDITOR_H_
