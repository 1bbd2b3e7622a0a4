#ifndef TRELLIS_SERVICES_IDENTITY_API_ACCESS_RELATIONS_API_H_
#define TRELLIS_SERVICES_IDENTITY_API_ACCESS_RELATIONS_API_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/call_context.h"
#include "common/runtime/runtime.h"
#include "services/identity/domain/relation_rules.h"
#include "trellis/identity/v1/access_relations.pb.h"

namespace trellis::identity {

// Serves trellis.identity.v1.AccessRelations. Thread-safe.
class AccessRelationsApi {
 public:
  explicit AccessRelationsApi(runtime::Runtime& runtime) : runtime_(runtime) {}

  absl::StatusOr<v1::GrantRelationResponse> GrantRelation(rpc::CallContext& call,
                                                          const v1::GrantRelationRequest& request);
  absl::StatusOr<v1::RevokeRelationResponse> RevokeRelation(rpc::CallContext& call,
                                                            const v1::RevokeRelationRequest& request);
  absl::StatusOr<v1::ListRelationsResponse> ListRelations(rpc::CallContext& call,
                                                          const v1::ListRelationsRequest& request);
  absl::StatusOr<v1::CheckAccessResponse> CheckAccess(rpc::CallContext& call, const v1::CheckAccessRequest& request);

 private:
  runtime::Runtime& runtime_;
};

}  // namespace trellis::identity

#endif  // TRELLIS_SERVICES_IDENTITY_API_ACCESS_RELATIONS_API_H_
