// What the desk asks of identity.
#ifndef TRELLIS_SERVICES_CASELOAD_API_IDENTITY_CLIENT_H_
#define TRELLIS_SERVICES_CASELOAD_API_IDENTITY_CLIENT_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/rpc/call_context.h"
#include "grpcpp/channel.h"
#include "trellis/identity/v1/access_relations.grpc.pb.h"

namespace trellis::caseload {

// Acts with the caller's own token: identity decides what the caller may grant. Thread-safe.
// Errors of all: UNAVAILABLE PEER_UNAVAILABLE (metadata: service) where identity does not answer; otherwise identity's
// own.
class IdentityClient {
 public:
  explicit IdentityClient(std::shared_ptr<grpc::Channel> channel);

  // `request_id` makes repeating harmless.
  absl::Status GrantLead(rpc::CallContext& call, const Id& population, const Id& user, const Id& request_id);
  absl::Status GrantMember(rpc::CallContext& call, const Id& person, const Id& population, const Id& request_id);
  absl::Status RevokeMember(rpc::CallContext& call, const Id& person, const Id& population, const Id& request_id);

  // Whether the caller leads the population at `now`.
  absl::StatusOr<bool> Leads(rpc::CallContext& call, const Id& population, absl::Time now);

 private:
  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_API_IDENTITY_CLIENT_H_
