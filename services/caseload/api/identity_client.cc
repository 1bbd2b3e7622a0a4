#include "services/caseload/api/identity_client.h"

#include <string>
#include <utility>

#include "common/base/status_macros.h"
#include "common/rpc/peer_call.h"
#include "common/rpc/resource_name.h"
#include "common/rpc/timestamps.h"

namespace trellis::caseload {
namespace {

using identity::v1::AccessRelations;
using rpc::MakeName;

constexpr char kIdentity[] = "identity";

bool IsLive(const identity::v1::AccessRelation& relation, absl::Time now) {
  return rpc::FromTimestamp(relation.start_time()) <= now &&
         (!relation.has_end_time() || now < rpc::FromTimestamp(relation.end_time()));
}

absl::Status Grant(const std::shared_ptr<grpc::Channel>& channel, rpc::CallContext& call,
                   identity::v1::RelationKind kind, std::string resource, std::string subject, const Id& request_id) {
  identity::v1::GrantRelationRequest request;
  request.mutable_relation()->set_kind(kind);
  request.mutable_relation()->set_resource(std::move(resource));
  request.mutable_relation()->set_subject(std::move(subject));
  request.set_request_id(request_id.ToString());
  return rpc::CallPeer(call, kIdentity, channel, &AccessRelations::Stub::GrantRelation, request).status();
}

}  // namespace

IdentityClient::IdentityClient(std::shared_ptr<grpc::Channel> channel) : channel_(std::move(channel)) {}

absl::Status IdentityClient::GrantLead(rpc::CallContext& call, const Id& population, const Id& user,
                                       const Id& request_id) {
  return Grant(channel_, call, identity::v1::RELATION_KIND_LEAD, MakeName("populations", population),
               MakeName("users", user), request_id);
}

absl::Status IdentityClient::GrantMember(rpc::CallContext& call, const Id& person, const Id& population,
                                         const Id& request_id) {
  return Grant(channel_, call, identity::v1::RELATION_KIND_MEMBER, MakeName("persons", person),
               MakeName("populations", population), request_id);
}

absl::Status IdentityClient::RevokeMember(rpc::CallContext& call, const Id& person, const Id& population,
                                          const Id& request_id) {
  identity::v1::RevokeRelationRequest request;
  request.set_kind(identity::v1::RELATION_KIND_MEMBER);
  request.set_resource(MakeName("persons", person));
  request.set_subject(MakeName("populations", population));
  request.set_request_id(request_id.ToString());
  return rpc::CallPeer(call, kIdentity, channel_, &AccessRelations::Stub::RevokeRelation, request).status();
}

// Identity lists the leads of a population to those who lead it, and to administrators, who lead nothing by that: only
// the caller's own relation counts.
absl::StatusOr<bool> IdentityClient::Leads(rpc::CallContext& call, const Id& population, absl::Time now) {
  const std::string caller = MakeName("users", call.caller().user);
  identity::v1::ListRelationsRequest request;
  request.set_resource(MakeName("populations", population));
  request.set_kind(identity::v1::RELATION_KIND_LEAD);
  request.set_page_size(500);
  do {
    const auto response = rpc::CallPeer(call, kIdentity, channel_, &AccessRelations::Stub::ListRelations, request);
    if (absl::IsNotFound(response.status()) || absl::IsPermissionDenied(response.status())) return false;
    TRELLIS_RETURN_IF_ERROR(response.status());
    for (const auto& relation : response->relations()) {
      if (relation.subject() == caller && IsLive(relation, now)) return true;
    }
    request.set_page_token(response->next_page_token());
  } while (!request.page_token().empty());
  return false;
}

}  // namespace trellis::caseload
