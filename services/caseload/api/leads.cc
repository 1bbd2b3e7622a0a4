#include "services/caseload/api/leads.h"

#include "common/access/access.h"
#include "common/access/relations.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/rpc/resource_name.h"

namespace trellis::caseload {

absl::Status Leads::Require(rpc::CallContext& call, const Id& population) {
  const rpc::Caller& caller = call.caller();
  const access::RelationKey key = {caller.organization, population, access::RelationKind::kLead, caller.user};
  const bool fresh = runtime_.access().AllowedPersonsTable(call).ok();  // refuses while the replica is stale
  bool leads = false;
  if (fresh) {
    TRELLIS_RETURN_IF_ERROR(runtime_.Read(call, [&](db::Session& session) -> absl::Status {
      TRELLIS_ASSIGN_OR_RETURN(const auto relation, access::FindRelation(session, key));
      leads = relation.has_value() && relation->LiveAt(runtime_.clock().Now());
      return absl::OkStatus();
    }));
  }
  if (!leads) {
    TRELLIS_ASSIGN_OR_RETURN(leads, identity_.Leads(call, population, runtime_.clock().Now()));
  }
  return leads ? absl::OkStatus() : NotFound(rpc::MakeName("populations", population));
}

}  // namespace trellis::caseload
