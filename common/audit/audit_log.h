// trellis.audit.v1.AuditLog: every service serves it.
#ifndef TRELLIS_COMMON_AUDIT_AUDIT_LOG_H_
#define TRELLIS_COMMON_AUDIT_AUDIT_LOG_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/db/pool.h"
#include "common/rpc/call_context.h"
#include "common/rpc/router.h"
#include "trellis/audit/v1/audit_log.pb.h"

namespace trellis::audit {

// Thread-safe. Shows every caller the chain of their own organization and no other.
class AuditLog {
 public:
  // `public_key`: 32 bytes, or "" where nothing is signed. The pool outlives it.
  AuditLog(db::Pool* pool, std::string public_key) : pool_(*pool), public_key_(std::move(public_key)) {}

  void RegisterWith(rpc::Router& router);

  absl::StatusOr<v1::ListAuditRecordsResponse> ListAuditRecords(rpc::CallContext& call,
                                                                const v1::ListAuditRecordsRequest& request);
  absl::StatusOr<v1::ListDisclosuresResponse> ListDisclosures(rpc::CallContext& call,
                                                              const v1::ListDisclosuresRequest& request);
  absl::StatusOr<v1::ReadChainResponse> ReadChain(rpc::CallContext& call, const v1::ReadChainRequest& request);
  absl::StatusOr<v1::GetCheckpointResponse> GetCheckpoint(rpc::CallContext& call,
                                                          const v1::GetCheckpointRequest& request);
  absl::StatusOr<v1::ListCheckpointsResponse> ListCheckpoints(rpc::CallContext& call,
                                                              const v1::ListCheckpointsRequest& request);

 private:
  db::Pool& pool_;
  const std::string public_key_;
};

}  // namespace trellis::audit

#endif  // TRELLIS_COMMON_AUDIT_AUDIT_LOG_H_
